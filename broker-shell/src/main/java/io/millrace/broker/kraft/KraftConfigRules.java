package io.millrace.broker.kraft;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.network.SocketServerConfigs;
import org.apache.kafka.raft.KRaftConfigs;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.server.config.ReplicationConfigs;
import org.apache.kafka.server.config.ServerConfigs;

/**
 * What Kafka demands of settings beyond their single values: roles, listeners and the quorum must fit together.
 *
 * <p>One demand of Kafka's is dropped: a controller need not name the quorum, for a node alone formats itself as the
 * only voter.
 */
final class KraftConfigRules {
    private final KraftConfig config;

    private KraftConfigRules(KraftConfig config) {
        this.config = config;
    }

    static void check(KraftConfig config) {
        KraftConfigRules rules = new KraftConfigRules(config);
        rules.checkIdentity();
        rules.checkTimes();
        if (config.isController()) {
            rules.checkController();
        } else {
            rules.checkBrokerOnly();
        }
        if (config.isBroker()) {
            rules.checkBroker();
        } else {
            rules.checkControllerOnly();
        }
        rules.checkAdvertised();
    }

    private void checkIdentity() {
        require(config.nodeId() == config.brokerId(), "node.id and broker.id must be the same where both are set");
        require(config.nodeId() >= 0, "node.id must be set and not be negative");
        require(!config.processRoles().isEmpty(), "process.roles must be broker, controller or both");
        require(!config.logDirs().isEmpty(), "At least one directory must be set by log.dirs or log.dir");
    }

    private void checkTimes() {
        require(KraftLogDefaults.rollMs(config) >= 1, "log.roll.ms must be at least 1");
        require(KraftLogDefaults.rollJitterMs(config) >= 0, "log.roll.jitter.ms must not be negative");
        long retentionMs = KraftLogDefaults.retentionMs(config);
        require(retentionMs >= 1 || retentionMs == -1, "log.retention.ms must be -1 (for ever) or at least 1");
        require(
                config.getInt(ReplicationConfigs.REPLICA_FETCH_WAIT_MAX_MS_CONFIG)
                        <= config.getLong(ReplicationConfigs.REPLICA_LAG_TIME_MAX_MS_CONFIG),
                "replica.fetch.wait.max.ms must not exceed replica.lag.time.max.ms");
    }

    private void checkController() {
        Set<Integer> voters = QuorumConfig.parseVoterIds(config.quorum().voters());
        require(
                voters.isEmpty() || voters.contains(config.nodeId()),
                "process.roles has controller, so node.id " + config.nodeId() + " must be one of "
                        + QuorumConfig.QUORUM_VOTERS_CONFIG + " " + voters);
        require(
                !config.controllerListenerNames().isEmpty(),
                KRaftConfigs.CONTROLLER_LISTENER_NAMES_CONFIG + " must name the controller's listener");
        Set<String> names = config.listeners().stream().map(Endpoint::listener).collect(Collectors.toSet());
        require(
                names.containsAll(config.controllerListenerNames()),
                KRaftConfigs.CONTROLLER_LISTENER_NAMES_CONFIG + " " + config.controllerListenerNames()
                        + " must all appear in " + SocketServerConfigs.LISTENERS_CONFIG + " " + names);
    }

    private void checkControllerOnly() {
        require(
                config.brokerListeners().isEmpty(),
                "process.roles is controller, so " + SocketServerConfigs.LISTENERS_CONFIG
                        + " must only have controller listeners "
                        + config.controllerListenerNames());
        checkQuorumIsNamed();
    }

    private void checkBrokerOnly() {
        checkQuorumIsNamed();
        Set<Integer> voters = QuorumConfig.parseVoterIds(config.quorum().voters());
        require(
                !voters.contains(config.nodeId()),
                "process.roles is broker, so node.id " + config.nodeId() + " must not be one of "
                        + QuorumConfig.QUORUM_VOTERS_CONFIG + " " + voters);
        List<String> names = config.controllerListenerNames();
        require(
                !names.isEmpty(),
                KRaftConfigs.CONTROLLER_LISTENER_NAMES_CONFIG + " must name the listener of the controllers");
        require(
                config.controllerListeners().isEmpty(),
                "process.roles is broker, so " + SocketServerConfigs.LISTENERS_CONFIG + " must not have " + names);
        for (String name : names) {
            require(
                    config.effectiveListenerSecurityProtocolMap().containsKey(ListenerName.normalised(name)),
                    "Controller listener " + name + " is not in "
                            + SocketServerConfigs.LISTENER_SECURITY_PROTOCOL_MAP_CONFIG);
        }
        require(!config.quorum().autoJoin(), QuorumConfig.QUORUM_AUTO_JOIN_ENABLE_CONFIG + " is for controllers only");
    }

    private void checkQuorumIsNamed() {
        boolean alone = config.isController() && config.isBroker();
        require(
                alone
                        || config.isController()
                        || !config.quorum().voters().isEmpty()
                        || !config.quorum().bootstrapServers().isEmpty(),
                "Set " + QuorumConfig.QUORUM_BOOTSTRAP_SERVERS_CONFIG + " or " + QuorumConfig.QUORUM_VOTERS_CONFIG
                        + " so that this broker finds its controllers");
    }

    private void checkBroker() {
        Set<ListenerName> advertised = namesOf(config.advertisedBrokerListeners());
        require(!advertised.isEmpty(), "A broker needs a listener that is not a controller listener");
        require(
                advertised.contains(config.interBrokerListenerName()),
                ReplicationConfigs.INTER_BROKER_LISTENER_NAME_CONFIG + " "
                        + config.interBrokerListenerName().value() + " must be one of the advertised listeners "
                        + advertised);
        Set<ListenerName> bound = namesOf(config.listeners());
        require(
                bound.containsAll(advertised),
                SocketServerConfigs.ADVERTISED_LISTENERS_CONFIG + " " + advertised + " must be among "
                        + SocketServerConfigs.LISTENERS_CONFIG + " " + bound);
        require(
                config.getLong(SocketServerConfigs.QUEUED_MAX_BYTES_CONFIG) <= 0
                        || config.getLong(SocketServerConfigs.QUEUED_MAX_BYTES_CONFIG)
                                >= config.getInt(SocketServerConfigs.SOCKET_REQUEST_MAX_BYTES_CONFIG),
                SocketServerConfigs.QUEUED_MAX_BYTES_CONFIG + " must be at least "
                        + SocketServerConfigs.SOCKET_REQUEST_MAX_BYTES_CONFIG);
        require(config.getInt(ServerConfigs.REQUEST_TIMEOUT_MS_CONFIG) > 0, "request.timeout.ms must be positive");
    }

    private static Set<ListenerName> namesOf(List<Endpoint> endpoints) {
        return endpoints.stream()
                .map(e -> ListenerName.normalised(e.listener()))
                .collect(Collectors.toSet());
    }

    private void checkAdvertised() {
        boolean wildcard = config.isBroker()
                && config.originals().containsKey(SocketServerConfigs.ADVERTISED_LISTENERS_CONFIG)
                && config.advertisedBrokerListeners().stream().anyMatch(e -> "0.0.0.0".equals(e.host()));
        require(
                !wildcard,
                SocketServerConfigs.ADVERTISED_LISTENERS_CONFIG
                        + " cannot be 0.0.0.0: clients need an address they can reach");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new ConfigException(otherwise);
        }
    }
}
