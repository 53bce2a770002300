package io.millrace.broker.admin;

import io.millrace.broker.config.MillraceSettings;
import io.millrace.broker.kraft.KraftConfig;
import io.millrace.broker.partition.TopicSettings;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.coordinator.transaction.TransactionLogConfig;
import org.apache.kafka.coordinator.transaction.TransactionStateManagerConfig;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Translates a topic's configuration from Kafka's form into what the partitions and their logs take. Stateless. */
final class TopicSettingsReader {
    private static final String SYNC_ACKS = "millrace.sync.acks";

    private TopicSettingsReader() {}

    static TopicSettings read(KraftConfig broker, LogConfig topic) {
        return new TopicSettings(log(broker, topic), topic.minInSyncReplicas, topic.compression.orElse(null));
    }

    private static io.millrace.log.LogConfig log(KraftConfig broker, LogConfig topic) {
        return io.millrace.log.LogConfig.builder()
                .segmentBytes(topic.segmentSize())
                .segmentMs(topic.segmentMs)
                .segmentJitterMs(topic.segmentJitterMs)
                .indexIntervalBytes(topic.indexInterval)
                .indexBytesMax(topic.maxIndexSize)
                .retentionMs(topic.retentionMs)
                .retentionBytes(topic.retentionSize)
                .maxMessageBytes(topic.maxMessageSize())
                .flushMessages(topic.flushInterval)
                .flushMs(topic.flushMs)
                .fileDeleteDelayMs(topic.fileDeleteDelayMs)
                .logAppendTime(topic.messageTimestampType == TimestampType.LOG_APPEND_TIME)
                .timestampBeforeMaxMs(topic.messageTimestampBeforeMaxMs)
                .timestampAfterMaxMs(topic.messageTimestampAfterMaxMs)
                .deletePolicy(topic.delete)
                .compactPolicy(topic.compact)
                .deleteRetentionMs(topic.deleteRetentionMs)
                .minCompactionLagMs(topic.compactionLagMs)
                .maxCompactionLagMs(topic.maxCompactionLagMs)
                .minCleanableDirtyRatio(topic.minCleanableRatio)
                .producerIdExpirationMs(broker.getInt(TransactionLogConfig.PRODUCER_ID_EXPIRATION_MS_CONFIG))
                .transactionTimeoutMsMax(
                        broker.getInt(TransactionStateManagerConfig.TRANSACTIONS_MAX_TIMEOUT_MS_CONFIG))
                .syncBeforeAck(
                        Boolean.parseBoolean(String.valueOf(broker.originals().get(SYNC_ACKS))))
                .recycleSegments(Boolean.parseBoolean(
                        String.valueOf(broker.originals().getOrDefault(MillraceSettings.RECYCLE, true))))
                .build();
    }
}
