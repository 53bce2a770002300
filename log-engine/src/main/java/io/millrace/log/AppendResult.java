package io.millrace.log;

import org.jspecify.annotations.Nullable;

/**
 * What an append answered. Mutable and owned by the caller, who reuses it; the log fills it before it returns.
 * Not thread safe.
 */
public final class AppendResult {
    /** Value of an offset or a time that was not set. */
    public static final long NONE = -1L;

    private long firstOffset = NONE;
    private long lastOffset = NONE;
    private long logAppendTimeMs = NONE;
    private long logStartOffset = NONE;
    private int leaderEpoch = -1;
    private boolean duplicate;
    private int batchIndex = -1;
    private @Nullable String message;

    /** Offset of the first record of the append (or of the earlier append that this one repeats). */
    public long firstOffset() {
        return firstOffset;
    }

    /** Offset of the last record, inclusive. */
    public long lastOffset() {
        return lastOffset;
    }

    /** Time given to the records where the topic uses the time of the append, else -1. Milliseconds. */
    public long logAppendTimeMs() {
        return logAppendTimeMs;
    }

    /** Log start offset at the time of the append. */
    public long logStartOffset() {
        return logStartOffset;
    }

    /** Term of the leader that appended, or -1. */
    public int leaderEpoch() {
        return leaderEpoch;
    }

    /** Says in which term of its leader the append was made. */
    public void leaderEpoch(int epoch) {
        leaderEpoch = epoch;
    }

    /** The append was a repetition: nothing was written, the offsets are those of the first time. */
    public boolean duplicate() {
        return duplicate;
    }

    /** Index within the append of the batch that was refused, or -1. */
    public int batchIndex() {
        return batchIndex;
    }

    /** Why the append was refused, for a log line or an error message; null where the status says it all. */
    public @Nullable String message() {
        return message;
    }

    /** Forgets everything. */
    public void reset() {
        firstOffset = NONE;
        lastOffset = NONE;
        logAppendTimeMs = NONE;
        logStartOffset = NONE;
        leaderEpoch = -1;
        duplicate = false;
        batchIndex = -1;
        message = null;
    }

    /** Records where the append went; called by the log. */
    public void appended(long firstOffset, long lastOffset, long logAppendTimeMs, long logStartOffset) {
        this.firstOffset = firstOffset;
        this.lastOffset = lastOffset;
        this.logAppendTimeMs = logAppendTimeMs;
        this.logStartOffset = logStartOffset;
    }

    /** Records where the same batch went the first time; called by the producer states. */
    public void duplicateOf(long firstOffset, long lastOffset, long timestampMs) {
        this.firstOffset = firstOffset;
        this.lastOffset = lastOffset;
        this.logAppendTimeMs = timestampMs;
        this.duplicate = true;
    }

    /** Records which batch was refused and why, and returns the status for the caller to return. */
    public AppendStatus refused(AppendStatus status, int batchIndex, @Nullable String message) {
        this.batchIndex = batchIndex;
        this.message = message;
        return status;
    }

    void logStartOffset(long offset) {
        this.logStartOffset = offset;
    }
}
