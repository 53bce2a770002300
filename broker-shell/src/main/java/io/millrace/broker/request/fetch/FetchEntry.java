package io.millrace.broker.request.fetch;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.jspecify.annotations.Nullable;

/**
 * One partition that a client fetches, from the request at hand or as its session remembers it. What was asked changes
 * with each request that names the partition; what was answered is kept so that an incremental answer can leave out
 * what has not changed. Owned by its session and touched under its lock, or by the one request that has no session.
 */
final class FetchEntry {
    private static final long NEVER = -1L;

    private final Key key;

    private long fetchOffset;
    private long logStartOffset;
    private int maxBytes;
    private int currentLeaderEpoch;
    private int lastFetchedEpoch;

    /** Neighbours in the reading order of its session. */
    @Nullable
    FetchEntry before;

    @Nullable
    FetchEntry after;

    private long toldHighWatermark = NEVER;
    private long toldLogStartOffset = NEVER;

    /**
     * A partition by topic id (from version 13 on) or by name.
     *
     * @param topic empty where the client names it by id
     * @param topicId zero where the client names it by name
     */
    record Key(String topic, Uuid topicId, int partition) {}

    FetchEntry(Key key, FetchPartition asked) {
        this.key = key;
        ask(asked);
    }

    private FetchEntry(FetchEntry other) {
        this.key = other.key;
        this.fetchOffset = other.fetchOffset;
        this.logStartOffset = other.logStartOffset;
        this.maxBytes = other.maxBytes;
        this.currentLeaderEpoch = other.currentLeaderEpoch;
        this.lastFetchedEpoch = other.lastFetchedEpoch;
    }

    /** The entry as one request reads it, whatever later requests ask. */
    FetchEntry snapshot() {
        return new FetchEntry(this);
    }

    void ask(FetchPartition asked) {
        logStartOffset = asked.logStartOffset();
        ask(asked.fetchOffset(), asked.partitionMaxBytes(), asked.currentLeaderEpoch(), asked.lastFetchedEpoch());
    }

    void ask(long offset, int bytesMost, int leaderEpoch, int lastEpoch) {
        fetchOffset = offset;
        maxBytes = bytesMost;
        currentLeaderEpoch = leaderEpoch;
        lastFetchedEpoch = lastEpoch;
    }

    /** Whether it is that partition, by topic id. */
    boolean is(long topicIdHigh, long topicIdLow, int partition) {
        return key.partition() == partition
                && key.topicId().getLeastSignificantBits() == topicIdLow
                && key.topicId().getMostSignificantBits() == topicIdHigh;
    }

    /**
     * Remembers what is answered.
     *
     * @return whether an incremental answer must have this partition in it
     */
    boolean tell(FetchedPartition answered) {
        boolean hasNews = answered.bytes() > 0 || answered.isElsewhere() || answered.isDiverging();
        return tell(
                hasNews,
                answered.isError(),
                answered.row().highWatermark(),
                answered.row().logStartOffset());
    }

    /** The same; {@code hasNews} is told whatever else there is. */
    boolean tell(boolean hasNews, boolean isError, long highWatermark, long logStartOffset) {
        boolean changed = hasNews || highWatermark != toldHighWatermark || logStartOffset != toldLogStartOffset;
        toldHighWatermark = isError ? NEVER : highWatermark; // an error again until it is over, and once when it is
        toldLogStartOffset = logStartOffset;
        return changed || isError;
    }

    Key key() {
        return key;
    }

    long fetchOffset() {
        return fetchOffset;
    }

    /** Where the log of a replica begins that fetches, -1 for a consumer. */
    long logStartOffset() {
        return logStartOffset;
    }

    int maxBytes() {
        return maxBytes;
    }

    /** The epoch the client knows, -1 for none. */
    int currentLeaderEpoch() {
        return currentLeaderEpoch;
    }

    /** The epoch of the last record the client has, -1 for none. */
    int lastFetchedEpoch() {
        return lastFetchedEpoch;
    }
}
