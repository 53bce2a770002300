package io.millrace.log;

import io.millrace.log.DirectoryOpener.OpenLog;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.StorageException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is done to the logs of a directory as time goes by. A failure of one log is that log's; a failed device takes the directory
 * offline. Times are those that the caller passes, so that a test can let eight days go by.
 *
 * <p>Owned by a {@link LogDirectory}; its methods exclude each other.
 */
final class LogHousekeeping {
    private final LogDirectory directory;
    private final LogRuntime runtime;
    private final DirectoryCheckpoints checkpoints;
    private final DelayedDeletes deletes;
    private final HousekeepingIntervals intervals;

    /** Files that somebody else may have cut or deleted are looked at so often: a few microseconds each. */
    private static final long FILE_CHECK_MS = 30_000;

    /** The smallest {@code flush.ms} of the logs at the last round. */
    private volatile long shortestFlushMs = Long.MAX_VALUE;

    private long lastFileCheckMs;
    private long nextFileCheck;
    private long lastRetentionMs;
    private long lastExpiryMs;
    private long lastRecoveryPointMs;
    private long lastLogStartMs;
    private long lastHighWatermarkMs;
    private boolean stopped;

    LogHousekeeping(
            LogDirectory directory,
            LogRuntime runtime,
            DirectoryCheckpoints checkpoints,
            DelayedDeletes deletes,
            HousekeepingIntervals intervals) {
        this.directory = directory;
        this.runtime = runtime;
        this.checkpoints = checkpoints;
        this.deletes = deletes;
        this.intervals = intervals;
        long nowMs = runtime.clock().millis();
        lastFileCheckMs = nowMs;
        lastRetentionMs = nowMs;
        lastExpiryMs = nowMs;
        lastRecoveryPointMs = nowMs;
        lastLogStartMs = nowMs;
        lastHighWatermarkMs = nowMs;
    }

    synchronized void run(long nowMs) {
        if (stopped) {
            return;
        }
        boolean retention = isDue(lastRetentionMs, intervals.retentionMs(), nowMs);
        boolean expiry = isDue(lastExpiryMs, intervals.expiryMs(), nowMs);
        long shortest = Long.MAX_VALUE;
        for (PartitionLog log : directory.logs()) {
            if (log.failure() == null) {
                attempt(log, () -> keep(log, nowMs, retention, expiry));
            }
            shortest = Math.min(shortest, log.config().flushMs());
            failWithDevice(log.failure());
        }
        shortestFlushMs = shortest;
        lastRetentionMs = retention ? nowMs : lastRetentionMs;
        lastExpiryMs = expiry ? nowMs : lastExpiryMs;
        deletes.run(nowMs);
        writeDueCheckpoints(nowMs);
        checkFiles(nowMs);
    }

    /** As many logs in each round as it takes for all of them to have had their turn in time. */
    private void checkFiles(long nowMs) {
        List<PartitionLog> logs = List.copyOf(directory.logs());
        long elapsedMs = Math.max(0, nowMs - lastFileCheckMs);
        long due = Math.min(logs.size(), logs.size() * elapsedMs / FILE_CHECK_MS);
        for (long i = 0; i < due; i++) {
            PartitionLog log = logs.get((int) ((nextFileCheck + i) % logs.size()));
            if (log.failure() == null) {
                attempt(log, log::checkFiles);
            }
        }
        if (due > 0 || nowMs < lastFileCheckMs) {
            lastFileCheckMs = nowMs;
            nextFileCheck = (nextFileCheck + due) % logs.size();
        }
    }

    /** Between two rounds: the logs that want to be forced more often than there are rounds. */
    void flushDue(long nowMs) {
        if (shortestFlushMs < intervals.periodMs()) {
            flushAll(nowMs);
        }
    }

    private synchronized void flushAll(long nowMs) {
        for (PartitionLog log : directory.logs()) {
            if (!stopped && log.failure() == null) {
                attempt(log, () -> flushIfDue(log, nowMs));
            }
        }
    }

    /** A clock that was set back makes everything due once, rather than nothing for as long as it was set back. */
    private static boolean isDue(long lastMs, long intervalMs, long nowMs) {
        return nowMs - lastMs >= intervalMs || nowMs < lastMs;
    }

    private static void keep(PartitionLog log, long nowMs, boolean retention, boolean expiry) {
        log.rollIfDue(nowMs);
        if (retention) {
            log.applyRetention(nowMs);
        }
        if (expiry) {
            log.expireProducers(nowMs);
        }
        flushIfDue(log, nowMs);
    }

    private static void flushIfDue(PartitionLog log, long nowMs) {
        boolean dirty = log.flushedOffset() < log.logEndOffset();
        if (dirty && isDue(log.lastFlushMs(), log.config().flushMs(), nowMs)) {
            log.flush();
        }
    }

    private void attempt(PartitionLog log, Runnable task) {
        try {
            task.run();
        } catch (StorageException e) {
            boolean deletedMeanwhile = e.kind() == StorageException.Kind.CLOSED;
            if (!deletedMeanwhile) {
                runtime.listener().backgroundFailure(log.directory(), e);
            }
        }
    }

    /** After a device has lost a write nothing that it holds can be vouched for; bytes that are wrong are one log's matter. */
    private void failWithDevice(@Nullable StorageException failure) {
        if (failure != null && failure.kind() == StorageException.Kind.IO) {
            directory.fail(failure);
        }
    }

    private void writeDueCheckpoints(long nowMs) {
        if (isDue(lastHighWatermarkMs, intervals.highWatermarkMs(), nowMs)) {
            lastHighWatermarkMs = nowMs;
            write(this::writeHighWatermarks);
        }
        if (anyIsAhead() || isDue(lastRecoveryPointMs, intervals.recoveryPointMs(), nowMs)) {
            lastRecoveryPointMs = nowMs;
            write(this::writeRecoveryPoints);
        }
        if (isDue(lastLogStartMs, intervals.logStartMs(), nowMs)) {
            lastLogStartMs = nowMs;
            write(this::writeLogStarts);
        }
    }

    private boolean anyIsAhead() {
        for (Map.Entry<PartitionName, OpenLog> each : directory.byName().entrySet()) {
            if (checkpoints.isAhead(each.getKey(), each.getValue().log())) {
                return true;
            }
        }
        return false;
    }

    private void writeHighWatermarks() {
        checkpoints.writeHighWatermarks(directory.byName(), directory.offline().keySet());
    }

    private void writeRecoveryPoints() {
        checkpoints.writeRecoveryPoints(directory.byName(), directory.offline().keySet());
    }

    private void writeLogStarts() {
        checkpoints.writeLogStarts(directory.byName(), directory.offline().keySet());
    }

    /** An older checkpoint is correct, only less useful: a full disk or a bad one is told and tried again. */
    private boolean write(Runnable checkpoint) {
        try {
            checkpoint.run();
            return true;
        } catch (StorageException e) {
            runtime.listener().backgroundFailure(directory.path(), e);
            failWithDevice(e);
            return false;
        }
    }

    /**
     * Lets a crash find nothing amiss after logs have been cut; called before they are.
     *
     * @param promised what of each is on the disk whenever the crash comes
     * @param ends where each will end
     */
    synchronized void prepareTruncation(Map<PartitionName, Long> promised, Map<PartitionName, Long> ends) {
        checkpoints.lowerRecoveryPoints(promised);
        checkpoints.lowerLogStarts(ends);
    }

    /** The same for a log that begins anew at an offset: nothing is promised until it does. */
    synchronized void prepareRestart(PartitionName name, long offset) {
        checkpoints.lowerRecoveryPoints(Map.of(name, 0L));
        checkpoints.lowerLogStarts(Map.of(name, offset));
    }

    /** Before partitions are made: what the checkpoints say of earlier ones of their names goes. */
    synchronized void forget(Collection<PartitionName> names) {
        checkpoints.forget(names);
    }

    /** Does nothing from here on; waits for what is being done. */
    synchronized void stop() {
        stopped = true;
    }

    /** Writes all checkpoints now; whether that worked. */
    synchronized boolean writeCheckpoints() {
        return write(this::writeHighWatermarks) && write(this::writeRecoveryPoints) && write(this::writeLogStarts);
    }
}
