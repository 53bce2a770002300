package io.millrace.log.simulation;

import io.millrace.log.LogClock;

/** A clock that stands until the simulation sets it forward. */
final class SimulatedClock implements LogClock {
    static final long BEGIN_MS = 1_700_000_000_000L;

    private static final long NS_A_MS = 1_000_000L;

    private long nanos = BEGIN_MS * NS_A_MS;

    void advanceMs(long byMs) {
        nanos += byMs * NS_A_MS;
    }

    void advanceNs(long byNs) {
        nanos += byNs;
    }

    @Override
    public long millis() {
        return nanos / NS_A_MS;
    }

    @Override
    public long nanos() {
        return nanos;
    }
}
