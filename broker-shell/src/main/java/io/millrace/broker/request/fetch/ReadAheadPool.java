package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import io.millrace.log.PartitionLog;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that wait for the disk in place of the event loops: what a fetch is about to read and is not in memory they read into the
 * page cache, then the fetch goes on on its loop. For a reader that reads on they read as much again, while its answer is on its way. Owned by
 * the node; the requests of a connection wait for one another here, so that the queue is never longer than there are connections.
 */
public final class ReadAheadPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReadAheadPool.class);

    /** More threads than processors: they wait for the disk. */
    private static final int THREADS = 4;

    private static final int IDLE_S = 30;
    private static final int CLOSE_S = 5;

    private final ThreadPoolExecutor threads;

    /**
     * Bytes of a partition that are to be in memory.
     *
     * @param bytes at most so many from {@code offset} on
     */
    record Stretch(Partition partition, long offset, int bytes) {}

    /** Starts no thread before there is something to read. */
    public ReadAheadPool() {
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_S, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread thread = new Thread(work, "millrace-read-ahead-" + number.getAndIncrement());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /** Reads the stretches, then runs {@code then} on the loop of the request, whose connection waits for it. Event loop only. */
    void load(Request request, List<Stretch> stretches, Runnable then) {
        request.holdFollowing();
        long sinceNs = System.nanoTime();
        threads.execute(() -> {
            boolean readsOn = loadAll(stretches);
            request.times().waited(true, System.nanoTime() - sinceNs);
            try {
                request.loop().execute(() -> goOn(request, then));
            } catch (RejectedExecutionException e) {
                LOG.debug("event loop has ended request={}", request);
            }
            if (readsOn) {
                Stretch only = stretches.get(0);
                loadQuietly(only, log -> log.loadNext(only.offset(), only.bytes()));
            }
        });
    }

    private static void goOn(Request request, Runnable then) {
        try {
            then.run();
        } catch (Throwable t) { // an answer must leave whatever happens
            RequestRouter.failed(request, t);
        }
    }

    /** True when it was one stretch, and its reader reads on from where it was. */
    private static boolean loadAll(List<Stretch> stretches) {
        boolean[] readsOn = {false};
        for (Stretch stretch : stretches) {
            loadQuietly(stretch, log -> readsOn[0] = log.load(stretch.offset(), stretch.bytes()));
        }
        return readsOn[0] && stretches.size() == 1;
    }

    /** What is wrong with the log is found and told by the read that follows. */
    private static void loadQuietly(Stretch stretch, Consumer<PartitionLog> load) {
        try {
            load.accept(stretch.partition().log());
        } catch (RuntimeException e) {
            LOG.debug("not read ahead stretch={}", stretch, e);
        }
    }

    /** Lets what is under way end; waits at most five seconds. Nobody is interrupted: that would close the file that is read. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_S, TimeUnit.SECONDS)) {
                LOG.warn("reads of the disk are still under way after {} s", CLOSE_S);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
