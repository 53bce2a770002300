package io.millrace.perf.load;

import java.io.IOException;

/** A thread of a load that runs until it is told to stop; whatever ends it earlier becomes the load's failure. */
public final class Worker {
    private static final long JOIN_MS = 10_000;

    /** What a thread does; it asks {@link #running} at least every tenth of a second. */
    @FunctionalInterface
    public interface Body {
        /** Runs until the worker is to stop. */
        void run(Worker self) throws IOException, LoadFailure;
    }

    private final Thread thread;
    private final Failures failures;
    private volatile boolean stopping;

    /** A thread that is not started yet. */
    public Worker(String name, Failures failures, Body body) {
        this.failures = failures;
        this.thread = new Thread(() -> run(body), name);
        thread.setDaemon(true);
    }

    private void run(Body body) {
        try {
            body.run(this);
        } catch (IOException | LoadFailure | RuntimeException e) {
            if (!stopping) {
                failures.add(LoadFailure.lineOf(e));
            }
        }
    }

    /** Starts it. */
    public void start() {
        thread.start();
    }

    /** Whether it is to go on. */
    public boolean running() {
        return !stopping && !failures.any();
    }

    /** Tells it to stop; {@link #join} waits. */
    public void stop() {
        stopping = true;
    }

    /** Waits for its end, ten seconds at most. */
    public void join() {
        try {
            thread.join(JOIN_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
