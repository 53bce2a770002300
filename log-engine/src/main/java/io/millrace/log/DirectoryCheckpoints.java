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
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The three offset checkpoints of a data directory. Owned by its {@link LogDirectory}, used by one thread at a time.
 *
 * <p>A partition that is offline keeps the offsets that were read at the start: it may be opened by the next one. A file is only
 * written where it would say something new: a node that idles leaves the disk alone.
 */
final class DirectoryCheckpoints {
    private final List<String> warnings = new ArrayList<>();
    private final Checkpoint recoveryPoints;
    private final Checkpoint logStarts;
    private final Checkpoint highWatermarks;
    /** The logs that have been compacted; null where that is not known. */
    private final @Nullable Set<PartitionName> compacted;

    private DirectoryCheckpoints(Path dataDirectory, FileFaults faults) {
        recoveryPoints = read(new OffsetCheckpoint(dataDirectory, OffsetCheckpoint.RECOVERY_POINT, faults));
        logStarts = read(new OffsetCheckpoint(dataDirectory, OffsetCheckpoint.LOG_START, faults));
        highWatermarks = read(new OffsetCheckpoint(dataDirectory, OffsetCheckpoint.HIGH_WATERMARK, faults));
        compacted = compacted(new OffsetCheckpoint(dataDirectory, CleanerCheckpoint.FILE, faults));
    }

    static DirectoryCheckpoints read(Path dataDirectory, FileFaults faults) {
        return new DirectoryCheckpoints(dataDirectory, faults);
    }

    /** A damaged checkpoint is as good as none: logs are scanned from their start. */
    private Checkpoint read(OffsetCheckpoint file) {
        try {
            return new Checkpoint(file, file.read());
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.DAMAGED) {
                throw e;
            }
            warnings.add(String.valueOf(e.getMessage()));
            return new Checkpoint(file, Map.of());
        }
    }

    private static @Nullable Set<PartitionName> compacted(OffsetCheckpoint file) {
        try {
            return Set.copyOf(file.read().keySet());
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.DAMAGED) {
                throw e;
            }
            return null;
        }
    }

    /** One of the files: what it said at the start, and what it says now. */
    private static final class Checkpoint {
        private final OffsetCheckpoint file;
        private final Map<PartitionName, Long> atStart;
        private Map<PartitionName, Long> written;

        Checkpoint(OffsetCheckpoint file, Map<PartitionName, Long> atStart) {
            this.file = file;
            this.atStart = atStart;
            written = atStart;
        }

        void write(
                Collection<PartitionLog> logs, Collection<PartitionName> offline, ToLongFunction<PartitionLog> offset) {
            Map<PartitionName, Long> offsets = new TreeMap<>(atStart);
            offsets.keySet().retainAll(offline);
            for (PartitionLog log : logs) {
                offsets.put(new PartitionName(log.topic(), log.partition()), offset.applyAsLong(log));
            }
            write(offsets);
        }

        void forget(PartitionName name) {
            if (written.containsKey(name)) {
                Map<PartitionName, Long> rest = new TreeMap<>(written);
                rest.remove(name);
                write(rest);
            }
        }

        void lower(Map<PartitionName, Long> atMost) {
            Map<PartitionName, Long> lowered = new TreeMap<>(written);
            atMost.forEach((name, offset) -> lowered.computeIfPresent(name, (same, known) -> Math.min(known, offset)));
            write(lowered);
        }

        void write(Map<PartitionName, Long> offsets) {
            if (!offsets.equals(written)) {
                file.write(offsets);
                written = offsets;
            }
        }
    }

    List<String> warnings() {
        return warnings;
    }

    OpenState openState(PartitionName name, boolean cleanShutdown, boolean usedByOthers) {
        return new OpenState(
                cleanShutdown && warnings.isEmpty(),
                recoveryPoints.atStart.getOrDefault(name, 0L),
                logStarts.atStart.getOrDefault(name, 0L),
                compacted == null || compacted.contains(name),
                usedByOthers);
    }

    long highWatermark(PartitionName name) {
        return highWatermarks.atStart.getOrDefault(name, 0L);
    }

    void writeHighWatermarks(Collection<PartitionLog> logs, Collection<PartitionName> offline) {
        highWatermarks.write(logs, offline, PartitionLog::highWatermark);
    }

    void writeRecoveryPoints(Collection<PartitionLog> logs, Collection<PartitionName> offline) {
        recoveryPoints.write(logs, offline, PartitionLog::recoveryPoint);
    }

    void writeLogStarts(Collection<PartitionLog> logs, Collection<PartitionName> offline) {
        logStarts.write(logs, offline, PartitionLog::logStartOffset);
    }

    /** Makes the recovery points of some logs at most what is given, before the logs are cut there. */
    void lowerRecoveryPoints(Map<PartitionName, Long> atMost) {
        recoveryPoints.lower(atMost);
    }

    /**
     * The same for the log starts: a cut takes a batch as a whole, also where the log start lies inside it, and a start above the end of
     * a log would be taken for a log whose records have all been deleted.
     */
    void lowerLogStarts(Map<PartitionName, Long> atMost) {
        logStarts.lower(atMost);
    }

    /** A partition is about to be made, perhaps with the name of one that was deleted: nothing of that one is to be found. */
    void forget(PartitionName name) {
        recoveryPoints.forget(name);
        logStarts.forget(name);
        highWatermarks.forget(name);
    }

    /** Whether a log has been cut below the recovery point that stands on the disk. */
    boolean isAhead(PartitionLog log) {
        Long onDisk = recoveryPoints.written.get(new PartitionName(log.topic(), log.partition()));
        return onDisk != null && onDisk > log.recoveryPoint();
    }
}
