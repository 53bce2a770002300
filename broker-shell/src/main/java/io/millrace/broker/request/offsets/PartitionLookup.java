package io.millrace.broker.request.offsets;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.TopicDirectory;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Finds a partition by name for a request, or says why it cannot be asked. Stateless; any thread. */
public final class PartitionLookup {
    private final PartitionRegistry partitions;
    private final TopicDirectory topics;

    public PartitionLookup(PartitionRegistry partitions, TopicDirectory topics) {
        this.partitions = partitions;
        this.topics = topics;
    }

    @Nullable
    Partition find(String topic, int partition) {
        return partitions.get(topic, partition);
    }

    /** NONE when {@code partition} may be asked by a client that knows {@code leaderEpoch} (-1 for none). */
    Errors error(@Nullable Partition partition, String topic, int index, int leaderEpoch) {
        if (partition != null) {
            return partition.readError(leaderEpoch);
        }
        return topics.hasPartition(topic, index) ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }
}
