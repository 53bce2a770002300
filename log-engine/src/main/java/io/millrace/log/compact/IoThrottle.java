package io.millrace.log.compact;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Keeps the reading and writing of all cleaner threads below a rate: every byte takes its time, and who is ahead of it waits. What was
 * not used is not saved up, but for a tenth of a second.
 *
 * <p>Any thread. The time is the monotonic clock's.
 */
public final class IoThrottle {
    private static final long BURST_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long WAIT_NS_MAX = TimeUnit.MILLISECONDS.toNanos(50);

    private final LongSupplier nanos;
    private volatile double bytesPerSecond;
    private long paidUntilNs; // guarded by this

    /** A throttle of that rate. */
    public IoThrottle(double bytesPerSecond, LongSupplier nanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.nanos = nanos;
        paidUntilNs = nanos.getAsLong();
    }

    /** Another rate from now on. */
    public void rate(double newBytesPerSecond) {
        bytesPerSecond = newBytesPerSecond;
    }

    /** Pays for bytes and waits until they are paid; {@code check} is run while it waits, and may throw to end the wait. */
    public void pay(long bytes, Runnable check) {
        double rate = bytesPerSecond;
        if (rate >= Long.MAX_VALUE) {
            return;
        }
        long until = charge((long) (bytes / rate * TimeUnit.SECONDS.toNanos(1)));
        long waitNs = until - nanos.getAsLong();
        while (waitNs > 0) {
            check.run();
            LockSupport.parkNanos(this, Math.min(waitNs, WAIT_NS_MAX));
            waitNs = until - nanos.getAsLong();
        }
    }

    private synchronized long charge(long costNs) {
        long earliest = nanos.getAsLong() - BURST_NS;
        if (paidUntilNs - earliest < 0) {
            paidUntilNs = earliest;
        }
        paidUntilNs += costNs;
        return paidUntilNs;
    }
}
