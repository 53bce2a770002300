package io.millrace.broker.coordinator;

import io.millrace.broker.partition.HighWatermarkListener;
import io.millrace.broker.partition.Partition;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;

/**
 * Appends the coordinator's records to the partitions of its internal topic that this node leads.
 *
 * <p>Called on the coordinator's event processor threads, by one thread for a partition at a time. An append returns when
 * the records are in the log, not when they are replicated: that the runtime learns from the high watermark listeners,
 * which the partition calls, possibly from inside {@link #append} where the ISR is this node alone. A listener hears of
 * one term of leadership only; the partition retires it when that term ends.
 */
final class LogPartitionWriter implements PartitionWriter {
    private final Function<TopicPartition, @Nullable Partition> partitions;
    private final Function<String, LogConfig> topicConfigs;

    /** Equal where the coordinator's listener is the same, so that the partition finds it again. */
    private record Delivery(TopicPartition tp, Listener listener) implements HighWatermarkListener {
        @Override
        public void onHighWatermark(long offset) {
            listener.onHighWatermarkUpdated(tp, offset);
        }
    }

    /**
     * A writer over the node's partitions.
     *
     * @param partitions   the partition by its name, null where this node has none
     * @param topicConfigs the effective configuration of a topic, by its name
     */
    LogPartitionWriter(
            Function<TopicPartition, @Nullable Partition> partitions, Function<String, LogConfig> topicConfigs) {
        this.partitions = partitions;
        this.topicConfigs = topicConfigs;
    }

    @Override
    public void registerListener(TopicPartition tp, Listener listener) {
        Partition partition = partitions.apply(tp);
        if (partition != null) {
            partition.addHighWatermarkListener(new Delivery(tp, listener));
        }
    }

    @Override
    public void deregisterListener(TopicPartition tp, Listener listener) {
        Partition partition = partitions.apply(tp);
        if (partition != null) {
            partition.removeHighWatermarkListener(new Delivery(tp, listener));
        }
    }

    @Override
    public LogConfig config(TopicPartition tp) {
        leader(tp);
        return topicConfigs.apply(tp.topic());
    }

    @Override
    public long append(TopicPartition tp, VerificationGuard guard, MemoryRecords records, short transactionVersion) {
        AppendResult result = new AppendResult();
        AppendStatus status = leader(tp).append(records.buffer().duplicate(), AppendOrigin.COORDINATOR, result);
        if (status != AppendStatus.APPENDED) {
            throw failure(tp, status, result);
        }
        return result.lastOffset() + 1;
    }

    /** The exception by which the runtime decides whether to answer, to retry or to unload the partition. */
    private static KafkaException failure(TopicPartition tp, AppendStatus status, AppendResult result) {
        String message =
                "partition=" + tp + " append=" + status + (result.message() == null ? "" : ": " + result.message());
        return switch (status) {
            case FENCED_EPOCH -> new NotLeaderOrFollowerException(message);
            case NO_SPACE, OFFLINE -> new KafkaStorageException(message);
            case TOO_LARGE -> new RecordTooLargeException(message);
            case CORRUPT -> new CorruptRecordException(message);
            case INVALID_PRODUCER_EPOCH -> new InvalidProducerEpochException(message);
            default -> new InvalidRecordException(message);
        };
    }

    /** Asked for offsets committed within a transaction, of which this broker has none. */
    @Override
    public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
            TopicPartition tp, String transactionalId, long producerId, short producerEpoch, int apiVersion) {
        return CompletableFuture.failedFuture(new UnsupportedVersionException("This broker has no transactions."));
    }

    /** Asked by the coordinator of share groups, of which this broker has none. */
    @Override
    public CompletableFuture<Void> deleteRecords(TopicPartition tp, long deleteBeforeOffset) {
        return CompletableFuture.failedFuture(new UnsupportedVersionException("This broker has no share groups."));
    }

    private Partition leader(TopicPartition tp) {
        Partition partition = partitions.apply(tp);
        if (partition == null || !partition.isLeader()) {
            throw new NotLeaderOrFollowerException("This node does not lead " + tp + ".");
        }
        return partition;
    }
}
