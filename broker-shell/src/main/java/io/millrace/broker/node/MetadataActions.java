package io.millrace.broker.node;

import io.millrace.broker.admin.EffectiveConfigs;
import io.millrace.broker.kraft.ConfigChanges;
import io.millrace.broker.kraft.PartitionChanges;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.PartitionState;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.PartitionRegistration;

/** Does to the partitions of this node what the metadata says. Called on the metadata loader's thread only. */
final class MetadataActions implements PartitionChanges, ConfigChanges {
    private final PartitionRegistry partitions;
    private final EffectiveConfigs configs;

    MetadataActions(PartitionRegistry partitions, EffectiveConfigs configs) {
        this.partitions = partitions;
        this.configs = configs;
    }

    @Override
    public void lead(TopicPartition partition, Uuid topicId, PartitionRegistration state) {
        Partition unused = partitions.becomeLeader(state(partition, topicId, state));
    }

    @Override
    public void follow(TopicPartition partition, Uuid topicId, PartitionRegistration state) {
        Partition unused = partitions.becomeFollower(state(partition, topicId, state));
    }

    @Override
    public void stop(TopicPartition partition, boolean delete) {
        partitions.stop(partition.topic(), partition.partition(), delete);
    }

    @Override
    public void onTopicConfigs(String topic) {
        partitions.reconfigure(topic, configs.settings(topic));
    }

    @Override
    public void onDefaultConfigs() {
        TreeSet<String> topics = new TreeSet<>();
        partitions.forEach(partition -> topics.add(partition.topic()));
        topics.forEach(this::onTopicConfigs);
    }

    private static PartitionState state(TopicPartition partition, Uuid topicId, PartitionRegistration state) {
        return new PartitionState(
                partition.topic(),
                topicId,
                partition.partition(),
                state.leader,
                state.leaderEpoch,
                state.partitionEpoch,
                boxed(state.replicas),
                boxed(state.isr));
    }

    private static List<Integer> boxed(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }
}
