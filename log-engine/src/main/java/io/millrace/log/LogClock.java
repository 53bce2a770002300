package io.millrace.log;

/** The time as the log sees it; injected, so that age, expiry and retention can be tested without waiting. */
public interface LogClock {
    /** The clock of the machine. */
    LogClock SYSTEM = new LogClock() {
        @Override
        public long millis() {
            return System.currentTimeMillis();
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }
    };

    /** Wall clock, milliseconds since the epoch. May jump. */
    long millis();

    /** Monotonic time in nanoseconds; only differences mean something. */
    long nanos();
}
