package io.millrace.broker.replica;

import io.millrace.broker.partition.Partition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition as one fetcher follows it: in which term, from where, and what the leader's session knows of it. Owned by the fetcher's
 * thread.
 */
final class FollowedPartition {
    private static final Logger LOG = LoggerFactory.getLogger(FollowedPartition.class);
    /** What a leader is told where no batch tells an epoch. */
    private static final int NO_EPOCH = -1;

    private final Partition partition;
    private final Backoff backoff;
    private int leaderEpoch;

    /** What it must not be fetched before, of {@link System#nanoTime}; only where {@link #paused}. */
    private long retryAtNs;

    private boolean paused;
    private boolean outOfRange;
    private @Nullable String trouble;

    /** What the session of the leader has; false where it does not have the partition. */
    private boolean inSession;

    private long sentOffset;
    private long sentLogStart;
    private int sentEpoch;
    private int sentLastEpoch;
    /** It stands on the session's list of what may have changed. */
    private boolean queued;
    /** It is followed no longer. */
    private boolean dropped;

    FollowedPartition(Partition partition, int leaderEpoch, long backoffMsMax) {
        this.partition = partition;
        this.leaderEpoch = leaderEpoch;
        this.backoff = new Backoff(backoffMsMax);
    }

    Partition partition() {
        return partition;
    }

    Uuid topicId() {
        return partition.topicId();
    }

    int number() {
        return partition.partition();
    }

    /** The term in which this node follows; what the partition does is refused once the metadata is in another. */
    int leaderEpoch() {
        return leaderEpoch;
    }

    /** Another term of the same leader: whatever was wrong is tried anew. */
    void leaderEpoch(int next) {
        leaderEpoch = next;
        paused = false;
        backoff.reset();
    }

    /** The next offset to be fetched: nothing else than the end of the log. */
    long fetchOffset() {
        return partition.log().logEndOffset();
    }

    /** The epoch of the last record; -1 where there is none, or none that tells one. */
    int lastEpoch() {
        return partition.log().epochs().epochForOffset(fetchOffset() - 1);
    }

    // Pauses

    boolean isPaused() {
        return paused;
    }

    /** Ends a pause whose time is up. */
    boolean resumes(long nowNs) {
        if (paused && nowNs - retryAtNs >= 0) {
            paused = false;
        }
        return !paused;
    }

    long retryAtNs() {
        return retryAtNs;
    }

    /** Something is wrong with this partition: it waits, longer each time. Said once for each thing that is wrong. */
    void pause(String what, long nowNs) {
        paused = true;
        retryAtNs = nowNs + backoff.nextNs();
        if (!what.equals(trouble)) {
            trouble = what;
            LOG.warn("cannot follow partition={} leaderEpoch={}: {}; trying again", partition, leaderEpoch, what);
        }
    }

    /** What was wrong is so no more. */
    void works() {
        if (trouble != null) {
            LOG.info("following again partition={} leaderEpoch={} offset={}", partition, leaderEpoch, fetchOffset());
            trouble = null;
            backoff.reset();
        }
    }

    /** The leader does not have the offset; it must be asked what it has. */
    boolean isOutOfRange() {
        return outOfRange;
    }

    void outOfRange(boolean is) {
        outOfRange = is;
    }

    boolean isFetchable() {
        return !dropped && !paused && !outOfRange;
    }

    boolean isDropped() {
        return dropped;
    }

    void drop() {
        dropped = true;
    }

    // The session

    boolean isInSession() {
        return inSession;
    }

    void leftSession() {
        inSession = false;
    }

    boolean isQueued() {
        return queued;
    }

    void queued(boolean is) {
        queued = is;
    }

    /** What a request has to say of this partition; null where the leader knows it already. */
    @Nullable
    FetchPartition toSend(int bytesMax) {
        long offset = fetchOffset();
        long logStart = partition.log().logStartOffset();
        int lastEpoch = lastEpoch();
        boolean known = inSession
                && sentOffset == offset
                && sentLogStart == logStart
                && sentEpoch == leaderEpoch
                && sentLastEpoch == lastEpoch;
        if (known) {
            return null;
        }
        inSession = true;
        sentOffset = offset;
        sentLogStart = logStart;
        sentEpoch = leaderEpoch;
        sentLastEpoch = lastEpoch;
        return new FetchPartition()
                .setPartition(number())
                .setCurrentLeaderEpoch(leaderEpoch)
                .setFetchOffset(offset)
                .setLastFetchedEpoch(offset == 0 ? NO_EPOCH : lastEpoch)
                .setLogStartOffset(logStart)
                .setPartitionMaxBytes(bytesMax);
    }

    /** Where the answer that has just come begins. */
    long sentOffset() {
        return sentOffset;
    }

    int sentEpoch() {
        return sentEpoch;
    }

    @Override
    public String toString() {
        return partition + "@" + leaderEpoch;
    }
}
