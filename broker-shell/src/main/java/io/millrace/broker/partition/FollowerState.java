package io.millrace.broker.partition;

/**
 * What a leader knows of one follower, from its fetches. Guarded by the partition's lock; changed in place, so that a fetch makes nothing.
 *
 * <p>A follower has caught up at the time of a fetch that begins at the leader's end. One whose fetches always come a little late has
 * caught up at the time of its last fetch, when this one begins at or beyond what was the leader's end then.
 */
final class FollowerState {
    private static final long UNKNOWN = -1;
    private static final long NEVER = Long.MIN_VALUE / 2;

    private final int id;
    private long logEndOffset = UNKNOWN;
    private long logStartOffset = UNKNOWN;
    private long brokerEpoch = LiveBrokers.UNKNOWN_EPOCH;
    private long leaderEndAtLastFetch = UNKNOWN;
    private long lastFetchMs = NEVER;
    private long lastCaughtUpMs = NEVER;
    private boolean hasFetched;

    private boolean inIsr;
    private boolean inMaximalIsr;

    FollowerState(int id) {
        this.id = id;
    }

    /** It has all below {@code offset} and asks for more; returns whether its end has moved. */
    boolean fetched(long offset, long startOffset, long epoch, long leaderEnd, long nowMs) {
        if (offset >= leaderEnd) {
            lastCaughtUpMs = Math.max(lastCaughtUpMs, nowMs);
        } else if (offset >= leaderEndAtLastFetch && hasFetched) {
            lastCaughtUpMs = Math.max(lastCaughtUpMs, lastFetchMs);
        }
        boolean moved = offset != logEndOffset;
        logEndOffset = offset;
        logStartOffset = startOffset;
        brokerEpoch = epoch;
        leaderEndAtLastFetch = Math.max(leaderEnd, leaderEndAtLastFetch);
        lastFetchMs = nowMs;
        hasFetched = true;
        return moved;
    }

    /** A term begins; one that is in sync has the whole lag time to show itself. */
    void beginTerm(boolean ledBefore, long leaderEnd, long nowMs) {
        lastCaughtUpMs = inIsr ? nowMs : NEVER;
        lastFetchMs = inIsr ? nowMs : NEVER;
        leaderEndAtLastFetch = leaderEnd;
        if (!ledBefore) {
            logEndOffset = UNKNOWN;
            logStartOffset = UNKNOWN;
            leaderEndAtLastFetch = UNKNOWN;
            hasFetched = false;
        }
    }

    boolean isCaughtUp(long leaderEnd, long nowMs, long lagMaxMs) {
        return logEndOffset == leaderEnd || nowMs - lastCaughtUpMs <= lagMaxMs;
    }

    /** Whether the registration that fetched is the one that the metadata knows, and may join an ISR. */
    boolean isEligible(LiveBrokers brokers) {
        return hasFetched
                && brokers.mayJoin(id)
                && (brokerEpoch == LiveBrokers.UNKNOWN_EPOCH || brokerEpoch == brokers.epoch(id));
    }

    void isr(boolean committed, boolean maximal) {
        inIsr = committed;
        inMaximalIsr = maximal;
    }

    int id() {
        return id;
    }

    long logEndOffset() {
        return logEndOffset;
    }

    long logStartOffset() {
        return logStartOffset;
    }

    long brokerEpoch() {
        return brokerEpoch;
    }

    boolean inIsr() {
        return inIsr;
    }

    boolean inMaximalIsr() {
        return inMaximalIsr;
    }
}
