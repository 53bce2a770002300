package io.millrace.broker.kraft;

import io.millrace.broker.partition.Replication;
import io.millrace.broker.request.ClientQuotas;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.requests.UnregisterBrokerRequest;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.metadata.ListenerInfo;
import org.apache.kafka.server.config.ClientQuotaManagerConfig;
import org.apache.kafka.server.config.QuotaConfig;
import org.apache.kafka.server.config.ReplicationConfigs;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kafka's control plane in this process: the member of the quorum, the replayed metadata, the controller where this node
 * is one, and this broker's registration where it is a broker.
 *
 * <p>Owner: {@code io.millrace.broker.node.Node}, which starts and stops it step by step; the accessors may be used by
 * any thread in between.
 */
public final class ControlPlane implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
    private static final long FORWARDING_TIMEOUT_MS = 60_000;
    private static final long REGISTRATION_TIMEOUT_MS = 5_000;
    private static final long ALTER_PARTITION_TIMEOUT_MS = 30_000;
    private static final String RACK_AWARE_SELECTOR = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

    private final KraftConfig config;
    private final NodeDirectories directories;
    private final NodeFaults faults;
    private final Metrics metrics;
    private final QuotasInForce quotas;
    private final RaftNode raft;
    private final ClusterMetadata metadata;
    private final @Nullable ControllerNode controller;
    private final @Nullable ControllerRequestHandlers handlers;
    private final PublishedOffset publishedOffset = new PublishedOffset();
    private final ControllerChannel forwarding;
    private final AutoTopicCreator topicCreator;
    private final ProducerIdBlocks producerIds;
    private final ControllerChannel alterPartition;
    private final AlterPartitionSender isrUpdates;

    /** What is to be taken out of the loader before the node stops, in the order in which it was put in. */
    private final List<MetadataPublisher> controllerPublishers = new ArrayList<>();

    private @Nullable ControllerChannel registrations;
    private volatile @Nullable BrokerPublisher brokerPublisher;
    private volatile @Nullable BrokerLifecycle lifecycle;

    private ControlPlane(
            KraftConfig config,
            NodeDirectories directories,
            NodeFaults faults,
            Metrics metrics,
            RaftNode raft,
            ClusterMetadata metadata,
            @Nullable ControllerNode controller,
            @Nullable ControllerRequestHandlers handlers) {
        this.config = config;
        this.directories = directories;
        this.faults = faults;
        this.metrics = metrics;
        this.quotas = new QuotasInForce(
                config.nodeId(),
                new ClientQuotaManagerConfig(
                        config.getInt(QuotaConfig.NUM_QUOTA_SAMPLES_CONFIG),
                        config.getInt(QuotaConfig.QUOTA_WINDOW_SIZE_SECONDS_CONFIG)),
                metrics);
        this.raft = raft;
        this.metadata = metadata;
        this.controller = controller;
        this.handlers = handlers;
        this.forwarding = channel("forwarding", FORWARDING_TIMEOUT_MS);
        this.topicCreator = new AutoTopicCreator(config, forwarding, metadata.published());
        this.producerIds = new ProducerIdBlocks(forwarding, config.nodeId(), this::brokerEpoch);
        this.alterPartition = channel("alter-partition", ALTER_PARTITION_TIMEOUT_MS);
        this.isrUpdates = new AlterPartitionSender(alterPartition::send, config.nodeId(), this::brokerEpoch);
    }

    /**
     * Joins the quorum, starts to replay the metadata, and the controller where this node is one.
     *
     * @param controllerListeners where this controller is reached, ports known; null on a node that is only a broker
     * @param handlers the controller listener's handlers, which serve from now on; null likewise
     */
    public static ControlPlane start(
            KraftConfig config,
            NodeDirectories directories,
            @Nullable ListenerInfo controllerListeners,
            @Nullable ControllerRequestHandlers handlers,
            NodeFaults faults)
            throws Exception {
        Metrics metrics = new Metrics();
        RaftNode raft = RaftNode.start(
                config,
                directories,
                controllerListeners == null ? Map.of() : controllerListeners.listeners(),
                metrics,
                faults);
        ClusterMetadata metadata = ClusterMetadata.start(config, raft, faults);
        ControllerNode controller =
                config.isController() ? ControllerNode.start(config, directories, raft, faults) : null;
        ControlPlane plane =
                new ControlPlane(config, directories, faults, metrics, raft, metadata, controller, handlers);
        if (controller != null && controllerListeners != null && handlers != null) {
            plane.openController(controller, controllerListeners, handlers);
        }
        return plane;
    }

    private void openController(
            ControllerNode opened, ListenerInfo listeners, ControllerRequestHandlers requestHandlers) throws Exception {
        requestHandlers.open(opened.api());
        registrations = channel("registration", REGISTRATION_TIMEOUT_MS);
        controllerPublishers.add(opened.registrations());
        controllerPublishers.add(new ControllerRegistration(config, listeners, registrations));
        metadata.install(controllerPublishers);
    }

    private ControllerChannel channel(String purpose, long timeoutMs) {
        return new ControllerChannel(config, raft, controller, metrics, purpose, timeoutMs);
    }

    // Becoming a broker

    /**
     * Ends the session that the controller still keeps for this broker's last run, where that did not end in order.
     *
     * <p>A broker that was killed is otherwise refused until its old session has run out, nine seconds by default. Here the
     * old run is known to be over: its directories are the ones that this process holds the locks of. Only where this node
     * is the quorum's leader itself; the registration that follows tells of the unclean end all the same.
     *
     * @return completes when this broker can register
     */
    public CompletableFuture<Void> endPreviousRun() {
        @Nullable BrokerRegistration previous = replayed().getImage().cluster().broker(config.nodeId());
        boolean blocks = previous != null && !previous.fenced() && isSameDirectories(previous.directories());
        if (!blocks || controller == null || controllerId().orElse(-1) != config.nodeId()) {
            return CompletableFuture.completedFuture(null);
        }
        LOG.info("ending the session of this broker's last run, epoch {}", previous.epoch());
        UnregisterBrokerRequestData data = new UnregisterBrokerRequestData().setBrokerId(config.nodeId());
        return forwarding.send(new UnregisterBrokerRequest.Builder(data)).thenAccept(response -> {});
    }

    private boolean isSameDirectories(List<Uuid> previous) {
        return Set.copyOf(previous).equals(Set.copyOf(directories.directoryIds().values()));
    }

    /**
     * Registers this broker, fenced, and starts its heartbeats.
     *
     * @param listeners what clients and other brokers are told, ports known
     * @param previousEpoch the broker epoch of the last run, where that ended cleanly
     */
    public void register(ListenerInfo listeners, OptionalLong previousEpoch) {
        lifecycle = BrokerLifecycle.start(
                config,
                directories,
                listeners,
                channel("heartbeat", config.brokerHeartbeatIntervalMs()),
                metadata::lastAppliedOffset,
                previousEpoch,
                faults);
    }

    /** The metadata as the quorum had it when this node started, once this node has replayed it. */
    public CompletableFuture<MetadataImage> firstImage() {
        return metadata.firstImage();
    }

    /**
     * From now on the metadata decides what this broker does. What it says already is applied first.
     *
     * @return completes when what it says already has been applied and the controller knows that
     */
    public CompletableFuture<Void> apply(
            PartitionChanges partitions, List<CoordinatorElections> coordinators, ConfigChanges configs)
            throws Exception {
        coordinators.forEach(c -> topicCreator.internalTopic(c.topic(), c.internalTopic()));
        BrokerPublisher publisher = new BrokerPublisher(
                config.nodeId(), metadata.published(), publishedOffset, partitions, coordinators, configs);
        brokerPublisher = publisher;
        metadata.install(List.of(publisher, quotas));
        return CompletableFuture.allOf(publisher.firstPublish(), registered().caughtUp());
    }

    /** Asks to be unfenced; completes when clients may find this broker. */
    public CompletableFuture<Void> unfence() {
        return registered().unfence();
    }

    private BrokerLifecycle registered() {
        BrokerLifecycle registered = lifecycle;
        if (registered == null) {
            throw new IllegalStateException("this broker is not registered");
        }
        return registered;
    }

    // For those who serve requests

    /** The quotas in force. */
    public ClientQuotas quotas() {
        return quotas;
    }

    /** The settings of this node. */
    public KraftConfig config() {
        return config;
    }

    /** This node's id. */
    public int nodeId() {
        return config.nodeId();
    }

    /** The id of the cluster that this node belongs to. */
    public String clusterId() {
        return directories.clusterId();
    }

    /** The directories of this node and their ids. */
    public NodeDirectories directories() {
        return directories;
    }

    /** The metadata as clients are told it: it never names this broker the leader of what is not open yet. */
    public KRaftMetadataCache metadata() {
        return metadata.published();
    }

    /** The newest metadata that this node has replayed, for its own settings and logs. */
    public KRaftMetadataCache replayed() {
        return metadata.replayed();
    }

    /** The active controller as this node knows it. */
    public OptionalInt controllerId() {
        return raft.client().leaderAndEpoch().leaderId();
    }

    /** Hands admin requests to the active controller. */
    public Forwarder forwarder() {
        return new ControllerForwarder(forwarding, this::committedIsSeen);
    }

    private CompletableFuture<Void> committedIsSeen() {
        long end = raft.client().highWatermark().orElse(0);
        return publishedOffset.reached(end - 1);
    }

    /** Creates topics that clients ask about. */
    public TopicCreator topicCreator() {
        return topicCreator;
    }

    /** Ids for idempotent producers. */
    public ProducerIds producerIds() {
        return producerIds;
    }

    /** What the leaders of replicated partitions need of the cluster. */
    public Replication replication() {
        return new Replication(
                config.getLong(ReplicationConfigs.REPLICA_LAG_TIME_MAX_MS_CONFIG),
                Replication.DEFAULTS.clockMs(),
                new RegisteredBrokers(metadata.replayed()),
                isrUpdates,
                RACK_AWARE_SELECTOR.equals(config.getString(ReplicationConfigs.REPLICA_SELECTOR_CLASS_CONFIG)));
    }

    /** The epoch of this broker's registration, -1 without one. */
    public long brokerEpoch() {
        BrokerLifecycle registered = lifecycle;
        return registered == null ? -1 : registered.brokerEpoch();
    }

    /** Tells the controller that a log directory can no longer be used; the node stops if that cannot be told. */
    public void directoryFailed(Uuid directoryId) {
        registered().directoryFailed(directoryId, config.getLong(ServerLogConfigs.LOG_DIR_FAILURE_TIMEOUT_MS_CONFIG));
    }

    // Stopping

    /** Lets the controller move leadership to others; returns when it has, or after {@code timeoutMs}. */
    public void shutDownControlled(long timeoutMs) throws InterruptedException {
        BrokerLifecycle registered = lifecycle;
        if (registered != null) {
            registered.shutDownControlled(timeoutMs);
        }
    }

    /** Opens the partitions that this broker holds and for whose logs the disk had no room, where there is some now. */
    public void retryUnopened() {
        BrokerPublisher publisher = brokerPublisher;
        if (publisher != null) {
            publisher.retryUnopened();
        }
    }

    /** The metadata no longer decides what this broker does; nothing is called any more when this returns. */
    public void stopApplying() {
        BrokerPublisher publisher = brokerPublisher;
        if (publisher != null) {
            new Closing(LOG).run("broker publisher", () -> metadata.remove(publisher));
        }
    }

    /** Leaves the cluster and the quorum. */
    @Override
    public void close() {
        Closing closing = new Closing(LOG);
        BrokerLifecycle registered = lifecycle;
        if (registered != null) {
            registered.close();
        }
        isrUpdates.close();
        closing.run("forwarding", forwarding::shutdown);
        closing.run("alter partition", alterPartition::shutdown);
        if (controller == null) {
            metadata.close();
            raft.close();
        } else {
            closeController(controller, closing);
        }
        closing.run("client quotas", quotas::close);
        metrics.close();
    }

    /** The quorum first, so that another controller takes over while this one's listener still answers. */
    private void closeController(ControllerNode opened, Closing closing) {
        raft.close();
        if (handlers != null) {
            handlers.close();
        }
        controllerPublishers.forEach(p -> closing.run(p.name(), () -> metadata.remove(p)));
        if (registrations != null) {
            closing.run("registration", registrations::shutdown);
        }
        opened.close();
        metadata.close();
    }
}
