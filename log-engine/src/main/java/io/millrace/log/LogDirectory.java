package io.millrace.log;

import io.millrace.log.DirectoryOpener.OpenLog;
import io.millrace.log.checkpoint.CleanShutdownMarker;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.checkpoint.SyncedDirectories;
import io.millrace.log.checkpoint.UseMarker;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A data directory: the logs in it, and what is done to all of them.
 *
 * <p>Life: {@link #open} takes the directory's lock, removes the marker of the last clean stop, opens every
 * {@code <topic>-<partition>} in parallel; a partition that cannot be opened is offline and in the {@link #report()}, the others live.
 * {@link #close} forces and closes the logs, writes the checkpoints, then the marker, then gives the lock back: a directory that has
 * the marker has everything on the disk.
 *
 * <p>Owned by whoever opened it; every method from any thread. Creation, deletion and close exclude each other; housekeeping runs on
 * the runtime's housekeeper and excludes itself.
 */
public final class LogDirectory implements AutoCloseable {
    private static final int NAME_LENGTH_MAX = 255;
    /** How often logs are looked at whose {@code flush.ms} is shorter than a round of the housekeeping. */
    private static final long FLUSH_PERIOD_MS = 50;

    private final Path dataDirectory;
    private final LogRuntime runtime;
    private final DirectoryLock lock;
    private final int threads;
    private final Map<PartitionName, OpenLog> logs;
    private final Map<PartitionName, StorageException> offline;
    private final DelayedDeletes deletes;
    private final LogHousekeeping housekeeping;
    private final CleanerCheckpoint cleanerCheckpoint;
    private final RecoveryReport report;
    private final OptionalLong previousBrokerEpoch;
    private final ScheduledFuture<?> housekeepingTask;
    private final ScheduledFuture<?> flushTask;

    private volatile @Nullable StorageException failure;
    private boolean closed;

    private LogDirectory(
            Path dataDirectory,
            DirectoryLock lock,
            LogRuntime runtime,
            int threads,
            DirectoryOpener opener,
            RecoveryReport report,
            HousekeepingIntervals intervals) {
        this.dataDirectory = dataDirectory;
        this.runtime = runtime;
        this.lock = lock;
        this.threads = threads;
        this.report = report;
        logs = opener.logs;
        offline = opener.offline;
        previousBrokerEpoch = opener.previousBrokerEpoch;
        cleanerCheckpoint = CleanerCheckpoint.read(dataDirectory, runtime);
        cleanerCheckpoint.limit(logs);
        deletes = new DelayedDeletes(runtime);
        opener.toDelete.forEach(directory -> deletes.add(directory, Long.MIN_VALUE));
        housekeeping = new LogHousekeeping(this, runtime, opener.checkpoints, deletes, intervals);
        logs().forEach(log -> log.onFailure(this::logFailed));
        housekeepingTask = runtime.every(intervals.periodMs(), () -> now(housekeeping::run));
        flushTask = runtime.every(FLUSH_PERIOD_MS, () -> now(housekeeping::flushDue));
    }

    /** A bug in one round must not end all later ones: retention would stop unseen until the disk is full. */
    private void now(LongConsumer task) {
        try {
            task.accept(runtime.clock().millis());
        } catch (RuntimeException | InternalError e) {
            runtime.listener()
                    .backgroundFailure(
                            dataDirectory,
                            new StorageException(
                                    StorageException.Kind.IO, "housekeeping failed", dataDirectory, -1, e));
        }
    }

    /**
     * Opens a data directory, which is made if it does not exist.
     *
     * @param configs the configuration of a topic's logs, by the topic's name
     * @param recoveryThreads how many logs are opened at once; more than one has {@value NewPartitions#THREADS} or more closed at once
     * @param progress hears {@link LogListener#recoveryProgress}; other events go to the runtime's listener
     * @throws io.millrace.log.checkpoint.DirectoryInUseException where another process has it
     * @throws StorageException where the directory itself cannot be used
     */
    public static LogDirectory open(
            Path dataDirectory,
            LogRuntime runtime,
            Function<String, LogConfig> configs,
            int recoveryThreads,
            LogListener progress) {
        SyncedDirectories.create(dataDirectory, runtime.faults());
        DirectoryLock lock = DirectoryLock.acquire(dataDirectory, runtime.faults());
        return open(dataDirectory, lock, runtime, configs, recoveryThreads, HousekeepingIntervals.DEFAULTS, progress);
    }

    /** As the other one, with the directory's lock already held. It belongs to the LogDirectory from here on, also on failure. */
    public static LogDirectory open(
            Path dataDirectory,
            DirectoryLock heldLock,
            LogRuntime runtime,
            Function<String, LogConfig> configs,
            int recoveryThreads,
            LogListener progress) {
        return open(
                dataDirectory, heldLock, runtime, configs, recoveryThreads, HousekeepingIntervals.DEFAULTS, progress);
    }

    /** As the other ones, with the intervals of the housekeeping. */
    public static LogDirectory open(
            Path dataDirectory,
            DirectoryLock heldLock,
            LogRuntime runtime,
            Function<String, LogConfig> configs,
            int recoveryThreads,
            HousekeepingIntervals intervals,
            LogListener progress) {
        boolean opened = false;
        DirectoryOpener opener = null;
        try {
            opener = new DirectoryOpener(dataDirectory, runtime, configs, progress);
            RecoveryReport report = opener.open(recoveryThreads);
            LogDirectory directory =
                    new LogDirectory(dataDirectory, heldLock, runtime, recoveryThreads, opener, report, intervals);
            opened = true;
            return directory;
        } finally {
            if (!opened) {
                letGo(opener, heldLock);
            }
        }
    }

    private static void letGo(@Nullable DirectoryOpener opener, DirectoryLock heldLock) {
        if (opener != null) {
            opener.logs.values().forEach(open -> open.log().abandon());
        }
        heldLock.close();
    }

    /** The open log of a partition, or null. */
    public @Nullable PartitionLog log(String topic, int partition) {
        OpenLog open = logs.get(new PartitionName(topic, partition));
        return open == null ? null : open.log();
    }

    /** The topic id in a partition's directory, or null where there is none. */
    public @Nullable PartitionMetadata metadata(String topic, int partition) {
        OpenLog open = logs.get(new PartitionName(topic, partition));
        return open == null ? null : open.metadata();
    }

    /**
     * The log of a partition, made if it does not exist. Its directory and its topic id are on the disk when this returns.
     *
     * @throws TopicIdMismatchException where the directory belongs to another topic of that name
     * @throws StorageException where the partition is offline or cannot be made
     */
    public synchronized PartitionLog create(
            String topic, int partition, long topicIdMsb, long topicIdLsb, LogConfig config) {
        requireUsable();
        PartitionName name = new PartitionName(topic, partition);
        PartitionMetadata wanted = new PartitionMetadata(topicIdMsb, topicIdLsb);
        StorageException cause = offline.get(name);
        if (cause != null) {
            throw cause;
        }
        OpenLog existing = logs.get(name);
        OpenLog made = existing == null ? make(name, wanted, config) : claim(name, existing, wanted);
        logs.put(name, made);
        return made.log();
    }

    /** A log to be made by {@link #createAll}; the parameters are those of {@link #create}. */
    public record NewLog(String topic, int partition, long topicIdMsb, long topicIdLsb, LogConfig config) {
        PartitionName name() {
            return new PartitionName(topic, partition);
        }
    }

    /**
     * Makes many logs at once, so that their forces run side by side and the data directory is forced once for all of them: a hundred
     * times fewer waits for the disk than one {@link #create} after the other, with the same promise. Logs that exist are passed over;
     * so is what cannot be made: {@code create} says why.
     */
    public synchronized void createAll(Collection<NewLog> wanted) {
        requireUsable();
        List<NewLog> missing = wanted.stream()
                .filter(each -> !logs.containsKey(each.name()) && !offline.containsKey(each.name()))
                .toList();
        if (missing.isEmpty() || !runtime.freeSpaceFloor().hasRoom(dataDirectory)) {
            return;
        }
        housekeeping.forget(missing.stream().map(NewLog::name).toList());
        List<NewLog> made = new NewPartitions(dataDirectory, runtime).make(missing);
        InParallel.run(NewPartitions.THREADS, "millrace-create", made, each -> path(each.name()), this::open);
    }

    private void open(NewLog prepared) {
        PartitionLog log = PartitionLog.open(path(prepared.name()), prepared.config, runtime, OpenState.UNKNOWN);
        log.onFailure(this::logFailed);
        logs.put(prepared.name(), new OpenLog(log, new PartitionMetadata(prepared.topicIdMsb, prepared.topicIdLsb)));
    }

    /** The id goes first: what is in the log can then always be told from another topic's. */
    private OpenLog make(PartitionName name, PartitionMetadata metadata, LogConfig config) {
        Path directory = path(name);
        runtime.freeSpaceFloor().require(dataDirectory, "new partition " + name);
        housekeeping.forget(List.of(name));
        StorageFile.createDirectories(directory, runtime.faults());
        metadata.write(directory, runtime.faults());
        StorageFile.forceDirectory(dataDirectory, runtime.faults());
        PartitionLog log = PartitionLog.open(directory, config, runtime, OpenState.UNKNOWN);
        log.onFailure(this::logFailed);
        return new OpenLog(log, metadata);
    }

    private OpenLog claim(PartitionName name, OpenLog existing, PartitionMetadata wanted) {
        PartitionMetadata found = existing.metadata();
        if (found == null) {
            wanted.write(path(name), runtime.faults());
            return new OpenLog(existing.log(), wanted);
        }
        if (!found.equals(wanted)) {
            throw new TopicIdMismatchException(path(name), found, wanted);
        }
        return existing;
    }

    /**
     * Deletes a partition, also one that is offline. It is gone for new readers at once and after a crash; slices in flight stay
     * readable; the space comes back after {@code file.delete.delay.ms}.
     *
     * @return whether there was one
     */
    public synchronized boolean delete(String topic, int partition) {
        requireUsable();
        PartitionName name = new PartitionName(topic, partition);
        OpenLog open = logs.remove(name);
        if (open == null && offline.remove(name) == null) {
            return false;
        }
        Path renamed = dataDirectory.resolve(deletedName(name));
        long delayMs = open == null ? 0 : open.log().config().fileDeleteDelayMs();
        if (open != null) {
            open.log().abandon();
        }
        StorageFile.rename(path(name), renamed, runtime.faults());
        StorageFile.forceDirectory(dataDirectory, runtime.faults());
        deletes.add(renamed, runtime.clock().millis() + delayMs);
        forgetCleaned(name);
        return true;
    }

    /** Another log of that name begins below what is remembered, or ends there: what is remembered is then passed over. */
    private void forgetCleaned(PartitionName name) {
        try {
            cleanerCheckpoint.forget(name);
        } catch (StorageException e) {
            runtime.listener().backgroundFailure(dataDirectory, e);
        }
    }

    /**
     * Cuts logs, each at its offset. The recovery points on the disk are lowered first: one above the end of its log would make a later
     * torn tail look like damage of what was known to be safe.
     */
    public synchronized void truncate(Map<PartitionName, Long> offsets) {
        requireUsable();
        Map<PartitionName, Long> ends = new HashMap<>();
        Map<PartitionName, Long> promised = new HashMap<>();
        offsets.forEach((name, offset) -> {
            PartitionLog log = open(name);
            long end = log.endIfCutAt(offset);
            ends.put(name, end);
            // Of a log of which no segment is left nothing is promised until it has begun anew.
            promised.put(name, log.isEmptiedByCutAt(offset) ? 0L : end);
        });
        housekeeping.prepareTruncation(promised, ends);
        cleanerCheckpoint.lower(promised);
        offsets.forEach((name, offset) -> open(name).truncateTo(offset));
    }

    /** Drops all records of a log; its next one gets {@code offset}. */
    public synchronized void truncateFullyAndStartAt(String topic, int partition, long offset) {
        requireUsable();
        PartitionName name = new PartitionName(topic, partition);
        housekeeping.prepareRestart(name, offset);
        cleanerCheckpoint.lower(Map.of(name, 0L)); // cut off in the middle the log may be found to begin anywhere below
        open(name).truncateFullyAndStartAt(offset);
    }

    private PartitionLog open(PartitionName name) {
        OpenLog open = logs.get(name);
        if (open == null) {
            throw new IllegalArgumentException("no open log of " + name);
        }
        return open.log();
    }

    /** Up to which offset a log has been cleaned, negative where that is not known. */
    long cleanedTo(PartitionName name) {
        return cleanerCheckpoint.offset(name);
    }

    /** Remembers up to where a log has been cleaned, unless it was cut or has gone meanwhile. */
    synchronized void cleaned(PartitionLog log, long offset, long cuts) {
        PartitionName name = new PartitionName(log.topic(), log.partition());
        OpenLog open = logs.get(name);
        if (closed || open == null || open.log() != log || !log.isCleaned(cuts)) {
            return;
        }
        try {
            cleanerCheckpoint.cleaned(name, offset, each -> logs.containsKey(each) || offline.containsKey(each));
        } catch (StorageException e) {
            runtime.listener().backgroundFailure(dataDirectory, e);
        }
    }

    /** {@code <topic>-<partition>.<unique id>-delete}, the front cut to what a file name may have. */
    private static String deletedName(PartitionName name) {
        String unique = "." + UUID.randomUUID().toString().replace("-", "") + DelayedDeletes.SUFFIX;
        String front = name.directoryName();
        return front.substring(0, Math.min(front.length(), NAME_LENGTH_MAX - unique.length())) + unique;
    }

    private Path path(PartitionName name) {
        return dataDirectory.resolve(name.directoryName());
    }

    private void requireUsable() {
        StorageException cause = failure;
        if (cause != null) {
            throw cause;
        }
        if (closed) {
            throw new StorageException(
                    StorageException.Kind.CLOSED, "data directory is closed", dataDirectory, -1, null);
        }
    }

    /** Retention, roll by age, flush by interval, expiry, checkpoints, removals: whatever is due at that time. */
    public void housekeep(long nowMs) {
        housekeeping.run(nowMs);
    }

    /** After a device has lost a write nothing that it holds can be vouched for; bytes that are wrong are one log's matter. */
    private void logFailed(StorageException cause) {
        if (cause.kind() == StorageException.Kind.IO) {
            fail(cause);
        }
    }

    /** Takes the directory offline with all its logs: its disk cannot be relied on. The first failure stays. */
    void fail(StorageException cause) {
        if (failure == null) {
            failure = cause;
            logs().forEach(log -> log.markFailed(cause));
        }
    }

    /** All logs that are open now, a copy. */
    public Collection<PartitionLog> logs() {
        return logs.values().stream().map(OpenLog::log).toList();
    }

    /** The same by their names, not a copy. */
    Map<PartitionName, OpenLog> byName() {
        return logs;
    }

    /** How many logs are open now. */
    public int logCount() {
        return logs.size();
    }

    /** The partitions that could not be opened. */
    public Map<PartitionName, StorageException> offline() {
        return Map.copyOf(offline);
    }

    /** Size of each log, for DescribeLogDirs. */
    public List<LogDescription> describe() {
        return logs().stream()
                .map(log -> new LogDescription(log.topic(), log.partition(), log.sizeBytes(), 0, false))
                .toList();
    }

    /** Bytes that can still be written on the disk of this directory. */
    public long freeBytes() {
        try {
            return Files.getFileStore(dataDirectory).getUsableSpace();
        } catch (IOException e) {
            throw StorageException.of("free space", dataDirectory, -1, e);
        }
    }

    /** Bytes of the disk of this directory. */
    public long totalBytes() {
        try {
            return Files.getFileStore(dataDirectory).getTotalSpace();
        } catch (IOException e) {
            throw StorageException.of("total space", dataDirectory, -1, e);
        }
    }

    public Path path() {
        return dataDirectory;
    }

    /** What opening found and did. */
    public RecoveryReport report() {
        return report;
    }

    /** The epoch of the broker that closed the directory in order before, empty after an unclean stop. */
    public OptionalLong previousBrokerEpoch() {
        return previousBrokerEpoch;
    }

    /** Why the directory is offline, or null. */
    public @Nullable StorageException failure() {
        return failure;
    }

    /** {@link #close(long)} without a broker. */
    @Override
    public void close() {
        close(CleanShutdownMarker.NO_BROKER_EPOCH);
    }

    /**
     * Stops in order. Without the marker, because a log could not be closed or is offline, the next start scans what was not known to
     * be on the disk.
     *
     * @param brokerEpoch of the broker's registration, for the marker
     */
    public synchronized void close(long brokerEpoch) {
        if (closed) {
            return;
        }
        closed = true;
        housekeepingTask.cancel(false);
        flushTask.cancel(false);
        housekeeping.stop();
        try {
            boolean clean = closeLogs() && failure == null && offline.isEmpty();
            if (housekeeping.writeCheckpoints() && clean) {
                UseMarker.close(dataDirectory, brokerEpoch, runtime.faults());
                CleanShutdownMarker.write(dataDirectory, brokerEpoch, runtime.faults());
            }
        } finally {
            lock.close();
        }
    }

    /** Lets go of everything and leaves the files as a kill would: nothing forced, trimmed or checkpointed, and no marker. For tests. */
    public synchronized void abandon() {
        if (closed) {
            return;
        }
        closed = true;
        housekeepingTask.cancel(false);
        flushTask.cancel(false);
        housekeeping.stop();
        try {
            logs().forEach(PartitionLog::abandon);
        } finally {
            lock.close();
        }
    }

    /** They wait for the disk, most of the time: many side by side share the journal's commits. One thread keeps one order. */
    private boolean closeLogs() {
        int closers = threads == 1 ? 1 : Math.max(threads, NewPartitions.THREADS);
        Map<PartitionLog, StorageException> failures =
                InParallel.run(closers, "millrace-close", logs(), PartitionLog::directory, PartitionLog::close);
        failures.forEach((log, cause) -> runtime.listener().failed(log.directory(), cause));
        return failures.isEmpty() && logs().stream().allMatch(log -> log.failure() == null);
    }
}
