package io.millrace.perf.load.lean;

import io.millrace.perf.load.Failures;
import io.millrace.perf.load.LoadFailure;
import java.io.IOException;

/** A thread of a load that runs until it is told to stop; whatever ends it earlier becomes the load's failure. */
final class LeanThread {
    private static final long JOIN_MS = 10_000;

    /** What a thread does; it asks {@link #running} at least every tenth of a second. */
    @FunctionalInterface
    interface Body {
        void run() throws IOException, LoadFailure;
    }

    private final Thread thread;
    private final Failures failures;
    private volatile boolean stopping;

    LeanThread(String name, Failures failures, Body body) {
        this.failures = failures;
        this.thread = new Thread(() -> run(body), name);
        thread.setDaemon(true);
    }

    private void run(Body body) {
        try {
            body.run();
        } catch (IOException | LoadFailure | RuntimeException e) {
            if (!stopping) {
                failures.add(LoadFailure.lineOf(e));
            }
        }
    }

    void start() {
        thread.start();
    }

    boolean running() {
        return !stopping && !failures.any();
    }

    /** Tells it to stop; {@link #join} waits. */
    void stop() {
        stopping = true;
    }

    void join() {
        try {
            thread.join(JOIN_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
