package io.millrace.broker.partition;

import io.millrace.log.LogConfig;
import org.apache.kafka.common.compress.Compression;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a topic as they are in force now: the engine's, and those that the broker itself acts on.
 *
 * @param log what the log needs
 * @param minInsyncReplicas {@code min.insync.replicas}
 * @param compression {@code compression.type}: how batches are stored; null stores them as the producer sent them
 * @param recordCheck what each record must be beside what Kafka asks; null for nothing
 */
public record TopicSettings(
        LogConfig log,
        int minInsyncReplicas,
        @Nullable Compression compression,
        @Nullable RecordCheck recordCheck) {

    /** Settings that ask nothing of records. */
    public TopicSettings(LogConfig log, int minInsyncReplicas, @Nullable Compression compression) {
        this(log, minInsyncReplicas, compression, null);
    }

    /** The same with a check of records. */
    public TopicSettings with(RecordCheck check) {
        return new TopicSettings(log, minInsyncReplicas, compression, check);
    }

    /** Kafka's defaults. */
    public static final TopicSettings DEFAULTS = new TopicSettings(LogConfig.DEFAULTS, 1, null);
}
