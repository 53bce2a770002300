package io.millrace.log;

import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * The three offset checkpoints of a data directory. Owned by its {@link LogDirectory}, used by one thread at a time.
 *
 * <p>A partition that is offline keeps the offsets that were read at the start: it may be opened by the next one.
 */
final class DirectoryCheckpoints {
    private final OffsetCheckpoint recoveryPoints;
    private final OffsetCheckpoint logStarts;
    private final OffsetCheckpoint highWatermarks;
    private final List<String> warnings = new ArrayList<>();

    private final Map<PartitionName, Long> readRecoveryPoints;
    private final Map<PartitionName, Long> readLogStarts;
    private final Map<PartitionName, Long> readHighWatermarks;
    private Map<PartitionName, Long> writtenRecoveryPoints;

    private DirectoryCheckpoints(Path dataDirectory, FileFaults faults) {
        recoveryPoints = new OffsetCheckpoint(dataDirectory, OffsetCheckpoint.RECOVERY_POINT, faults);
        logStarts = new OffsetCheckpoint(dataDirectory, OffsetCheckpoint.LOG_START, faults);
        highWatermarks = new OffsetCheckpoint(dataDirectory, OffsetCheckpoint.HIGH_WATERMARK, faults);
        readRecoveryPoints = readOrWarn(recoveryPoints);
        readLogStarts = readOrWarn(logStarts);
        readHighWatermarks = readOrWarn(highWatermarks);
        writtenRecoveryPoints = readRecoveryPoints;
    }

    static DirectoryCheckpoints read(Path dataDirectory, FileFaults faults) {
        return new DirectoryCheckpoints(dataDirectory, faults);
    }

    /** A damaged checkpoint is as good as none: logs are scanned from their start. */
    private Map<PartitionName, Long> readOrWarn(OffsetCheckpoint checkpoint) {
        try {
            return checkpoint.read();
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.DAMAGED) {
                throw e;
            }
            warnings.add(String.valueOf(e.getMessage()));
            return new TreeMap<>();
        }
    }

    List<String> warnings() {
        return warnings;
    }

    OpenState openState(PartitionName name, boolean cleanShutdown) {
        return new OpenState(
                cleanShutdown && warnings.isEmpty(),
                readRecoveryPoints.getOrDefault(name, 0L),
                readLogStarts.getOrDefault(name, 0L));
    }

    long highWatermark(PartitionName name) {
        return readHighWatermarks.getOrDefault(name, 0L);
    }

    void writeHighWatermarks(Collection<PartitionLog> logs, Collection<PartitionName> offline) {
        highWatermarks.write(offsets(logs, PartitionLog::highWatermark, offline, readHighWatermarks));
    }

    void writeRecoveryPoints(Collection<PartitionLog> logs, Collection<PartitionName> offline) {
        writeRecoveryPoints(offsets(logs, PartitionLog::flushedOffset, offline, readRecoveryPoints));
    }

    /** Makes the recovery points of some logs at most what is given, before the logs are cut there. */
    void lowerRecoveryPoints(Map<PartitionName, Long> atMost) {
        Map<PartitionName, Long> lowered = new TreeMap<>(writtenRecoveryPoints);
        atMost.forEach((name, offset) -> lowered.computeIfPresent(name, (same, known) -> Math.min(known, offset)));
        if (!lowered.equals(writtenRecoveryPoints)) {
            writeRecoveryPoints(lowered);
        }
    }

    private void writeRecoveryPoints(Map<PartitionName, Long> offsets) {
        recoveryPoints.write(offsets);
        writtenRecoveryPoints = offsets;
    }

    /** Whether a log has been cut below the recovery point that stands on the disk. */
    boolean isAhead(PartitionLog log) {
        Long written = writtenRecoveryPoints.get(new PartitionName(log.topic(), log.partition()));
        return written != null && written > log.flushedOffset();
    }

    void writeLogStarts(Collection<PartitionLog> logs, Collection<PartitionName> offline) {
        logStarts.write(offsets(logs, PartitionLog::logStartOffset, offline, readLogStarts));
    }

    private static Map<PartitionName, Long> offsets(
            Collection<PartitionLog> logs,
            ToLongFunction<PartitionLog> offset,
            Collection<PartitionName> offline,
            Map<PartitionName, Long> before) {
        Map<PartitionName, Long> offsets = new TreeMap<>();
        for (PartitionName name : offline) {
            Long known = before.get(name);
            if (known != null) {
                offsets.put(name, known);
            }
        }
        for (PartitionLog log : logs) {
            offsets.put(new PartitionName(log.topic(), log.partition()), offset.applyAsLong(log));
        }
        return offsets;
    }
}
