package io.millrace.broker.admin;

import io.millrace.broker.coordinator.GroupCoordination;
import io.millrace.broker.kraft.ControlPlane;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.request.RequestRouter;
import io.millrace.log.LogDirectory;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.server.common.GroupVersion;
import org.apache.kafka.server.config.ServerConfigs;
import org.apache.kafka.server.config.ServerLogConfigs;

/**
 * Everything of this package on one router: what a broker's clients and admin tools ask beside the data path. What is not
 * put there is not advertised, so that clients say themselves that it is not to be had.
 */
public final class AdminApis {
    private static final String REBALANCE_PROTOCOLS = "group.coordinator.rebalance.protocols";
    private static final String CONSUMER_PROTOCOL = "consumer";

    private final ControlPlane plane;
    private final EffectiveConfigs configs;
    private final GroupCoordination groups;
    private final PartitionRegistry partitions;
    private final List<LogDirectory> directories;

    /** The handlers over a node's parts, which the node owns. */
    public AdminApis(
            ControlPlane plane,
            EffectiveConfigs configs,
            GroupCoordination groups,
            PartitionRegistry partitions,
            List<LogDirectory> directories) {
        this.plane = plane;
        this.configs = configs;
        this.groups = groups;
        this.partitions = partitions;
        this.directories = directories;
    }

    /** Puts the handlers on the broker's router. */
    public void registerOn(RequestRouter router) {
        registerCluster(router);
        registerGroups(router);
    }

    private void registerCluster(RequestRouter router) {
        KRaftMetadataCache metadata = plane.metadata();
        String clusterId = plane.clusterId();
        new MetadataHandler(metadata, plane.topicCreator(), clusterId, this::autoCreateTopics).registerOn(router);
        new ClusterHandlers(metadata, clusterId, this::partitionsMax).registerOn(router);
        new ConfigHandlers(configs, metadata, plane.forwarder()).registerOn(router);
        router.register(
                ApiKeys.DESCRIBE_CLIENT_QUOTAS,
                request -> request.respond(
                        metadata.describeClientQuotas(request.data(DescribeClientQuotasRequestData.class))));
        new LogHandlers(directories, partitions, metadata).registerOn(router);
        new TransactionHandlers().registerOn(router);
        new ForwardedHandlers(plane.forwarder()).registerOn(router);
    }

    private void registerGroups(RequestRouter router) {
        KRaftMetadataCache metadata = plane.metadata();
        GroupCoordinator coordinator = groups.coordinator();
        new FindCoordinatorHandler(coordinator, metadata, plane.topicCreator()).registerOn(router);
        new GroupHandlers(coordinator, this::isConsumerProtocolEnabled).registerOn(router);
        new GroupAdminHandlers(coordinator, this::isConsumerProtocolEnabled).registerOn(router);
        new OffsetHandlers(coordinator, metadata).registerOn(router);
    }

    private boolean autoCreateTopics() {
        return plane.config().getBoolean(ServerLogConfigs.AUTO_CREATE_TOPICS_ENABLE_CONFIG);
    }

    private int partitionsMax() {
        return plane.config().getInt(ServerConfigs.MAX_REQUEST_PARTITION_SIZE_LIMIT_CONFIG);
    }

    /** KIP-848 wants the configuration's word and the cluster's finalized feature. */
    private boolean isConsumerProtocolEnabled() {
        short level =
                plane.metadata().features().finalizedFeatures().getOrDefault(GroupVersion.FEATURE_NAME, (short) 0);
        return GroupVersion.fromFeatureLevel(level).isConsumerRebalanceProtocolSupported()
                && plane.config().getList(REBALANCE_PROTOCOLS).stream()
                        .anyMatch(name -> name.trim().toLowerCase(Locale.ROOT).equals(CONSUMER_PROTOCOL));
    }
}
