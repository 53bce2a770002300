package io.millrace.perf.load;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The times at which requests are due: start + n / rate, whatever became of the ones before. A load that is late sends at once and the
 * lateness counts as latency, so that a broker that stalls does not slow the clock that judges it. Used by one thread.
 */
public final class Pace {
    /** Below this a thread is not parked: it would come back too late. */
    private static final long SPIN_NS = 20_000;

    private final long startNs;
    private final double intervalNs;
    private long number;

    /** The first request is due at {@code startNs}. */
    public Pace(long startNs, double ratePerSecond) {
        this.startNs = startNs;
        this.intervalNs = TimeUnit.SECONDS.toNanos(1) / ratePerSecond;
    }

    /** When the next request is due. */
    public long nextNs() {
        return startNs + (long) (number * intervalNs);
    }

    /** The next request is under way. */
    public void advance() {
        number++;
    }

    /** Waits until the next request is due, at most so long; true when it is. */
    public boolean await(long mostNs) {
        long untilNs = System.nanoTime() + mostNs;
        while (true) {
            long nowNs = System.nanoTime();
            long leftNs = nextNs() - nowNs;
            if (leftNs <= 0) {
                return true;
            }
            if (nowNs - untilNs >= 0) {
                return false;
            }
            if (leftNs > SPIN_NS) {
                LockSupport.parkNanos(Math.min(leftNs, mostNs));
            } else {
                Thread.onSpinWait();
            }
        }
    }
}
