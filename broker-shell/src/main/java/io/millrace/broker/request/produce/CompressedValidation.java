package io.millrace.broker.request.produce;

import io.millrace.log.LogConfig;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.Locale;

/** How much of a compressed batch is looked at before it is stored as its producer sent it. */
public enum CompressedValidation {
    /** It is inflated, and every record is checked, as Apache Kafka does. */
    FULL,
    /**
     * Its header and its checksum. Consumers then meet whatever a faulty producer has put inside; where a topic is compacted, stores another
     * codec, or the header does not fit the topic's bounds of time, the batch is inflated all the same.
     */
    HEADER;

    /** The value as it is written in a configuration. */
    public static CompressedValidation of(String value) {
        return valueOf(value.toUpperCase(Locale.ROOT));
    }

    /** Whether the header alone says that a compressed batch may be stored. The log checks its counts and its checksum. */
    boolean passesByHeader(ByteBuffer bytes, int at, LogConfig rules, long nowMs) {
        return this == HEADER
                && !rules.compactPolicy()
                && !RecordBatchDescriptor.isLogAppendTime(bytes, at)
                && allowsTimestamp(rules, RecordBatchDescriptor.baseTimestamp(bytes, at), nowMs)
                && allowsTimestamp(rules, RecordBatchDescriptor.maxTimestamp(bytes, at), nowMs);
    }

    /** Whether a topic takes that timestamp of a record whose producer has set it. */
    static boolean allowsTimestamp(LogConfig rules, long timestampMs, long nowMs) {
        if (rules.logAppendTime() || timestampMs == RecordBatchDescriptor.NO_TIMESTAMP) {
            return true;
        }
        long agoMs = nowMs - timestampMs;
        return agoMs <= rules.timestampBeforeMaxMs() && -agoMs <= rules.timestampAfterMaxMs();
    }
}
