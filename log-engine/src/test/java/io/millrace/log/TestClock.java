package io.millrace.log;

import java.time.Duration;

/** A wall clock that stands until it is set, beside a monotonic time that runs. */
final class TestClock implements LogClock {
    private volatile long millis;

    TestClock(long millis) {
        this.millis = millis;
    }

    void millis(long now) {
        millis = now;
    }

    @Override
    public long millis() {
        return millis;
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    /** Lets time go by, and returns what it is then. One thread sets the clock. */
    long advance(Duration duration) {
        long now = millis + duration.toMillis();
        millis = now;
        return now;
    }
}
