package io.millrace.broker.embedded;

import io.millrace.log.LogClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** The machine's clock, set forward by a test as far as it likes. Any thread. */
final class VirtualClock implements LogClock {
    private final AtomicLong aheadMs = new AtomicLong();

    void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("time does not go back: " + by);
        }
        aheadMs.addAndGet(by.toMillis());
    }

    @Override
    public long millis() {
        return System.currentTimeMillis() + aheadMs.get();
    }

    /** Not set forward: it times waits that really pass. */
    @Override
    public long nanos() {
        return System.nanoTime();
    }
}
