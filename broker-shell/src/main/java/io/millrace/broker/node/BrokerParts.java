package io.millrace.broker.node;

import io.millrace.broker.admin.AdminApis;
import io.millrace.broker.admin.EffectiveConfigs;
import io.millrace.broker.config.ListenerSpec;
import io.millrace.broker.config.MillraceSettings;
import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.coordinator.GroupCoordination;
import io.millrace.broker.kraft.ControlPlane;
import io.millrace.broker.kraft.CoordinatorElections;
import io.millrace.broker.kraft.NodeFaults;
import io.millrace.broker.kraft.StartRefusal;
import io.millrace.broker.metrics.MonitoringService;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.RecordCodecs;
import io.millrace.broker.partition.Replication;
import io.millrace.broker.replica.ReplicaFetchers;
import io.millrace.broker.request.RequestRouter;
import io.millrace.broker.request.data.DataPlane;
import io.millrace.broker.request.data.DataPlaneSettings;
import io.millrace.broker.request.produce.CompressedValidation;
import io.millrace.broker.schema.RegistryService;
import io.millrace.broker.stat.StatSocket;
import io.millrace.log.FreeSpaceFloor;
import io.millrace.log.HousekeepingIntervals;
import io.millrace.log.LogCleaner;
import io.millrace.log.LogClock;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogRuntime;
import io.millrace.log.LogScrubber;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.scrub.ScrubSettings;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.coordinator.transaction.TransactionLogConfig;
import org.apache.kafka.server.config.ReplicationConfigs;
import org.apache.kafka.server.config.ServerConfigs;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a node that only a broker has: logs, partitions, the group coordinator, and the handlers of its clients.
 *
 * <p>Owner: {@link NodeParts}. Every part that is started is put on the stop sequence, so that clients are gone before
 * the logs they read are closed, and the logs before the epoch that their marker names.
 */
final class BrokerParts {
    private static final long DIRECTORY_WATCH_MS = 1_000;

    private final ControlPlane plane;
    private final EffectiveConfigs configs;
    private final CheckedTopics topics;
    private final LogEvents events;
    private final List<LogDirectory> directories;
    private final LogCleaner cleaner;
    private final LogClock clock;
    private final PartitionRegistry partitions;
    private final GroupCoordination groups;
    private final @Nullable RegistryService schemas;

    private BrokerParts(
            ControlPlane plane,
            EffectiveConfigs configs,
            CheckedTopics topics,
            LogEvents events,
            List<LogDirectory> directories,
            LogCleaner cleaner,
            LogClock clock,
            PartitionRegistry partitions,
            GroupCoordination groups,
            @Nullable RegistryService schemas) {
        this.plane = plane;
        this.configs = configs;
        this.topics = topics;
        this.events = events;
        this.directories = directories;
        this.cleaner = cleaner;
        this.clock = clock;
        this.partitions = partitions;
        this.groups = groups;
        this.schemas = schemas;
    }

    /**
     * Opens the logs and registers the handlers; nobody is served yet.
     *
     * @param locks the held locks of the directories, which belong to the logs from here on
     */
    static BrokerParts start(
            NodeConfig config,
            NodeEnvironment environment,
            ControlPlane plane,
            Map<Path, DirectoryLock> locks,
            BoundListeners clients,
            RequestRouter router,
            NodeFaults faults,
            StopSequence stops,
            BooleanSupplier crashing) {
        EffectiveConfigs configs = new EffectiveConfigs(plane.nodeId(), plane.config(), plane.replayed());
        LogEvents events = new LogEvents();
        LogRuntime runtime = LogRuntime.start(
                environment.clock(),
                events,
                environment.faults(),
                FreeSpaceFloor.of(config.getLong(MillraceSettings.FREE_SPACE_FLOOR)));
        stops.add("log agents", runtime::close);
        List<LogDirectory> directories = open(config, plane, locks, configs, runtime, stops, crashing);
        watch(runtime, directories, plane, faults, stops);
        LogCleaner cleaner = cleaner(configs, runtime, directories, stops);
        LogScrubber scrubber = LogScrubber.start(scrub(config), runtime, directories);
        stops.add("log scrubber", scrubber::close);
        stops.add("client connections", clients::close);
        StatSocket stat = StatSocket.open(config.logDirs().get(0), clients.times()::lines);
        if (stat != null) {
            stops.add("statistics", stat::close);
        }
        Replication replication = plane.replication();
        CheckedTopics topics = new CheckedTopics(configs);
        PartitionRegistry partitions = new PartitionRegistry(plane.nodeId(), directories, topics, replication);
        var isrCheck =
                runtime.every(Math.max(1, replication.lagMaxMs() / 2), () -> partitions.forEach(Partition::shrinkIsr));
        stops.add("check of the ISRs", () -> isrCheck.cancel(false));
        DataPlane data = DataPlane.register(
                router,
                partitions,
                new ClusterTopics(plane.metadata()),
                plane.producerIds(),
                settings(config, environment, plane));
        stops.add("data path", data::close);
        stops.add("partitions", partitions::close);
        ReplicaFetchers fetchers = Followers.fetchers(config, plane);
        partitions.followers(fetchers);
        stops.add("replica fetchers", fetchers::close);
        GroupCoordination groups = GroupCoordination.create(
                plane.nodeId(), configs.live(), p -> partitions.get(p.topic(), p.partition()), configs::topic);
        stops.add("group coordinator", groups::close);
        new AdminApis(plane, configs, groups, partitions, directories).registerOn(router);
        RegistryService schemas = RegistryParts.bind(config, plane, partitions, clients.loops(), stops);
        topics.registry(schemas);
        return new BrokerParts(
                plane, configs, topics, events, directories, cleaner, environment.clock(), partitions, groups, schemas);
    }

    private static List<LogDirectory> open(
            NodeConfig config,
            ControlPlane plane,
            Map<Path, DirectoryLock> locks,
            EffectiveConfigs configs,
            LogRuntime runtime,
            StopSequence stops,
            BooleanSupplier crashing) {
        int threads = config.getInt(ServerLogConfigs.NUM_RECOVERY_THREADS_PER_DATA_DIR_CONFIG);
        List<LogDirectory> directories = new ArrayList<>();
        for (Path path : config.logDirs()) {
            LogDirectory directory = LogDirectory.open(
                    path,
                    Objects.requireNonNull(locks.get(path), "lock of " + path),
                    runtime,
                    topic -> configs.settings(topic).log(),
                    threads,
                    housekeeping(config),
                    runtime.listener());
            stops.add("logs in " + path, () -> {
                if (crashing.getAsBoolean()) {
                    directory.abandon();
                } else {
                    directory.close(plane.brokerEpoch());
                }
            });
            directories.add(directory);
        }
        return directories;
    }

    private static LogCleaner cleaner(
            EffectiveConfigs configs, LogRuntime runtime, List<LogDirectory> directories, StopSequence stops) {
        try {
            LogCleaner cleaner = LogCleaner.start(configs.cleaner(), new RecordCodecs(), runtime, directories);
            stops.add("log cleaner", cleaner::close);
            return cleaner;
        } catch (ConfigException e) {
            throw new StartRefusal("Cannot start the log cleaner: " + e.getMessage(), e);
        }
    }

    private static ScrubSettings scrub(NodeConfig config) {
        return new ScrubSettings(
                config.getLong(MillraceSettings.SCRUB_BYTES_PER_SECOND),
                config.getLong(MillraceSettings.SCRUB_INTERVAL_MS));
    }

    private static HousekeepingIntervals housekeeping(NodeConfig config) {
        return new HousekeepingIntervals(
                config.getLong(ServerLogConfigs.LOG_CLEANUP_INTERVAL_MS_CONFIG),
                config.getLong(TransactionLogConfig.PRODUCER_ID_EXPIRATION_CHECK_INTERVAL_MS_CONFIG),
                config.getLong(ServerLogConfigs.LOG_FLUSH_OFFSET_CHECKPOINT_INTERVAL_MS_CONFIG),
                config.getLong(ServerLogConfigs.LOG_FLUSH_START_OFFSET_CHECKPOINT_INTERVAL_MS_CONFIG),
                Math.max(0, config.getLong(ReplicationConfigs.REPLICA_HIGH_WATERMARK_CHECKPOINT_INTERVAL_MS_CONFIG)));
    }

    /** A broker whose disk has failed must not stay a member that answers nothing: it leaves, and is started anew. */
    private static void watch(
            LogRuntime runtime,
            List<LogDirectory> directories,
            ControlPlane plane,
            NodeFaults faults,
            StopSequence stops) {
        var watch = runtime.every(DIRECTORY_WATCH_MS, () -> {
            plane.retryUnopened();
            for (LogDirectory directory : directories) {
                StorageException failure = directory.failure();
                if (failure != null && !faults.fatal().isDone()) {
                    faults.stop("data directory " + directory.path(), failure);
                }
            }
        });
        stops.add("watch of directories", () -> watch.cancel(false));
    }

    private static DataPlaneSettings settings(NodeConfig config, NodeEnvironment environment, ControlPlane plane) {
        DataPlaneSettings defaults = DataPlaneSettings.DEFAULTS;
        return new DataPlaneSettings(
                config.getInt(ServerConfigs.FETCH_MAX_BYTES_CONFIG),
                config.getInt(ServerConfigs.MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS_CONFIG),
                defaults.inflatedBytesMax(),
                environment.clock()::millis,
                plane.quotas(),
                config.getString(MillraceSettings.COMPRESSED_VALIDATION)
                        .map(CompressedValidation::of)
                        .orElse(defaults.compressedValidation()));
    }

    /**
     * From now on the metadata decides what is led, followed and deleted.
     *
     * @return completes when what it says already has been done
     */
    CompletableFuture<Void> applyMetadata() {
        try {
            StrayLogs.delete(directories, plane.replayed().getImage().topics(), plane.nodeId());
            MetadataActions actions = new MetadataActions(partitions, configs, topics, cleaner);
            List<CoordinatorElections> coordinators = schemas == null ? List.of(groups) : List.of(groups, schemas);
            return plane.apply(actions, coordinators, actions);
        } catch (Exception e) {
            throw new StartRefusal("Cannot apply the metadata: " + e.getMessage(), e);
        }
    }

    /** Retention, rolls, expiry and checkpoints that are due now, and then the cleanings. */
    void keepHouse() {
        directories.forEach(directory -> directory.housekeep(clock.millis()));
        int unused = cleaner.cleanAll();
    }

    /** Serves the schema registry, where there is one; its port, empty otherwise. */
    OptionalInt openRegistry() {
        if (schemas == null) {
            return OptionalInt.empty();
        }
        schemas.open();
        return OptionalInt.of(schemas.boundPort());
    }

    /**
     * Answers monitoring from now on, where that is asked for; its port, empty otherwise.
     *
     * @throws StartRefusal where the port is taken
     */
    OptionalInt openMonitoring(NodeConfig config, BoundListeners clients, BooleanSupplier serving, StopSequence stops) {
        Optional<ListenerSpec> listener = config.metricsListener();
        if (listener.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            MonitoringService monitoring = MonitoringService.open(
                    new MonitoringService.Sources(
                            partitions,
                            clients.times(),
                            () -> plane.controllerId().orElse(-1) == plane.nodeId(),
                            serving),
                    listener.get().host(),
                    listener.get().port(),
                    clients.loops());
            stops.add("monitoring", monitoring::close);
            return OptionalInt.of(monitoring.boundPort());
        } catch (IOException e) {
            throw new StartRefusal("metrics: " + e.getMessage(), e);
        }
    }

    /** What opening the logs found. */
    NodeFacts.RecoverySummary recovery() {
        return events.summary(directories.stream().map(LogDirectory::report).toList());
    }
}
