package io.millrace.broker.kraft;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.network.ChannelBuilders;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.Selectable;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.network.SocketServerConfigs;
import org.apache.kafka.raft.Endpoints;
import org.apache.kafka.raft.KRaftConfigs;
import org.apache.kafka.raft.KafkaNetworkChannel;
import org.apache.kafka.raft.KafkaRaftClient;
import org.apache.kafka.raft.KafkaRaftClientDriver;
import org.apache.kafka.raft.MetadataLogConfig;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.raft.RaftLog;
import org.apache.kafka.raft.RaftManager;
import org.apache.kafka.raft.TimingWheelExpirationService;
import org.apache.kafka.raft.internals.KafkaRaftLog;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.serialization.RecordSerde;
import org.apache.kafka.server.config.ServerConfigs;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's member of the metadata quorum, voter or observer: the Raft client, its log in
 * {@code __cluster_metadata-0}, its network channel to the others, and its threads.
 *
 * <p>Owner: {@link ControlPlane}. {@link #handleRequest} may be called by any thread; {@link #close} once.
 */
final class RaftNode implements RaftManager<ApiMessageAndVersion>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);
    private static final int RECONNECT_BACKOFF_MS = 50;
    private static final int RECONNECT_BACKOFF_MAX_MS = 500;

    private final KafkaScheduler scheduler;
    private final RaftLog log;
    private final KafkaNetworkChannel channel;
    private final SystemTimer expirationTimer;
    private final TimingWheelExpirationService expirations;
    private final KafkaRaftClient<ApiMessageAndVersion> client;
    private final KafkaRaftClientDriver<ApiMessageAndVersion> driver;

    private RaftNode(
            KafkaScheduler scheduler,
            RaftLog log,
            KafkaNetworkChannel channel,
            SystemTimer expirationTimer,
            TimingWheelExpirationService expirations,
            KafkaRaftClient<ApiMessageAndVersion> client,
            KafkaRaftClientDriver<ApiMessageAndVersion> driver) {
        this.scheduler = scheduler;
        this.log = log;
        this.channel = channel;
        this.expirationTimer = expirationTimer;
        this.expirations = expirations;
        this.client = client;
        this.driver = driver;
    }

    /**
     * Opens the metadata log and starts taking part in the quorum.
     *
     * @param listeners where this controller is reached; none on a node that is only a broker
     */
    static RaftNode start(
            KraftConfig config,
            NodeDirectories directories,
            Map<String, Endpoint> listeners,
            Metrics metrics,
            NodeFaults faults)
            throws IOException {
        String threads = "millrace-raft";
        LogContext context = new LogContext("[Raft node=" + config.nodeId() + "] ");
        KafkaScheduler scheduler = new KafkaScheduler(1, true, threads + "-scheduler");
        scheduler.startup();
        Path logDirectory = Path.of(config.metadataLogDir(), "__cluster_metadata-0");
        RaftLog log = openLog(config, logDirectory, scheduler);
        KafkaNetworkChannel channel = networkChannel(config, metrics, context, threads);
        SystemTimer timer = new SystemTimer(threads + "-expirations");
        TimingWheelExpirationService expirations = new TimingWheelExpirationService(timer);
        KafkaRaftClient<ApiMessageAndVersion> client =
                raftClient(config, directories, listeners, channel, log, expirations, context);
        var driver = new KafkaRaftClientDriver<>(client, threads, faults.stopping("raft"), context);
        RaftNode node = new RaftNode(scheduler, log, channel, timer, expirations, client, driver);
        try {
            node.join(config, logDirectory, metrics);
            return node;
        } catch (RuntimeException e) {
            node.close();
            throw e;
        }
    }

    private void join(KraftConfig config, Path logDirectory, Metrics metrics) {
        client.initialize(
                QuorumConfig.parseVoterConnections(config.quorum().voters()),
                new QuorumStateFile(logDirectory.resolve(QuorumStateFile.FILE_NAME)),
                metrics,
                ignoredStaticVoters -> {});
        channel.start();
        driver.start();
    }

    private static RaftLog openLog(KraftConfig config, Path directory, KafkaScheduler scheduler) throws IOException {
        Files.createDirectories(directory);
        return KafkaRaftLog.createLog(
                Topic.CLUSTER_METADATA_TOPIC_PARTITION,
                Uuid.METADATA_TOPIC_ID,
                directory.toFile(),
                Time.SYSTEM,
                scheduler,
                new MetadataLogConfig(config),
                config.nodeId());
    }

    private static KafkaRaftClient<ApiMessageAndVersion> raftClient(
            KraftConfig config,
            NodeDirectories directories,
            Map<String, Endpoint> listeners,
            KafkaNetworkChannel channel,
            RaftLog log,
            TimingWheelExpirationService expirations,
            LogContext context) {
        return new KafkaRaftClient<>(
                OptionalInt.of(config.nodeId()),
                directories.metadataDirectoryId(),
                new MetadataRecordSerde(),
                channel,
                log,
                Time.SYSTEM,
                expirations,
                context,
                config.isController(),
                directories.clusterId(),
                bootstrapServers(config, listeners),
                endpoints(listeners),
                Feature.KRAFT_VERSION.supportedVersionRange(),
                config.quorum());
    }

    /** Where an observer starts to look for the voters; a node alone need only find itself. */
    private static List<InetSocketAddress> bootstrapServers(KraftConfig config, Map<String, Endpoint> listeners) {
        List<String> configured = config.quorum().bootstrapServers();
        return configured.isEmpty()
                ? listeners.values().stream()
                        .map(e -> InetSocketAddress.createUnresolved(e.host(), e.port()))
                        .toList()
                : QuorumConfig.parseBootstrapServers(configured);
    }

    private static Endpoints endpoints(Map<String, Endpoint> listeners) {
        return Endpoints.fromInetSocketAddresses(listeners.entrySet().stream()
                .collect(Collectors.toMap(
                        e -> ListenerName.normalised(e.getKey()),
                        e -> InetSocketAddress.createUnresolved(
                                e.getValue().host(), e.getValue().port()))));
    }

    private static KafkaNetworkChannel networkChannel(
            KraftConfig config, Metrics metrics, LogContext context, String threads) {
        ListenerName listener =
                new ListenerName(config.controllerListenerNames().get(0));
        return new KafkaNetworkChannel(
                Time.SYSTEM,
                listener,
                networkClient(config, listener, metrics, context),
                config.quorum().requestTimeoutMs(),
                threads);
    }

    private static NetworkClient networkClient(
            KraftConfig config, ListenerName listener, Metrics metrics, LogContext context) {
        Selector selector = new Selector(
                NetworkReceive.UNLIMITED,
                config.getLong(SocketServerConfigs.CONNECTIONS_MAX_IDLE_MS_CONFIG),
                metrics,
                Time.SYSTEM,
                "raft-channel",
                Map.of(),
                false,
                channelBuilder(config, listener, context),
                context);
        return new NetworkClient(
                selector,
                new ManualMetadataUpdater(),
                "raft-client-" + config.nodeId(),
                1,
                RECONNECT_BACKOFF_MS,
                RECONNECT_BACKOFF_MAX_MS,
                Selectable.USE_DEFAULT_BUFFER_SIZE,
                config.getInt(SocketServerConfigs.SOCKET_RECEIVE_BUFFER_BYTES_CONFIG),
                config.quorum().requestTimeoutMs(),
                config.getLong(ServerConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG),
                config.getLong(ServerConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG),
                Time.SYSTEM,
                true,
                new ApiVersions(),
                context,
                MetadataRecoveryStrategy.NONE);
    }

    private static ChannelBuilder channelBuilder(KraftConfig config, ListenerName listener, LogContext context) {
        SecurityProtocol protocol =
                config.effectiveListenerSecurityProtocolMap().get(listener);
        return ChannelBuilders.clientChannelBuilder(
                protocol != null ? protocol : SecurityProtocol.forName(listener.value()),
                JaasContext.Type.SERVER,
                config,
                listener,
                config.getString(KRaftConfigs.SASL_MECHANISM_CONTROLLER_PROTOCOL_CONFIG),
                Time.SYSTEM,
                context);
    }

    @Override
    public CompletableFuture<ApiMessage> handleRequest(
            RequestContext context, RequestHeader header, ApiMessage request, long createdTimeMs) {
        return driver.handleRequest(context, header, request, createdTimeMs);
    }

    @Override
    public KafkaRaftClient<ApiMessageAndVersion> client() {
        return client;
    }

    @Override
    public RaftLog raftLog() {
        return log;
    }

    @Override
    public RecordSerde<ApiMessageAndVersion> recordSerde() {
        return new MetadataRecordSerde();
    }

    /** Resigns, stops the threads, closes the log. A leader hands over within five seconds or goes without. */
    @Override
    public void close() {
        Closing closing = new Closing(LOG);
        closing.run("raft expirations", expirations::shutdown);
        closing.run("raft timer", expirationTimer::close);
        closing.run("raft client", driver::shutdown);
        closing.run("raft scheduler", scheduler::shutdown);
        closing.run("raft channel", channel::close);
        closing.run("raft log", log::close);
    }
}
