package io.millrace.broker.node;

import io.millrace.broker.admin.EffectiveConfigs;
import io.millrace.broker.kraft.ConfigChanges;
import io.millrace.broker.kraft.PartitionChanges;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.PartitionState;
import io.millrace.log.LogCleaner;
import io.millrace.mapped.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.LocalReplicaChanges;
import org.apache.kafka.metadata.PartitionRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does to the partitions of this node what the metadata says. Called on the metadata loader's thread only. */
final class MetadataActions implements PartitionChanges, ConfigChanges {
    private static final Logger LOG = LoggerFactory.getLogger(MetadataActions.class);

    private final PartitionRegistry partitions;
    private final EffectiveConfigs configs;
    private final CheckedTopics topics;
    private final LogCleaner cleaner;

    MetadataActions(PartitionRegistry partitions, EffectiveConfigs configs, CheckedTopics topics, LogCleaner cleaner) {
        this.partitions = partitions;
        this.configs = configs;
        this.topics = topics;
        this.cleaner = cleaner;
    }

    @Override
    public void prepare(Map<TopicPartition, LocalReplicaChanges.PartitionInfo> coming) {
        List<PartitionState> states = new ArrayList<>(coming.size());
        coming.forEach((partition, info) -> states.add(state(partition, info.topicId(), info.partition())));
        partitions.prepare(states);
    }

    @Override
    public boolean lead(TopicPartition partition, Uuid topicId, PartitionRegistration state) {
        return unlessFull(() -> partitions.becomeLeader(state(partition, topicId, state)));
    }

    @Override
    public boolean follow(TopicPartition partition, Uuid topicId, PartitionRegistration state) {
        return unlessFull(() -> partitions.becomeFollower(state(partition, topicId, state)));
    }

    /** False where the disk is full. What else a disk can do to a log is for good, and goes to the caller. */
    private static boolean unlessFull(Supplier<Partition> change) {
        try {
            Partition unused = change.get();
            return true;
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NO_SPACE) {
                throw e;
            }
            LOG.debug("no room for a log", e);
            return false;
        }
    }

    @Override
    public void stop(TopicPartition partition, boolean delete) {
        partitions.stop(partition.topic(), partition.partition(), delete);
    }

    @Override
    public void onTopicConfigs(String topic) {
        partitions.reconfigure(topic, topics.apply(topic));
    }

    @Override
    public void onDefaultConfigs() {
        TreeSet<String> topics = new TreeSet<>();
        partitions.forEach(partition -> topics.add(partition.topic()));
        topics.forEach(this::onTopicConfigs);
        cleaner.reconfigure(configs.cleaner());
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
