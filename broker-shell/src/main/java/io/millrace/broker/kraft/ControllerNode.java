package io.millrace.broker.kraft;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.security.token.delegation.internals.DelegationTokenCache;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.controller.Controller;
import org.apache.kafka.controller.QuorumController;
import org.apache.kafka.controller.QuorumFeatures;
import org.apache.kafka.image.publisher.ControllerRegistrationsPublisher;
import org.apache.kafka.metadata.KafkaConfigSchema;
import org.apache.kafka.raft.KRaftConfigs;
import org.apache.kafka.raft.MetadataLogConfig;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.DefaultSupportedConfigChecker;
import org.apache.kafka.server.config.DelegationTokenManagerConfigs;
import org.apache.kafka.server.config.ReplicationConfigs;
import org.apache.kafka.server.config.ServerConfigs;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.server.policy.AlterConfigPolicy;
import org.apache.kafka.server.policy.CreateTopicPolicy;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's controller, active where the quorum elected it, and the table of operations that reaches it.
 *
 * <p>Owner: {@link ControlPlane}. The controller has one thread of its own; operations never block their caller.
 */
final class ControllerNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControllerNode.class);

    private final QuorumController controller;
    private final ControllerApi api;
    private final ControllerRegistrationsPublisher registrations;

    private ControllerNode(
            QuorumController controller, ControllerApi api, ControllerRegistrationsPublisher registrations) {
        this.controller = controller;
        this.api = api;
        this.registrations = registrations;
    }

    static ControllerNode start(KraftConfig config, NodeDirectories directories, RaftNode raft, NodeFaults faults)
            throws Exception {
        QuorumController controller = controller(config, directories, raft, faults);
        ControllerRegistrationsPublisher registrations = new ControllerRegistrationsPublisher();
        ControllerApi api = new ControllerApi();
        RaftOperations.register(api, raft);
        TopicOperations.register(api, controller, config.getBoolean(ServerConfigs.DELETE_TOPIC_ENABLE_CONFIG));
        ConfigOperations.register(api, controller);
        QuotaOperations.register(api, controller);
        BrokerOperations.register(api, controller, config.brokerHeartbeatIntervalMs());
        DescribeControllers.register(
                api,
                directories.clusterId(),
                registrations,
                () -> raft.client().leaderAndEpoch().leaderId().orElse(-1));
        return new ControllerNode(controller, api, registrations);
    }

    private static QuorumController controller(
            KraftConfig config, NodeDirectories directories, RaftNode raft, NodeFaults faults) throws Exception {
        QuorumController.Builder builder = new QuorumController.Builder(config.nodeId(), directories.clusterId())
                .setTime(Time.SYSTEM)
                .setThreadNamePrefix("millrace-controller-")
                .setLogContext(new LogContext("[Controller node=" + config.nodeId() + "] "))
                .setRaftClient(raft.client())
                .setQuorumFeatures(quorumFeatures(config))
                .setBootstrapMetadata(directories.bootstrap())
                .setFatalFaultHandler(faults.stopping("controller"))
                .setNonFatalFaultHandler(faults.logging("controller"));
        setTopics(builder, config);
        setTimes(builder, config);
        setTokens(builder, config);
        return builder.build();
    }

    private static QuorumFeatures quorumFeatures(KraftConfig config) {
        boolean unstable = config.getBoolean(ServerConfigs.UNSTABLE_FEATURE_VERSIONS_ENABLE_CONFIG);
        List<Integer> voters =
                List.copyOf(QuorumConfig.parseVoterIds(config.quorum().voters()));
        return new QuorumFeatures(config.nodeId(), QuorumFeatures.defaultSupportedFeatureMap(unstable), voters);
    }

    private static void setTopics(QuorumController.Builder builder, KraftConfig config) {
        builder.setConfigSchema(new KafkaConfigSchema(
                        Map.of(
                                ConfigResource.Type.BROKER,
                                new ConfigDef(AbstractKafkaConfig.CONFIG_DEF),
                                ConfigResource.Type.TOPIC,
                                LogConfig.configDefCopy()),
                        ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS))
                .setStaticConfig(config.originals())
                .setDefaultReplicationFactor(config.getInt(ReplicationConfigs.DEFAULT_REPLICATION_FACTOR_CONFIG)
                        .shortValue())
                .setDefaultNumPartitions(config.getInt(ServerLogConfigs.NUM_PARTITIONS_CONFIG))
                .setConfigurationValidator(new ConfigChecks(config))
                .setSupportedConfigChecker(new DefaultSupportedConfigChecker())
                .setCreateTopicPolicy(Optional.ofNullable(config.getConfiguredInstance(
                        ServerLogConfigs.CREATE_TOPIC_POLICY_CLASS_NAME_CONFIG, CreateTopicPolicy.class)))
                .setAlterConfigPolicy(Optional.ofNullable(config.getConfiguredInstance(
                        ServerLogConfigs.ALTER_CONFIG_POLICY_CLASS_NAME_CONFIG, AlterConfigPolicy.class)));
    }

    private static void setTimes(QuorumController.Builder builder, KraftConfig config) {
        long idleMs = config.getInt(MetadataLogConfig.METADATA_MAX_IDLE_INTERVAL_MS_CONFIG);
        boolean rebalance = config.getBoolean(ReplicationConfigs.AUTO_LEADER_REBALANCE_ENABLE_CONFIG);
        long imbalanceSeconds = config.getLong(ReplicationConfigs.LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS_CONFIG);
        builder.setSessionTimeoutNs(
                        TimeUnit.MILLISECONDS.toNanos(config.getInt(KRaftConfigs.BROKER_SESSION_TIMEOUT_MS_CONFIG)))
                .setMaxIdleIntervalNs(positiveNs(idleMs, TimeUnit.MILLISECONDS))
                .setLeaderImbalanceCheckIntervalNs(positiveNs(rebalance ? imbalanceSeconds : 0, TimeUnit.SECONDS))
                .setUncleanLeaderElectionCheckIntervalMs(
                        config.getLong(ReplicationConfigs.UNCLEAN_LEADER_ELECTION_INTERVAL_MS_CONFIG))
                .setControllerPerformanceSamplePeriodMs(
                        config.getLong(KRaftConfigs.CONTROLLER_PERFORMANCE_SAMPLE_PERIOD_MS))
                .setControllerPerformanceAlwaysLogThresholdMs(
                        config.getLong(KRaftConfigs.CONTROLLER_PERFORMANCE_ALWAYS_LOG_THRESHOLD_MS));
    }

    private static OptionalLong positiveNs(long value, TimeUnit unit) {
        return value > 0 ? OptionalLong.of(unit.toNanos(value)) : OptionalLong.empty();
    }

    /** Tokens are not offered, but the controller replays their records where another node wrote them. */
    private static void setTokens(QuorumController.Builder builder, KraftConfig config) {
        DelegationTokenManagerConfigs tokens = new DelegationTokenManagerConfigs(config);
        builder.setDelegationTokenCache(new DelegationTokenCache(List.of()))
                .setDelegationTokenMaxLifeMs(tokens.delegationTokenMaxLifeMs())
                .setDelegationTokenExpiryTimeMs(tokens.delegationTokenExpiryTimeMs())
                .setDelegationTokenExpiryCheckIntervalMs(tokens.delegationTokenExpiryCheckIntervalMs());
    }

    Controller controller() {
        return controller;
    }

    ControllerApi api() {
        return api;
    }

    /** Keeps what {@code DescribeCluster} tells of the controllers; to be installed as a publisher. */
    ControllerRegistrationsPublisher registrations() {
        return registrations;
    }

    /** Whether the quorum elected this node, so that operations need not leave it. */
    boolean isActive() {
        return controller.isActive();
    }

    @Override
    public void close() {
        controller.beginShutdown();
        new Closing(LOG).run("controller", controller::close);
    }
}
