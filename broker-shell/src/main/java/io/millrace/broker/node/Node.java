package io.millrace.broker.node;

import io.millrace.broker.config.ListenerSpec;
import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.kraft.NodeFaults;
import io.millrace.broker.kraft.StartRefusal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running node: controller, broker or both.
 *
 * <p>The start goes from the inside out: directories locked, ports taken, directories formatted where they are empty,
 * quorum and metadata, registration, logs, handlers, and clients last. The stop goes the other way, after the controller
 * has moved leadership to others. {@link #close} may be called by any thread, also while the node is still starting.
 */
public final class Node implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    private final NodeFaults faults = new NodeFaults();
    private final CompletableFuture<Void> stopping = new CompletableFuture<>();
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<Void> terminated = new CompletableFuture<>();
    private final NodeParts parts;

    private Node(NodeConfig config, NodeEnvironment environment) {
        this.parts = new NodeParts(config, environment, faults, stopping);
    }

    /** A node that is not started yet, so that another thread can close it meanwhile. */
    public static Node of(NodeConfig config) {
        return of(config, NodeEnvironment.REAL);
    }

    /** The same in an environment of a test. */
    public static Node of(NodeConfig config, NodeEnvironment environment) {
        return new Node(config, environment);
    }

    /**
     * Starts a node and returns when it serves.
     *
     * @throws StartRefusal in one line, where the settings, the ports or the directories do not allow it
     */
    public static Node start(NodeConfig config) {
        Node node = of(config);
        node.start();
        return node;
    }

    /** Starts this node and returns when it serves; what was started is stopped again where that fails. */
    public void start() {
        try {
            parts.start();
            started.complete(null);
            var unused = faults.fatal().thenAcceptAsync(this::closeAfterFault, NodeParts.thread("millrace-stop"));
        } catch (RuntimeException | Error e) {
            parts.stop();
            started.complete(null);
            terminated.complete(null);
            throw e;
        }
    }

    private void closeAfterFault(Throwable fault) {
        LOG.error("stopping after a fault", fault);
        close();
    }

    /** What the start found and did. */
    public NodeFacts facts() {
        return parts.facts();
    }

    /** The ports of all listeners, by listener name. */
    public Map<String, Integer> boundPorts() {
        Map<String, Integer> ports = new LinkedHashMap<>();
        for (ListenerSpec listener : facts().listeners()) {
            ports.put(listener.name(), listener.port());
        }
        return ports;
    }

    /** Does at once what the passing of time asks of the logs: retention, rolls, compaction, expiry. The node has started. */
    public void keepHouse() {
        parts.keepHouse();
    }

    /** The fault that made this node stop by itself, empty where it was asked to. */
    public Optional<Throwable> fault() {
        @Nullable Throwable fault = faults.fatal().getNow(null);
        return Optional.ofNullable(fault);
    }

    /** Waits until the node has stopped, for whichever reason. */
    public void awaitTermination() throws InterruptedException {
        Waiting.forEver(terminated);
    }

    /** The same, but not for longer than that; returns whether it has stopped. */
    public boolean awaitTermination(Duration bound) throws InterruptedException {
        return Waiting.upTo(bound, terminated);
    }

    /**
     * Stops as a kill -9 would leave it: nobody is told, nothing is forced, trimmed or checkpointed, no clean marker is written; what was
     * written is in the page cache. Only the threads, files and ports of this process are let go. For tests.
     */
    public void crash() {
        parts.crashing();
        close();
    }

    /** Stops in good order; returns when everything is closed. A second call waits for the first. */
    @Override
    public void close() {
        if (stopping.complete(null)) {
            started.join();
            parts.stop();
            terminated.complete(null);
        } else {
            terminated.join();
        }
    }
}
