package io.millrace.log;

import io.millrace.log.checkpoint.CleanShutdownMarker;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.checkpoint.UseMarker;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Opens all partitions of a data directory whose lock is held, in parallel. Used once; what it found is read from its fields
 * afterwards.
 */
final class DirectoryOpener {
    /** The log of the control plane is Raft's. */
    private static final String CLUSTER_METADATA = "__cluster_metadata-0";

    /** A log, and whose it is as far as its directory tells. */
    record OpenLog(PartitionLog log, @Nullable PartitionMetadata metadata) {}

    final Map<PartitionName, OpenLog> logs = new ConcurrentHashMap<>();
    final Map<PartitionName, StorageException> offline = new ConcurrentHashMap<>();
    final List<Path> toDelete = new ArrayList<>();
    final DirectoryCheckpoints checkpoints;
    final OptionalLong previousBrokerEpoch;

    private final Path dataDirectory;
    private final LogRuntime runtime;
    private final Function<String, LogConfig> configs;
    private final Map<String, LogConfig> configOfTopic = new ConcurrentHashMap<>();
    private final LogListener progress;
    private final boolean cleanShutdown;
    private final boolean usedByOthers;
    private final List<PartitionName> names = new ArrayList<>();
    private final List<String> ignored = new ArrayList<>();
    private final AtomicInteger done = new AtomicInteger();
    private final long startNs;

    DirectoryOpener(Path dataDirectory, LogRuntime runtime, Function<String, LogConfig> configs, LogListener progress) {
        this.dataDirectory = dataDirectory;
        this.runtime = runtime;
        this.configs = configs;
        this.progress = progress;
        startNs = runtime.clock().nanos();
        cleanShutdown = CleanShutdownMarker.isPresent(dataDirectory);
        usedByOthers = UseMarker.usedByOthers(dataDirectory);
        previousBrokerEpoch = CleanShutdownMarker.brokerEpoch(dataDirectory);
        checkpoints = DirectoryCheckpoints.read(dataDirectory, runtime.faults());
    }

    /** The marker goes before anything is touched: from here on only an orderly close makes the directory clean again. */
    RecoveryReport open(int threads) {
        if (cleanShutdown) {
            CleanShutdownMarker.remove(dataDirectory, runtime.faults());
        }
        UseMarker.open(dataDirectory, runtime.faults());
        list();
        progress.recoveryProgress(dataDirectory, 0, names.size());
        offline.putAll(InParallel.run(threads, "millrace-recovery", names, this::path, this::openLog));
        Map<PartitionName, RecoveredLog> recoveries = new ConcurrentHashMap<>();
        logs.forEach((name, open) -> recoveries.put(name, open.log().recovery()));
        return new RecoveryReport(
                dataDirectory,
                cleanShutdown,
                recoveries,
                offline,
                ignored,
                checkpoints.warnings(),
                runtime.clock().nanos() - startNs);
    }

    private void list() {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(dataDirectory)) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry)) {
                    sort(entry, entry.getFileName().toString());
                }
            }
        } catch (IOException e) {
            throw StorageException.of("list", dataDirectory, -1, e);
        }
    }

    private void sort(Path directory, String name) {
        PartitionName partition = PartitionName.parse(name);
        if (name.endsWith(DelayedDeletes.SUFFIX)) {
            toDelete.add(directory);
        } else if (partition == null) {
            ignored.add(name);
        } else if (!name.equals(CLUSTER_METADATA)) {
            names.add(partition);
        }
    }

    private Path path(PartitionName name) {
        return dataDirectory.resolve(name.directoryName());
    }

    private void openLog(PartitionName name) {
        try {
            PartitionMetadata metadata = PartitionMetadata.read(path(name));
            OpenState state = checkpoints.openState(name, cleanShutdown, usedByOthers);
            PartitionLog log =
                    PartitionLog.open(path(name), configOfTopic.computeIfAbsent(name.topic(), configs), runtime, state);
            log.advanceHighWatermark(Math.min(checkpoints.highWatermark(name), log.logEndOffset()));
            logs.put(name, new OpenLog(log, metadata));
        } finally {
            progress.recoveryProgress(dataDirectory, done.incrementAndGet(), names.size());
        }
    }
}
