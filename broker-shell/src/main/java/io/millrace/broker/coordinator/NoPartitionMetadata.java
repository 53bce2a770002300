package io.millrace.broker.coordinator;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.util.PartitionMetadataClient;

/**
 * The answer to the coordinator's question for end offsets, which it asks for share groups only: this broker serves none,
 * and says so.
 */
final class NoPartitionMetadata implements PartitionMetadataClient {
    @Override
    public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(Set<TopicPartition> partitions) {
        Map<TopicPartition, CompletableFuture<OffsetResponse>> answers = new HashMap<>();
        for (TopicPartition partition : partitions) {
            answers.put(
                    partition, CompletableFuture.completedFuture(new OffsetResponse(-1, Errors.UNSUPPORTED_VERSION)));
        }
        return answers;
    }

    @Override
    public void close() {}
}
