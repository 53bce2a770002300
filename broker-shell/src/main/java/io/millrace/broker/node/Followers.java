package io.millrace.broker.node;

import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.kraft.ControlPlane;
import io.millrace.broker.kraft.KraftConfig;
import io.millrace.broker.replica.ConnectionOptions;
import io.millrace.broker.replica.FetcherSettings;
import io.millrace.broker.replica.ReplicaFetchers;
import org.apache.kafka.common.config.internals.BrokerSecurityConfigs;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.network.ChannelBuilders;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.network.Selectable;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.network.SocketServerConfigs;
import org.apache.kafka.server.config.ReplicationConfigs;
import org.apache.kafka.server.config.ServerConfigs;

/** Puts the follower side of replication together: the settings, and how a leader is reached. Stateless. */
final class Followers {
    private Followers() {}

    static ReplicaFetchers fetchers(NodeConfig config, ControlPlane plane) {
        ListenerName listener = plane.config().interBrokerListenerName();
        return ReplicaFetchers.connecting(
                settings(config, plane.nodeId()),
                options(config),
                leader -> plane.metadata().getAliveBrokerNode(leader, listener),
                () -> channels(plane.config(), listener),
                plane::brokerEpoch);
    }

    private static FetcherSettings settings(NodeConfig config, int nodeId) {
        return new FetcherSettings(
                nodeId,
                config.getInt(ReplicationConfigs.NUM_REPLICA_FETCHERS_CONFIG),
                config.getInt(ReplicationConfigs.REPLICA_FETCH_WAIT_MAX_MS_CONFIG),
                config.getInt(ReplicationConfigs.REPLICA_FETCH_MIN_BYTES_CONFIG),
                config.getInt(ReplicationConfigs.REPLICA_FETCH_MAX_BYTES_CONFIG),
                config.getInt(ReplicationConfigs.REPLICA_FETCH_RESPONSE_MAX_BYTES_CONFIG),
                config.getInt(ReplicationConfigs.REPLICA_FETCH_BACKOFF_MS_CONFIG));
    }

    private static ConnectionOptions options(NodeConfig config) {
        String receiveBuffer = ReplicationConfigs.REPLICA_SOCKET_RECEIVE_BUFFER_BYTES_CONFIG;
        return new ConnectionOptions(
                answerBytesMax(config),
                config.getInt(ReplicationConfigs.REPLICA_SOCKET_TIMEOUT_MS_CONFIG),
                config.configured(receiveBuffer) ? config.getInt(receiveBuffer) : Selectable.USE_DEFAULT_BUFFER_SIZE,
                config.getLong(ServerConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG),
                config.getLong(ServerConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG));
    }

    /** What was asked for, one batch of the largest request that a producer may send, and the rows of the answer. */
    private static int answerBytesMax(NodeConfig config) {
        long bytes = 2 * config.getLong(ReplicationConfigs.REPLICA_FETCH_RESPONSE_MAX_BYTES_CONFIG)
                + config.getLong(SocketServerConfigs.SOCKET_REQUEST_MAX_BYTES_CONFIG);
        return (int) Math.min(Integer.MAX_VALUE, bytes);
    }

    private static ChannelBuilder channels(KraftConfig config, ListenerName listener) {
        SecurityProtocol protocol =
                config.effectiveListenerSecurityProtocolMap().get(listener);
        return ChannelBuilders.clientChannelBuilder(
                protocol != null ? protocol : SecurityProtocol.forName(listener.value()),
                JaasContext.Type.SERVER,
                config,
                listener,
                config.getString(BrokerSecurityConfigs.SASL_MECHANISM_INTER_BROKER_PROTOCOL_CONFIG),
                Time.SYSTEM,
                new LogContext());
    }
}
