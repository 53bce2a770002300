package io.millrace.log;

/**
 * The settings of one log, with Kafka's names and defaults. Immutable; a log takes another one while it is open
 * ({@code PartitionLog.reconfigure}). Sizes are bytes, times milliseconds; -1 means no limit where Kafka says so.
 *
 * @param segmentBytes {@code segment.bytes}: a segment rolls before it grows past this
 * @param segmentMs {@code segment.ms}: a segment rolls when its first batch is older than this
 * @param segmentJitterMs {@code segment.jitter.ms}: at most this is taken off {@code segmentMs}, at random for each segment
 * @param indexIntervalBytes {@code index.interval.bytes}: an index entry at least every so many bytes
 * @param indexBytesMax {@code segment.index.bytes}: size an index is preallocated to; a full index rolls the segment
 * @param retentionMs {@code retention.ms}
 * @param retentionBytes {@code retention.bytes}
 * @param maxMessageBytes {@code max.message.bytes}: largest batch a client may append
 * @param flushMessages {@code flush.messages}: force after so many records
 * @param flushMs {@code flush.ms}: force at the latest after this time
 * @param fileDeleteDelayMs {@code file.delete.delay.ms}: a deleted file keeps its name with {@code .deleted} so long
 * @param logAppendTime {@code message.timestamp.type=LogAppendTime}
 * @param timestampBeforeMaxMs {@code message.timestamp.before.max.ms}: how far in the past a record's timestamp may lie
 * @param timestampAfterMaxMs {@code message.timestamp.after.max.ms}: how far in the future
 * @param deletePolicy {@code cleanup.policy} contains {@code delete}
 * @param compactPolicy {@code cleanup.policy} contains {@code compact}
 * @param deleteRetentionMs {@code delete.retention.ms}: how long a tombstone stays after it was first met by a cleaning
 * @param minCompactionLagMs {@code min.compaction.lag.ms}: nothing younger is cleaned
 * @param maxCompactionLagMs {@code max.compaction.lag.ms}: what is older is cleaned, however little it is
 * @param minCleanableDirtyRatio {@code min.cleanable.dirty.ratio}: part of the log, 0 to 1, that is new before it is cleaned
 * @param producerIdExpirationMs {@code producer.id.expiration.ms}
 * @param transactionTimeoutMsMax {@code transaction.max.timeout.ms}: transactions open longer than this and a margin are hanging
 * @param syncBeforeAck {@code millrace.sync.acks}: an acknowledgement waits until the bytes are on the disk. The log
 *     itself does not wait: who acknowledges asks it with {@code PartitionLog.onFlushed}
 * @param recycleSegments {@code millrace.log.recycle.enable}: the file of a segment that retention deletes may become the next segment
 */
public record LogConfig(
        int segmentBytes,
        long segmentMs,
        long segmentJitterMs,
        int indexIntervalBytes,
        int indexBytesMax,
        long retentionMs,
        long retentionBytes,
        int maxMessageBytes,
        long flushMessages,
        long flushMs,
        long fileDeleteDelayMs,
        boolean logAppendTime,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        boolean deletePolicy,
        boolean compactPolicy,
        long deleteRetentionMs,
        long minCompactionLagMs,
        long maxCompactionLagMs,
        double minCleanableDirtyRatio,
        long producerIdExpirationMs,
        int transactionTimeoutMsMax,
        boolean syncBeforeAck,
        boolean recycleSegments) {

    /** Kafka's defaults. */
    public static final LogConfig DEFAULTS = new Builder().build();

    /** Files of smaller segments are not worth it. */
    private static final int RECYCLED_BYTES_MIN = 128 << 10;

    /** Checks the ranges. */
    public LogConfig {
        atLeast("segment.bytes", segmentBytes, 1);
        atLeast("segment.ms", segmentMs, 1);
        atLeast("segment.jitter.ms", segmentJitterMs, 0);
        atLeast("index.interval.bytes", indexIntervalBytes, 0);
        atLeast("segment.index.bytes", indexBytesMax, 12);
        atLeast("retention.ms", retentionMs, -1);
        atLeast("retention.bytes", retentionBytes, -1);
        atLeast("max.message.bytes", maxMessageBytes, 0);
        atLeast("message.timestamp.before.max.ms", timestampBeforeMaxMs, 0);
        atLeast("message.timestamp.after.max.ms", timestampAfterMaxMs, 0);
        atLeast("flush.messages", flushMessages, 1);
        atLeast("flush.ms", flushMs, 0);
        atLeast("file.delete.delay.ms", fileDeleteDelayMs, 0);
        atLeast("delete.retention.ms", deleteRetentionMs, 0);
        atLeast("min.compaction.lag.ms", minCompactionLagMs, 0);
        atLeast("max.compaction.lag.ms", maxCompactionLagMs, 1);
        if (!(minCleanableDirtyRatio >= 0 && minCleanableDirtyRatio <= 1)) {
            throw new IllegalArgumentException(
                    "min.cleanable.dirty.ratio=" + minCleanableDirtyRatio + " is not between 0 and 1");
        }
    }

    /** Whether files are recycled, and a log at its size limit deletes as it rolls: where nothing but retention removes batches. */
    boolean recycles() {
        return recycleSegments
                && segmentBytes >= RECYCLED_BYTES_MIN
                && deletePolicy
                && !compactPolicy
                && fileDeleteDelayMs > 0;
    }

    /** When a segment rolls by its age: a compacted log's early enough for its records to be cleaned in time. */
    public long rollMs() {
        return compactPolicy ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs;
    }

    private static void atLeast(String name, long value, long minimum) {
        if (value < minimum) {
            throw new IllegalArgumentException(name + "=" + value + " is below " + minimum);
        }
    }

    /** A builder that starts from Kafka's defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from this configuration. */
    public Builder toBuilder() {
        return new Builder()
                .segmentBytes(segmentBytes)
                .segmentMs(segmentMs)
                .segmentJitterMs(segmentJitterMs)
                .indexIntervalBytes(indexIntervalBytes)
                .indexBytesMax(indexBytesMax)
                .retentionMs(retentionMs)
                .retentionBytes(retentionBytes)
                .maxMessageBytes(maxMessageBytes)
                .flushMessages(flushMessages)
                .flushMs(flushMs)
                .fileDeleteDelayMs(fileDeleteDelayMs)
                .logAppendTime(logAppendTime)
                .timestampBeforeMaxMs(timestampBeforeMaxMs)
                .timestampAfterMaxMs(timestampAfterMaxMs)
                .deletePolicy(deletePolicy)
                .compactPolicy(compactPolicy)
                .deleteRetentionMs(deleteRetentionMs)
                .minCompactionLagMs(minCompactionLagMs)
                .maxCompactionLagMs(maxCompactionLagMs)
                .minCleanableDirtyRatio(minCleanableDirtyRatio)
                .producerIdExpirationMs(producerIdExpirationMs)
                .transactionTimeoutMsMax(transactionTimeoutMsMax)
                .syncBeforeAck(syncBeforeAck)
                .recycleSegments(recycleSegments);
    }

    /** Collects the settings; each setter has the name and unit of the component it sets. */
    public static final class Builder {
        private int segmentBytes = 1 << 30;
        private long segmentMs = 7L * 24 * 60 * 60 * 1000;
        private long segmentJitterMs;
        private int indexIntervalBytes = 4096;
        private int indexBytesMax = 10 << 20;
        private long retentionMs = 7L * 24 * 60 * 60 * 1000;
        private long retentionBytes = -1;
        private int maxMessageBytes = (1 << 20) + 12;
        private long flushMessages = Long.MAX_VALUE;
        private long flushMs = Long.MAX_VALUE;
        private long fileDeleteDelayMs = 60_000;
        private boolean logAppendTime;
        private long timestampBeforeMaxMs = Long.MAX_VALUE;
        private long timestampAfterMaxMs = 60L * 60 * 1000;
        private boolean deletePolicy = true;
        private boolean compactPolicy;
        private long deleteRetentionMs = 24L * 60 * 60 * 1000;
        private long minCompactionLagMs;
        private long maxCompactionLagMs = Long.MAX_VALUE;
        private double minCleanableDirtyRatio = 0.5;
        private long producerIdExpirationMs = 24L * 60 * 60 * 1000;
        private int transactionTimeoutMsMax = 15 * 60 * 1000;
        private boolean syncBeforeAck;
        private boolean recycleSegments = true;

        /** See {@code LogConfig.segmentBytes}. */
        public Builder segmentBytes(int value) {
            this.segmentBytes = value;
            return this;
        }

        /** See {@code LogConfig.segmentMs}. */
        public Builder segmentMs(long value) {
            this.segmentMs = value;
            return this;
        }

        /** See {@code LogConfig.segmentJitterMs}. */
        public Builder segmentJitterMs(long value) {
            this.segmentJitterMs = value;
            return this;
        }

        /** See {@code LogConfig.indexIntervalBytes}. */
        public Builder indexIntervalBytes(int value) {
            this.indexIntervalBytes = value;
            return this;
        }

        /** See {@code LogConfig.indexBytesMax}. */
        public Builder indexBytesMax(int value) {
            this.indexBytesMax = value;
            return this;
        }

        /** See {@code LogConfig.retentionMs}. */
        public Builder retentionMs(long value) {
            this.retentionMs = value;
            return this;
        }

        /** See {@code LogConfig.retentionBytes}. */
        public Builder retentionBytes(long value) {
            this.retentionBytes = value;
            return this;
        }

        /** See {@code LogConfig.maxMessageBytes}. */
        public Builder maxMessageBytes(int value) {
            this.maxMessageBytes = value;
            return this;
        }

        /** See {@code LogConfig.flushMessages}. */
        public Builder flushMessages(long value) {
            this.flushMessages = value;
            return this;
        }

        /** See {@code LogConfig.flushMs}. */
        public Builder flushMs(long value) {
            this.flushMs = value;
            return this;
        }

        /** See {@code LogConfig.fileDeleteDelayMs}. */
        public Builder fileDeleteDelayMs(long value) {
            this.fileDeleteDelayMs = value;
            return this;
        }

        /** See {@code LogConfig.logAppendTime}. */
        public Builder logAppendTime(boolean value) {
            this.logAppendTime = value;
            return this;
        }

        /** See {@code LogConfig.timestampBeforeMaxMs}. */
        public Builder timestampBeforeMaxMs(long value) {
            this.timestampBeforeMaxMs = value;
            return this;
        }

        /** See {@code LogConfig.timestampAfterMaxMs}. */
        public Builder timestampAfterMaxMs(long value) {
            this.timestampAfterMaxMs = value;
            return this;
        }

        /** See {@code LogConfig.deletePolicy}. */
        public Builder deletePolicy(boolean value) {
            this.deletePolicy = value;
            return this;
        }

        /** See {@code LogConfig.compactPolicy}. */
        public Builder compactPolicy(boolean value) {
            this.compactPolicy = value;
            return this;
        }

        /** See {@code LogConfig.deleteRetentionMs}. */
        public Builder deleteRetentionMs(long value) {
            this.deleteRetentionMs = value;
            return this;
        }

        /** See {@code LogConfig.minCompactionLagMs}. */
        public Builder minCompactionLagMs(long value) {
            this.minCompactionLagMs = value;
            return this;
        }

        /** See {@code LogConfig.maxCompactionLagMs}. */
        public Builder maxCompactionLagMs(long value) {
            this.maxCompactionLagMs = value;
            return this;
        }

        /** See {@code LogConfig.minCleanableDirtyRatio}. */
        public Builder minCleanableDirtyRatio(double value) {
            this.minCleanableDirtyRatio = value;
            return this;
        }

        /** See {@code LogConfig.producerIdExpirationMs}. */
        public Builder producerIdExpirationMs(long value) {
            this.producerIdExpirationMs = value;
            return this;
        }

        /** See {@code LogConfig.transactionTimeoutMsMax}. */
        public Builder transactionTimeoutMsMax(int value) {
            this.transactionTimeoutMsMax = value;
            return this;
        }

        /** See {@code LogConfig.syncBeforeAck}. */
        public Builder syncBeforeAck(boolean value) {
            this.syncBeforeAck = value;
            return this;
        }

        /** See {@code LogConfig.recycleSegments}. */
        public Builder recycleSegments(boolean value) {
            this.recycleSegments = value;
            return this;
        }

        /** The configuration; throws {@link IllegalArgumentException} where a value is out of range. */
        public LogConfig build() {
            return new LogConfig(
                    segmentBytes,
                    segmentMs,
                    segmentJitterMs,
                    indexIntervalBytes,
                    indexBytesMax,
                    retentionMs,
                    retentionBytes,
                    maxMessageBytes,
                    flushMessages,
                    flushMs,
                    fileDeleteDelayMs,
                    logAppendTime,
                    timestampBeforeMaxMs,
                    timestampAfterMaxMs,
                    deletePolicy,
                    compactPolicy,
                    deleteRetentionMs,
                    minCompactionLagMs,
                    maxCompactionLagMs,
                    minCleanableDirtyRatio,
                    producerIdExpirationMs,
                    transactionTimeoutMsMax,
                    syncBeforeAck,
                    recycleSegments);
        }
    }
}
