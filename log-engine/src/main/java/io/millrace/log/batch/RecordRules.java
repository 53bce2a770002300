package io.millrace.log.batch;

/**
 * What a topic asks of each record.
 *
 * @param keyRequired the topic is compacted: a record without a key could never be replaced
 * @param logAppendTime the broker sets the timestamps
 * @param timestampBeforeMaxMs how far a record's timestamp may lie in the past, {@code message.timestamp.before.max.ms}
 * @param timestampAfterMaxMs how far a record's timestamp may lie in the future, {@code message.timestamp.after.max.ms}
 */
public record RecordRules(
        boolean keyRequired, boolean logAppendTime, long timestampBeforeMaxMs, long timestampAfterMaxMs) {
    /** Anything that is well formed. */
    public static final RecordRules NONE = new RecordRules(false, false, Long.MAX_VALUE, Long.MAX_VALUE);

    /** Whether the time must be known exactly: for the timestamps themselves, or for a bound on their age. */
    public boolean needsClock() {
        return logAppendTime || timestampBeforeMaxMs != Long.MAX_VALUE;
    }

    /** Whether the topic takes a record of that timestamp out of a batch whose timestamps are of that type. */
    public boolean allowsTimestamp(long timestampMs, boolean batchHasAppendTime, long nowMs) {
        if (logAppendTime || timestampMs == RecordBatchDescriptor.NO_TIMESTAMP) {
            return !batchHasAppendTime;
        }
        long agoMs = nowMs - timestampMs;
        return agoMs <= timestampBeforeMaxMs && -agoMs <= timestampAfterMaxMs;
    }
}
