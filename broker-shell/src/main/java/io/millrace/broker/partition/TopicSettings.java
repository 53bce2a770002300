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
 */
public record TopicSettings(
        LogConfig log, int minInsyncReplicas, @Nullable Compression compression) {

    /** Kafka's defaults. */
    public static final TopicSettings DEFAULTS = new TopicSettings(LogConfig.DEFAULTS, 1, null);
}
