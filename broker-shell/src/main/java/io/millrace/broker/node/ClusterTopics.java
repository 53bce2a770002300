package io.millrace.broker.node;

import io.millrace.broker.partition.TopicDirectory;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.metadata.PartitionRegistration;
import org.jspecify.annotations.Nullable;

/** The topics of the cluster as clients are told them. Any thread; an answer is of one image. */
final class ClusterTopics implements TopicDirectory {
    private final KRaftMetadataCache metadata;

    ClusterTopics(KRaftMetadataCache metadata) {
        this.metadata = metadata;
    }

    @Override
    public @Nullable String topicName(Uuid topicId) {
        TopicImage topic = metadata.getImage().topics().getTopic(topicId);
        return topic == null ? null : topic.name();
    }

    @Override
    public Uuid topicId(String topic) {
        return metadata.getTopicId(topic);
    }

    @Override
    public boolean hasPartition(String topic, int partition) {
        return partition(topic, partition) != null;
    }

    @Override
    public @Nullable Leader leader(String topic, int partition, ListenerName listener) {
        PartitionRegistration found = partition(topic, partition);
        return found == null
                ? null
                : new Leader(
                        found.leader,
                        found.leaderEpoch,
                        metadata.getAliveBrokerNode(found.leader, listener).orElse(null));
    }

    private @Nullable PartitionRegistration partition(String topic, int partition) {
        TopicImage found = metadata.getImage().topics().getTopic(topic);
        return found == null ? null : found.partitions().get(partition);
    }
}
