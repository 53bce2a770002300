package io.millrace.broker.replica;

import java.util.concurrent.TimeUnit;

/** Pauses that double from one error to the next, up to a bound. Owned by a fetcher's thread. */
final class Backoff {
    /** A leader that has not heard of its election yet knows of it a few milliseconds later. */
    private static final long FIRST_MS = 10;

    private final long maxNs;
    private long nextNs;

    Backoff(long maxMs) {
        maxNs = TimeUnit.MILLISECONDS.toNanos(maxMs);
        reset();
    }

    /** The pause after one more error, in nanoseconds. */
    long nextNs() {
        long pause = nextNs;
        nextNs = Math.min(maxNs, 2 * nextNs);
        return pause;
    }

    void reset() {
        nextNs = Math.min(maxNs, TimeUnit.MILLISECONDS.toNanos(FIRST_MS));
    }
}
