package io.millrace.broker.coordinator;

import com.yammer.metrics.core.MetricsRegistry;
import io.millrace.broker.kraft.CoordinatorElections;
import io.millrace.broker.partition.Partition;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/**
 * The group coordinator of this node: Kafka's service over our writer and loader, and the door by which elections and
 * metadata reach it.
 *
 * <p>Owned by the node: {@link #create} starts threads and {@link #close} ends them, loader included. Until
 * {@link #startup} every request is answered COORDINATOR_NOT_AVAILABLE. Elections come from the metadata loader's thread
 * and only hand over to the coordinator's own threads.
 */
public final class GroupCoordination implements CoordinatorElections, AutoCloseable {
    private final GroupCoordinatorConfig config;
    private final GroupConfigManager groupConfigs;
    private final GroupCoordinatorService service;
    private final MetricsRegistry registry;
    private final Metrics metrics;

    private volatile boolean started;

    private GroupCoordination(
            GroupCoordinatorConfig config,
            GroupConfigManager groupConfigs,
            GroupCoordinatorService service,
            MetricsRegistry registry,
            Metrics metrics) {
        this.config = config;
        this.groupConfigs = groupConfigs;
        this.service = service;
        this.registry = registry;
        this.metrics = metrics;
    }

    /**
     * Builds the coordinator; nothing is served before {@link #startup}.
     *
     * @param config       the node's configuration, all of Kafka's broker names defined
     * @param partitions   the partition by its name, null where this node has none
     * @param topicConfigs the effective configuration of a topic, by its name
     */
    public static GroupCoordination create(
            int nodeId,
            AbstractConfig config,
            Function<TopicPartition, @Nullable Partition> partitions,
            Function<String, LogConfig> topicConfigs) {
        GroupCoordinatorConfig groupConfig = new GroupCoordinatorConfig(config);
        GroupConfigManager groupConfigs = newGroupConfigs(groupConfig, new ShareGroupConfig(config));
        MetricsRegistry registry = new MetricsRegistry();
        Metrics metrics = new Metrics();
        LogPartitionWriter writer = new LogPartitionWriter(partitions, topicConfigs);
        LogCoordinatorLoader<CoordinatorRecord> loader = new LogCoordinatorLoader<>(
                Time.SYSTEM, partitions, new GroupCoordinatorRecordSerde(), groupConfig.offsetsLoadBufferSize());
        GroupCoordinatorService service = new GroupCoordinatorService.Builder(nodeId, groupConfig)
                .withTime(Time.SYSTEM)
                .withTimer(new SystemTimerReaper("group-coordinator-reaper", new SystemTimer("group-coordinator")))
                .withLoader(loader)
                .withWriter(writer)
                .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
                .withGroupCoordinatorMetrics(new GroupCoordinatorMetrics(registry, metrics))
                .withGroupConfigManager(groupConfigs)
                .withPersister(new NoOpStatePersister())
                .withAuthorizerPlugin(Optional.empty())
                .withPartitionMetadataClient(new NoPartitionMetadata())
                .build();
        return new GroupCoordination(groupConfig, groupConfigs, service, registry, metrics);
    }

    private static GroupConfigManager newGroupConfigs(GroupCoordinatorConfig config, ShareGroupConfig shareConfig) {
        return new GroupConfigManager(config.extractGroupConfigMap(shareConfig), config, shareConfig);
    }

    /** The service that answers group requests; its futures complete on its own threads. */
    public GroupCoordinator coordinator() {
        return service;
    }

    /** The configurations that groups have of their own. */
    public GroupConfigManager groupConfigs() {
        return groupConfigs;
    }

    @Override
    public String topic() {
        return Topic.GROUP_METADATA_TOPIC_NAME;
    }

    @Override
    public InternalTopic internalTopic() {
        Map<String, String> configs = new HashMap<>();
        service.groupMetadataTopicConfigs().forEach((name, value) -> configs.put(name.toString(), value.toString()));
        return new InternalTopic(config.offsetsTopicPartitions(), config.offsetsTopicReplicationFactor(), configs);
    }

    @Override
    public void startup(IntSupplier partitionCount) {
        service.startup(partitionCount);
        started = true;
    }

    @Override
    public void onElection(int partition, int leaderEpoch) {
        service.onElection(partition, leaderEpoch);
    }

    @Override
    public void onResignation(int partition, OptionalInt leaderEpoch) {
        service.onResignation(partition, leaderEpoch);
    }

    @Override
    public void onMetadataUpdate(MetadataDelta delta, MetadataImage image) {
        service.onMetadataUpdate(delta, image);
    }

    @Override
    public void onGroupConfigs(String groupId, Properties overrides) {
        service.updateGroupConfig(groupId, overrides);
    }

    /** Ends the coordinator's threads; requests in flight are answered NOT_COORDINATOR. */
    @Override
    public void close() {
        if (!started) {
            service.startup(config::offsetsTopicPartitions); // the service shuts down only what has been started
        }
        service.shutdown();
        registry.shutdown();
        metrics.close();
    }
}
