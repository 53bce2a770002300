package io.millrace.broker.kraft;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Reconfigurable;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.network.SocketServerConfigs;
import org.apache.kafka.raft.KRaftConfigs;
import org.apache.kafka.raft.MetadataLogConfig;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.server.ProcessRole;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.jspecify.annotations.Nullable;

/**
 * The settings of this node in the form that Kafka's classes want, under Kafka's names, with Kafka's defaults.
 *
 * <p>Two defaults differ where this node is the whole quorum by itself: {@code controller.quorum.append.linger.ms=0},
 * because there is no second voter whose round trip a batch could save, and {@code metadata.max.idle.interval.ms=0},
 * because an idle single node need not write and sync a no-op record twice a second. Immutable but for Kafka's own
 * parsing; any thread.
 */
public final class KraftConfig extends AbstractKafkaConfig {
    private final Set<ProcessRole> processRoles;
    private final QuorumConfig quorum;

    private KraftConfig(Map<?, ?> properties) {
        super(CONFIG_DEF, properties, Utils.castToStringObjectMap(properties), false);
        this.processRoles = parseRoles(getList(KRaftConfigs.PROCESS_ROLES_CONFIG));
        this.quorum = new QuorumConfig(this);
    }

    /**
     * Parses and checks the settings.
     *
     * @param properties Kafka's names to values; names of others are ignored
     * @throws ConfigException in one line, where a value is not allowed or two settings contradict each other
     */
    public static KraftConfig of(Map<String, String> properties) {
        try {
            KraftConfig config = new KraftConfig(populateSynonyms(withDefaults(properties)));
            KraftConfigRules.check(config);
            return config;
        } catch (IllegalArgumentException e) {
            throw new ConfigException(e.getMessage());
        }
    }

    private static Map<String, String> withDefaults(Map<String, String> properties) {
        Map<String, String> effective = new HashMap<>(properties);
        if (isQuorumOfOne(properties)) {
            effective.putIfAbsent(QuorumConfig.QUORUM_LINGER_MS_CONFIG, "0");
            effective.putIfAbsent(MetadataLogConfig.METADATA_MAX_IDLE_INTERVAL_MS_CONFIG, "0");
        }
        return effective;
    }

    /** Both roles, and no other voter or server named that a quorum could be joined through. */
    private static boolean isQuorumOfOne(Map<String, String> properties) {
        String roles = properties.getOrDefault(KRaftConfigs.PROCESS_ROLES_CONFIG, "");
        String voters = properties.getOrDefault(QuorumConfig.QUORUM_VOTERS_CONFIG, "");
        String bootstrap = properties.getOrDefault(QuorumConfig.QUORUM_BOOTSTRAP_SERVERS_CONFIG, "");
        boolean combined = roles.contains("controller") && roles.contains("broker");
        return combined && !voters.contains(",") && bootstrap.isEmpty();
    }

    private static Set<ProcessRole> parseRoles(List<String> names) {
        return names.stream().map(KraftConfig::parseRole).collect(Collectors.toUnmodifiableSet());
    }

    /** Kafka's definition of the setting lets no other name through. */
    private static ProcessRole parseRole(String name) {
        return name.equals("broker") ? ProcessRole.BrokerRole : ProcessRole.ControllerRole;
    }

    /** The roles of this node, at least one. */
    public Set<ProcessRole> processRoles() {
        return processRoles;
    }

    /** Whether this node serves clients. */
    public boolean isBroker() {
        return processRoles.contains(ProcessRole.BrokerRole);
    }

    /** Whether this node is a member of the metadata quorum, or wants to be. */
    public boolean isController() {
        return processRoles.contains(ProcessRole.ControllerRole);
    }

    /** The quorum's settings. */
    public QuorumConfig quorum() {
        return quorum;
    }

    /** The settings of groups, classic and KIP-848. */
    public GroupCoordinatorConfig groupCoordinator() {
        return new GroupCoordinatorConfig(this);
    }

    /** The settings of share groups. */
    public ShareGroupConfig shareGroup() {
        return new ShareGroupConfig(this);
    }

    /** The directory of the metadata log, which is one of {@link #logDirs()} unless set apart. */
    public String metadataLogDir() {
        @Nullable String configured = getString(MetadataLogConfig.METADATA_LOG_DIR_CONFIG);
        return configured != null ? configured : logDirs().get(0);
    }

    /** Every listener of this node, controller listeners included. */
    public List<Endpoint> listeners() {
        return listenerListToEndPoints(
                getList(SocketServerConfigs.LISTENERS_CONFIG), effectiveListenerSecurityProtocolMap());
    }

    /** Where controllers and brokers reach this controller; empty on a node that is only a broker. */
    public List<Endpoint> controllerListeners() {
        return listeners().stream().filter(this::isControllerListener).toList();
    }

    /** Where clients and other brokers reach this broker. */
    public List<Endpoint> brokerListeners() {
        return listeners().stream().filter(e -> !isControllerListener(e)).toList();
    }

    private boolean isControllerListener(Endpoint endpoint) {
        return controllerListenerNames().contains(endpoint.listener());
    }

    /** The broker listeners as clients are told them; port 0 and an empty host are still to be filled in. */
    public List<Endpoint> advertisedBrokerListeners() {
        return advertisedListeners().orElseGet(this::listeners).stream()
                .filter(e -> !isControllerListener(e))
                .toList();
    }

    private Optional<List<Endpoint>> advertisedListeners() {
        @Nullable List<String> advertised = getList(SocketServerConfigs.ADVERTISED_LISTENERS_CONFIG);
        return advertised == null
                ? Optional.empty()
                : Optional.of(listenerListToEndPoints(advertised, effectiveListenerSecurityProtocolMap(), false));
    }

    /**
     * The controller listeners as others are told them, in the order of {@code controller.listener.names}: the
     * advertised address, else what {@code controller.quorum.voters} says of this node, else the bound one.
     */
    public List<Endpoint> advertisedControllerListeners() {
        return controllerListenerNames().stream()
                .map(this::advertisedControllerListener)
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<Endpoint> advertisedControllerListener(String name) {
        Optional<Endpoint> advertised = named(advertisedListeners().orElseGet(List::of), name);
        return advertised.isPresent()
                ? advertised
                : named(controllerListeners(), name).map(this::controllerAddress);
    }

    private static Optional<Endpoint> named(List<Endpoint> endpoints, String name) {
        ListenerName wanted = ListenerName.normalised(name);
        return endpoints.stream()
                .filter(e -> ListenerName.normalised(e.listener()).equals(wanted))
                .findFirst();
    }

    private Endpoint controllerAddress(Endpoint bound) {
        if (!isWildcard(bound.host())) {
            return bound;
        }
        var voter = QuorumConfig.parseVoterConnections(quorum.voters()).get(nodeId());
        boolean first = bound.listener().equals(controllerListenerNames().get(0));
        return voter != null && first
                ? new Endpoint(bound.listener(), bound.securityProtocol(), voter.getHostString(), voter.getPort())
                : new Endpoint(bound.listener(), bound.securityProtocol(), null, bound.port());
    }

    private static boolean isWildcard(@Nullable String host) {
        return host == null || host.isEmpty() || host.equals("0.0.0.0");
    }

    /** Kafka's log settings of this broker under their topic names: what a topic has that overrides nothing. */
    public Map<String, Object> logDefaults() {
        return KraftLogDefaults.of(this);
    }

    /** Keystores are read once, at start; nothing is reconfigured live through Kafka's channel builders. */
    @Override
    public void addReconfigurable(Reconfigurable reconfigurable) {}

    @Override
    public void removeReconfigurable(Reconfigurable reconfigurable) {}
}
