package io.millrace.log;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What opening a data directory found and did. Immutable.
 *
 * @param dataDirectory which
 * @param cleanShutdown whether it had been closed in order
 * @param logs what each log took that was opened
 * @param offline the partitions that could not be opened, and why; their files are as they were
 * @param ignored entries of the directory that are no partitions and were left alone
 * @param warnings checkpoints that could not be used, in words
 * @param elapsedNs how long all of it took
 */
public record RecoveryReport(
        Path dataDirectory,
        boolean cleanShutdown,
        Map<PartitionName, RecoveredLog> logs,
        Map<PartitionName, StorageException> offline,
        List<String> ignored,
        List<String> warnings,
        long elapsedNs) {

    /** Copies the collections. */
    public RecoveryReport {
        logs = Map.copyOf(logs);
        offline = Map.copyOf(offline);
        ignored = List.copyOf(ignored);
        warnings = List.copyOf(warnings);
    }

    /** Segments read batch by batch, of all logs. */
    public long scannedSegments() {
        return logs.values().stream().mapToLong(RecoveredLog::scannedSegments).sum();
    }

    /** Bytes read batch by batch, of all logs. */
    public long scannedBytes() {
        return logs.values().stream().mapToLong(RecoveredLog::scannedBytes).sum();
    }

    /** Bytes of torn tails that were cut, of all logs. */
    public long cutBytes() {
        return logs.values().stream().mapToLong(RecoveredLog::cutBytes).sum();
    }
}
