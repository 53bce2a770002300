package io.millrace.broker.node;

import io.millrace.log.LogDirectory;
import io.millrace.log.PartitionLog;
import io.millrace.log.checkpoint.PartitionMetadata;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.image.TopicsImage;
import org.apache.kafka.metadata.PartitionRegistration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes logs that the cluster no longer wants here: of topics that were deleted, or of replicas that were moved away,
 * while this node was down.
 *
 * <p>Only what the newest metadata says counts, so it is called after that is known and before it is applied.
 */
final class StrayLogs {
    private static final Logger LOG = LoggerFactory.getLogger(StrayLogs.class);

    private StrayLogs() {}

    static void delete(List<LogDirectory> directories, TopicsImage topics, int nodeId) {
        for (LogDirectory directory : directories) {
            for (PartitionLog log : List.copyOf(directory.logs())) {
                if (isStray(log, directory.metadata(log.topic(), log.partition()), topics, nodeId)) {
                    LOG.warn("deleting log={} which the cluster no longer has on this node", log.directory());
                    directory.delete(log.topic(), log.partition());
                }
            }
        }
    }

    private static boolean isStray(
            PartitionLog log, @Nullable PartitionMetadata metadata, TopicsImage topics, int nodeId) {
        @Nullable
        TopicImage topic = metadata == null
                ? topics.getTopic(log.topic())
                : topics.getTopic(new Uuid(metadata.topicIdMsb(), metadata.topicIdLsb()));
        @Nullable
        PartitionRegistration partition =
                topic == null ? null : topic.partitions().get(log.partition());
        return partition == null || Arrays.stream(partition.replicas).noneMatch(replica -> replica == nodeId);
    }
}
