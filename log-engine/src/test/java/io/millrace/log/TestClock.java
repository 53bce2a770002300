package io.millrace.log;

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
}
