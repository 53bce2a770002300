package io.millrace.broker.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/**
 * Several nodes of one cluster on this machine: which ports, directories and settings each has. Immutable.
 *
 * @param nodes how many; the first three are controllers as well
 * @param directory holds {@code node-<id>}, {@code node-<id>.log} and the cluster's id
 * @param host where all listen
 * @param port of the first node's clients; the others follow it, the controllers lie {@value #CONTROLLER_DISTANCE} above
 */
record ClusterLayout(int nodes, Path directory, String host, int port) {
    static final int NODES_MAX = 9;
    private static final int CONTROLLERS_MAX = 3;
    private static final int CONTROLLER_DISTANCE = 1_000;
    private static final int REPLICAS_MAX = 3;
    private static final int PORT_MAX = 65_535;

    ClusterLayout {
        if (nodes < 1 || nodes > NODES_MAX) {
            throw new UsageException("--nodes " + nodes + ": 1 to " + NODES_MAX);
        }
        if (port < 1 || port + CONTROLLER_DISTANCE + nodes > PORT_MAX) {
            throw new UsageException("--port " + port + ": 1 to " + (PORT_MAX - CONTROLLER_DISTANCE - nodes));
        }
    }

    /** What a client is given. */
    String bootstrapServers() {
        return ids().mapToObj(id -> host + ":" + clientPort(id)).collect(Collectors.joining(","));
    }

    IntStream ids() {
        return IntStream.rangeClosed(1, nodes);
    }

    int clientPort(final int id) {
        return port + id - 1;
    }

    private int controllerPort(final int id) {
        return clientPort(id) + CONTROLLER_DISTANCE;
    }

    private int controllers() {
        return Math.min(nodes, CONTROLLERS_MAX);
    }

    Path dataDirectory(final int id) {
        return directory.resolve("node-" + id);
    }

    Path logFile(final int id) {
        return directory.resolve("node-" + id + ".log");
    }

    /** The id of the cluster: what the last run has left, or a new one, kept for the next. */
    String clusterId() throws IOException {
        final Path file = directory.resolve("cluster.id");
        if (Files.exists(file)) {
            return Files.readString(file).strip();
        }
        final String id = Uuid.randomUuid().toString();
        Files.writeString(file, id + "\n");
        return id;
    }

    /** Settings of one node, {@code name=value}; what the user sets comes after them. */
    List<String> settings(final int id, final String clusterId) {
        final boolean controller = id <= controllers();
        final String clients = "PLAINTEXT://" + host + ":" + clientPort(id);
        final int replicas = Math.min(nodes, REPLICAS_MAX);
        final int inSync = Math.max(1, replicas - 1);
        return new ArrayList<>(List.of(
                "node.id=" + id,
                "process.roles=" + (controller ? "broker,controller" : "broker"),
                "controller.listener.names=CONTROLLER",
                "listeners=" + clients + (controller ? ",CONTROLLER://" + host + ":" + controllerPort(id) : ""),
                "advertised.listeners=" + clients,
                "controller.quorum.voters=" + voters(),
                "millrace.cluster.id=" + clusterId,
                "log.dirs=" + dataDirectory(id).toAbsolutePath(),
                "default.replication.factor=" + replicas,
                "min.insync.replicas=" + inSync,
                "offsets.topic.replication.factor=" + replicas,
                "transaction.state.log.replication.factor=" + replicas,
                "transaction.state.log.min.isr=" + inSync));
    }

    private String voters() {
        return IntStream.rangeClosed(1, controllers())
                .mapToObj(id -> id + "@" + host + ":" + controllerPort(id))
                .collect(Collectors.joining(","));
    }
}
