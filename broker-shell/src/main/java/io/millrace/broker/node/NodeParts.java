package io.millrace.broker.node;

import io.millrace.broker.config.ListenerSpec;
import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.kraft.ControlPlane;
import io.millrace.broker.kraft.ControllerRequestHandlers;
import io.millrace.broker.kraft.KraftConfig;
import io.millrace.broker.kraft.NodeDirectories;
import io.millrace.broker.kraft.NodeFaults;
import io.millrace.broker.kraft.StartRefusal;
import io.millrace.broker.net.EventLoops;
import io.millrace.broker.net.MemoryBudget;
import io.millrace.broker.net.NetworkLimits;
import io.millrace.broker.request.RequestRouter;
import io.millrace.log.checkpoint.CleanShutdownMarker;
import io.millrace.log.checkpoint.DirectoryInUseException;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.checkpoint.SyncedDirectories;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.metadata.ListenerInfo;
import org.apache.kafka.network.SocketServerConfigs;
import org.jspecify.annotations.Nullable;

/**
 * The parts of one node and the order in which they start.
 *
 * <p>Owner: {@link Node}, whose starting thread calls {@link #start}; {@link #stop} is called once, after that.
 */
final class NodeParts {
    /** Bounds the stop: what the controller has not moved by then is moved by losing this broker's session. */
    private static final long CONTROLLED_SHUTDOWN_MS = 30_000;

    /** After a fault the control plane itself may be what no longer answers. */
    private static final long SHUTDOWN_AFTER_FAULT_MS = 3_000;

    private final NodeConfig config;
    private final NodeEnvironment environment;
    private final NodeFaults faults;
    private final Waiting waiting;
    private final StopSequence stops = new StopSequence();
    private final Map<Path, DirectoryLock> locks = new LinkedHashMap<>();

    private OptionalInt registryPort = OptionalInt.empty();
    private OptionalInt metricsPort = OptionalInt.empty();
    private volatile boolean serving;
    private volatile @Nullable NodeFacts facts;
    private volatile @Nullable BrokerParts broker;
    private volatile boolean crashing;

    NodeParts(NodeConfig config, NodeEnvironment environment, NodeFaults faults, CompletableFuture<Void> stopping) {
        this.config = config;
        this.environment = environment;
        this.faults = faults;
        this.waiting = new Waiting(faults, stopping);
    }

    /** Runs a task once on a thread of this name. */
    static Executor thread(String name) {
        return task -> new Thread(task, name).start();
    }

    NodeFacts facts() {
        NodeFacts found = facts;
        if (found == null) {
            throw new IllegalStateException("the node has not started");
        }
        return found;
    }

    void start() {
        long startedNs = System.nanoTime();
        try {
            KraftConfig kraft = KraftConfig.of(withAbsoluteDirectories());
            lockDirectories();
            startRoles(kraft, startedNs);
        } catch (DirectoryInUseException e) {
            throw new StartRefusal("Directory is in use by another process: " + e.getMessage(), e);
        } catch (IOException | StorageException e) {
            throw new StartRefusal("Cannot start: " + e.getMessage(), e);
        }
    }

    private Map<String, String> withAbsoluteDirectories() {
        Map<String, String> properties = new HashMap<>(config.properties());
        properties.put(
                "log.dirs",
                String.join(",", config.logDirs().stream().map(Path::toString).toList()));
        properties.put("metadata.log.dir", config.metadataLogDir().toString());
        return properties;
    }

    private void lockDirectories() throws IOException {
        Set<Path> directories = new LinkedHashSet<>(config.logDirs());
        directories.add(config.metadataLogDir());
        for (Path directory : directories) {
            SyncedDirectories.create(directory, FileFaults.NONE);
            DirectoryLock lock = DirectoryLock.acquire(directory, FileFaults.NONE);
            locks.put(directory, lock);
            stops.add("lock of " + directory, lock::close);
        }
    }

    private void startRoles(KraftConfig kraft, long startedNs) throws IOException {
        BoundListeners.Network network = network();
        List<BoundListeners> bound = new ArrayList<>();
        RequestRouter controllerRouter = new RequestRouter();
        ControllerRequestHandlers handlers = null;
        BoundListeners controllers = null;
        FeatureSource features = new FeatureSource();
        if (kraft.isController()) {
            handlers = new ControllerRequestHandlers().registerOn(controllerRouter);
            controllers = bind(ListenerType.CONTROLLER, controllerRouter, features, network);
            bound.add(controllers);
        }
        RequestRouter router = new RequestRouter();
        BoundListeners clients = null;
        if (kraft.isBroker()) {
            clients = bind(ListenerType.BROKER, router, features, network);
            bound.add(clients);
        }
        ListenerInfo controllerInfo = controllers == null
                ? null
                : controllers.advertised(Optional.empty(), kraft.advertisedControllerListeners());
        NodeDirectories directories = NodeDirectories.open(
                kraft,
                config.clusterId(),
                controllerInfo == null
                        ? List.of()
                        : List.copyOf(controllerInfo.listeners().values()));
        ControlPlane started = startControlPlane(kraft, directories, controllerInfo, handlers);
        features.follow(started, kraft.isBroker());
        if (controllers != null) {
            controllers.open();
        }
        NodeFacts.RecoverySummary recovery = clients == null
                ? new NodeFacts.RecoverySummary(0, true, 0, 0, List.of())
                : startBroker(kraft, started, clients, router);
        facts = new NodeFacts(
                directories.clusterId(),
                directories.formatted(),
                bound.stream().flatMap(l -> l.specs().stream()).toList(),
                advertised(bound),
                recovery,
                config.schemaRegistryListener()
                        .filter(spec -> registryPort.isPresent())
                        .map(spec -> spec.at(spec.host(), registryPort.getAsInt())),
                config.metricsListener()
                        .filter(spec -> metricsPort.isPresent())
                        .map(spec -> spec.at(spec.host(), metricsPort.getAsInt())),
                Duration.ofNanos(System.nanoTime() - startedNs));
    }

    private BoundListeners.Network network() {
        int count = config.configured(SocketServerConfigs.NUM_NETWORK_THREADS_CONFIG)
                ? config.getInt(SocketServerConfigs.NUM_NETWORK_THREADS_CONFIG)
                : Runtime.getRuntime().availableProcessors();
        EventLoops loops = EventLoops.start(count);
        stops.add("event loops", loops::close);
        long budget = config.getLong(SocketServerConfigs.QUEUED_MAX_BYTES_CONFIG);
        return new BoundListeners.Network(
                loops,
                budget > 0 ? new MemoryBudget(budget) : MemoryBudget.ofDirectMemory(),
                limits(),
                config.getInt(SocketServerConfigs.SOCKET_LISTEN_BACKLOG_SIZE_CONFIG));
    }

    private NetworkLimits limits() {
        return new NetworkLimits(
                config.getInt(SocketServerConfigs.SOCKET_REQUEST_MAX_BYTES_CONFIG),
                NetworkLimits.DEFAULT.inFlightMax(),
                NetworkLimits.DEFAULT.outstandingBytesMax(),
                NetworkLimits.DEFAULT.frameTimeoutNs(),
                TimeUnit.MILLISECONDS.toNanos(config.getLong(SocketServerConfigs.CONNECTIONS_MAX_IDLE_MS_CONFIG)));
    }

    private BoundListeners bind(
            ListenerType type, RequestRouter router, FeatureSource features, BoundListeners.Network network) {
        boolean controller = type == ListenerType.CONTROLLER;
        List<ListenerSpec> specs = config.listeners().stream()
                .filter(spec -> spec.controller() == controller)
                .toList();
        BoundListeners listeners = BoundListeners.bind(specs, type, router, features, network);
        stops.add(type + " listeners", listeners::close);
        return listeners;
    }

    private List<ListenerSpec> advertised(List<BoundListeners> bound) {
        Map<String, Integer> ports = new HashMap<>();
        bound.forEach(listeners -> listeners.specs().forEach(spec -> ports.put(spec.name(), spec.port())));
        return config.advertisedListeners().stream()
                .map(spec -> spec.port() == 0 ? spec.at(spec.host(), ports.getOrDefault(spec.name(), 0)) : spec)
                .toList();
    }

    private ControlPlane startControlPlane(
            KraftConfig kraft,
            NodeDirectories directories,
            @Nullable ListenerInfo controllerInfo,
            @Nullable ControllerRequestHandlers handlers) {
        try {
            ControlPlane started = ControlPlane.start(kraft, directories, controllerInfo, handlers, faults);
            stops.add("control plane", started::close);
            return started;
        } catch (StartRefusal e) {
            throw e;
        } catch (Exception e) {
            throw new StartRefusal("Cannot start the control plane: " + e.getMessage(), e);
        }
    }

    private NodeFacts.RecoverySummary startBroker(
            KraftConfig kraft, ControlPlane started, BoundListeners clients, RequestRouter router) throws IOException {
        ListenerInfo info = clients.advertised(
                Optional.of(kraft.interBrokerListenerName().value()), kraft.advertisedBrokerListeners());
        waiting.until("the metadata quorum", started.firstImage());
        waiting.until("the end of the last run's session", started.endPreviousRun());
        started.register(info, previousEpoch());
        BrokerParts parts =
                BrokerParts.start(config, environment, started, locks, clients, router, faults, stops, () -> crashing);
        broker = parts;
        metricsPort = parts.openMonitoring(config, clients, () -> serving, stops);
        CompletableFuture<Void> applied = parts.applyMetadata();
        stops.add("metadata of the broker", started::stopApplying);
        waiting.until("the controller to know this broker", applied);
        waiting.until("the controller to let this broker serve", started.unfence());
        clients.open();
        registryPort = parts.openRegistry();
        serving = true;
        stops.add("client ports", clients::stopAccepting);
        stops.add("leadership", () -> handOver(started));
        stops.add("readiness", () -> serving = false);
        return parts.recovery();
    }

    private void handOver(ControlPlane started) throws InterruptedException {
        if (!crashing) {
            started.shutDownControlled(controlledShutdownMs());
        }
    }

    private long controlledShutdownMs() {
        return faults.fatal().isDone() ? SHUTDOWN_AFTER_FAULT_MS : CONTROLLED_SHUTDOWN_MS;
    }

    /** Known only where every directory was closed in order. */
    private OptionalLong previousEpoch() {
        OptionalLong epoch = OptionalLong.empty();
        for (Path directory : config.logDirs()) {
            OptionalLong found = CleanShutdownMarker.brokerEpoch(directory);
            if (found.isEmpty() || (epoch.isPresent() && !epoch.equals(found))) {
                return OptionalLong.empty();
            }
            epoch = found;
        }
        return epoch;
    }

    void keepHouse() {
        BrokerParts parts = broker;
        if (parts != null) {
            parts.keepHouse();
        }
    }

    /** From now on a stop leaves behind what a kill would. */
    void crashing() {
        crashing = true;
    }

    void stop() {
        stops.run();
    }
}
