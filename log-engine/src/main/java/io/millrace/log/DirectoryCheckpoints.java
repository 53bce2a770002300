package io.millrace.log;

import io.millrace.log.DirectoryOpener.OpenLog;
import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
            return new Checkpoint(file, new HashMap<>(file.read()));
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
                Map<PartitionName, OpenLog> logs,
                Collection<PartitionName> offline,
                ToLongFunction<PartitionLog> offset) {
            if (isWritten(logs, offline, offset)) {
                return;
            }
            Map<PartitionName, Long> offsets = new HashMap<>(2 * logs.size());
            offline.stream().filter(atStart::containsKey).forEach(name -> offsets.put(name, atStart.get(name)));
            logs.forEach((name, open) -> offsets.put(name, offset.applyAsLong(open.log())));
            write(offsets);
        }

        /** Whether the file says so already: a look at each of perhaps ten thousand logs, every few seconds, that makes nothing. */
        private boolean isWritten(
                Map<PartitionName, OpenLog> logs,
                Collection<PartitionName> offline,
                ToLongFunction<PartitionLog> offset) {
            int expected = 0;
            for (PartitionName name : offline) {
                Long known = atStart.get(name);
                expected += known == null ? 0 : 1;
                if (!Objects.equals(known, written.get(name))) {
                    return false;
                }
            }
            for (Map.Entry<PartitionName, OpenLog> each : logs.entrySet()) {
                Long known = written.get(each.getKey());
                expected++;
                if (known == null || known != offset.applyAsLong(each.getValue().log())) {
                    return false;
                }
            }
            return expected == written.size();
        }

        void forget(Collection<PartitionName> names) {
            if (names.stream().anyMatch(written::containsKey)) {
                Map<PartitionName, Long> rest = new HashMap<>(written);
                rest.keySet().removeAll(names);
                write(rest);
            }
        }

        void lower(Map<PartitionName, Long> atMost) {
            Map<PartitionName, Long> lowered = new HashMap<>(written);
            atMost.forEach((name, offset) -> lowered.computeIfPresent(name, (same, known) -> Math.min(known, offset)));
            write(lowered);
        }

        void write(Map<PartitionName, Long> offsets) {
            if (!offsets.equals(written)) {
                file.write(new TreeMap<>(offsets));
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

    void writeHighWatermarks(Map<PartitionName, OpenLog> logs, Collection<PartitionName> offline) {
        highWatermarks.write(logs, offline, PartitionLog::highWatermark);
    }

    void writeRecoveryPoints(Map<PartitionName, OpenLog> logs, Collection<PartitionName> offline) {
        recoveryPoints.write(logs, offline, PartitionLog::recoveryPoint);
    }

    void writeLogStarts(Map<PartitionName, OpenLog> logs, Collection<PartitionName> offline) {
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

    /** Partitions are about to be made, perhaps with names of others that were deleted: nothing of those is to be found. */
    void forget(Collection<PartitionName> names) {
        recoveryPoints.forget(names);
        logStarts.forget(names);
        highWatermarks.forget(names);
    }

    /** Whether a log has been cut below the recovery point that stands on the disk. */
    boolean isAhead(PartitionName name, PartitionLog log) {
        Long onDisk = recoveryPoints.written.get(name);
        return onDisk != null && onDisk > log.recoveryPoint();
    }
}
