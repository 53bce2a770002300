package io.millrace.log;

import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * {@code cleaner-offset-checkpoint} of a data directory: up to which offset each compacted log has been cleaned, in Kafka's format.
 *
 * <p>An offset that is too low makes a cleaning do more than it had to. One that is too high would keep duplicates for ever, so it is
 * lowered before a log is cut, and a damaged file is as good as none. Owned by its {@link LogDirectory}; any thread.
 */
final class CleanerCheckpoint {
    static final String FILE = "cleaner-offset-checkpoint";
    static final long NEVER = -1;

    private final OffsetCheckpoint file;
    private final Map<PartitionName, Long> offsets;

    private CleanerCheckpoint(OffsetCheckpoint file, Map<PartitionName, Long> offsets) {
        this.file = file;
        this.offsets = new TreeMap<>(offsets);
    }

    static CleanerCheckpoint read(Path dataDirectory, LogRuntime runtime) {
        OffsetCheckpoint file = new OffsetCheckpoint(dataDirectory, FILE, runtime.faults());
        try {
            return new CleanerCheckpoint(file, file.read());
        } catch (StorageException e) {
            runtime.listener().backgroundFailure(dataDirectory.resolve(FILE), e);
            return new CleanerCheckpoint(file, Map.of());
        }
    }

    /** Up to where the log has been cleaned, {@link #NEVER} where that is not known. */
    synchronized long offset(PartitionName name) {
        return offsets.getOrDefault(name, NEVER);
    }

    /** The log has been cleaned up to an offset. Logs that are not {@code known} any more are forgotten. */
    synchronized void cleaned(PartitionName name, long offset, Predicate<PartitionName> known) {
        offsets.put(name, offset);
        offsets.keySet().removeIf(each -> !known.test(each));
        file.write(offsets);
    }

    /** The logs are about to be cut at these offsets. */
    synchronized void lower(Map<PartitionName, Long> atMost) {
        boolean lowered = false;
        for (Map.Entry<PartitionName, Long> entry : atMost.entrySet()) {
            Long known = offsets.get(entry.getKey());
            if (known != null && known > entry.getValue()) {
                offsets.put(entry.getKey(), entry.getValue());
                lowered = true;
            }
        }
        if (lowered) {
            file.write(offsets);
        }
    }

    /** Logs that end below what was cleaned have been cut by a repair or another program: what comes again is not what was cleaned. */
    synchronized void limit(Map<PartitionName, DirectoryOpener.OpenLog> logs) {
        Map<PartitionName, Long> ends = new TreeMap<>();
        logs.forEach((name, open) -> ends.put(name, open.log().logEndOffset()));
        try {
            lower(ends);
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NO_SPACE) {
                throw e; // else it is known in memory, and written with the next cleaning
            }
        }
    }

    /** The log is about to be deleted; another one may get its name. */
    synchronized void forget(PartitionName name) {
        if (offsets.remove(name) != null) {
            file.write(offsets);
        }
    }
}
