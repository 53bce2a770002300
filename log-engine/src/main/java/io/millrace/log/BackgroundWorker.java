package io.millrace.log;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One daemon thread that works as long as there is something to do, then rests for a while and looks again. The work is told whether it
 * may go on, and answers whether it has done something; what goes wrong with it is its own affair. Any thread stops it.
 */
final class BackgroundWorker implements Runnable {
    private final Predicate<BooleanSupplier> work;
    private final LogClock clock;
    private final long restMs;
    private @Nullable Thread thread;
    private boolean stopped; // guarded by this

    private BackgroundWorker(LogClock clock, long restMs, Predicate<BooleanSupplier> work) {
        this.clock = clock;
        this.restMs = restMs;
        this.work = work;
    }

    static BackgroundWorker start(String name, LogClock clock, long restMs, Predicate<BooleanSupplier> work) {
        BackgroundWorker worker = new BackgroundWorker(clock, restMs, work);
        Thread thread = new Thread(worker, name);
        thread.setDaemon(true);
        worker.thread = thread;
        thread.start();
        return worker;
    }

    @Override
    public void run() {
        while (isRunning()) {
            if (!work.test(this::isRunning)) {
                rest();
            }
        }
    }

    private synchronized boolean isRunning() {
        return !stopped;
    }

    private synchronized void rest() {
        long endNs = clock.nanos() + TimeUnit.MILLISECONDS.toNanos(Math.max(1, restMs));
        long leftNs = endNs - clock.nanos();
        try {
            while (!stopped && leftNs > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, leftNs);
                leftNs = endNs - clock.nanos();
            }
        } catch (InterruptedException e) {
            stopped = true;
            Thread.currentThread().interrupt();
        }
    }

    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    /** After {@link #stop}: returns when the thread has ended. An interrupt is kept for the caller. */
    void await() {
        Thread running = thread;
        boolean interrupted = false;
        while (running != null && running.isAlive()) {
            try {
                running.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
