package io.millrace.broker.request;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for the work of requests that an event loop must not do: inflating large batches, walking compressed batches
 * for a timestamp, deleting segments. Owned by the node. Whoever gives work holds its connection until it is done, so
 * the queue is never longer than there are connections.
 */
public final class WorkPool implements Executor, AutoCloseable {
    private static final int IDLE_S = 30;
    private static final int CLOSE_S = 5;

    private final ThreadPoolExecutor threads;

    /** A pool of {@code size} threads that end when they are idle. */
    public WorkPool(int size) {
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(size, size, IDLE_S, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
            Thread thread = new Thread(work, "millrace-work-" + number.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        });
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable work) {
        threads.execute(work);
    }

    /**
     * Runs {@code work} for a request whose connection waits for it; whatever it throws is answered. Event loop only.
     */
    public void handle(Request request, Runnable work) {
        request.holdFollowing();
        threads.execute(() -> {
            try {
                work.run();
            } catch (Throwable t) { // an answer must leave whatever happens
                request.fail(t);
            }
        });
    }

    /** Lets what is under way end; waits at most five seconds. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_S, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
