package io.millrace.log.inspect;

import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.inspect.Problem.Kind;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Verifies what a path names: first each partition ({@link #verify}), then what the data directory says about them
 * ({@link #checkpoints}). Changes nothing. Owned by one thread.
 */
public final class LogVerifier {
    /** The cleaner notes here how far it has come in each log that it has been in. */
    static final String CLEANER_OFFSETS = "cleaner-offset-checkpoint";

    private static final List<String> CHECKPOINTS = List.of(
            OffsetCheckpoint.RECOVERY_POINT,
            OffsetCheckpoint.LOG_START,
            OffsetCheckpoint.HIGH_WATERMARK,
            CLEANER_OFFSETS);

    private final LogTarget target;
    private final VerifyOptions options;
    private final List<Problem> problems = new ArrayList<>();
    private final Map<PartitionName, Long> cleaned;
    private final Map<PartitionName, Long> recoveryPoints;

    /** Reads the checkpoints around the target. */
    public LogVerifier(LogTarget target, VerifyOptions options) {
        this.target = target;
        this.options = options;
        cleaned = read(CLEANER_OFFSETS);
        recoveryPoints = read(OffsetCheckpoint.RECOVERY_POINT);
    }

    private Map<PartitionName, Long> read(String checkpoint) {
        Path directory = target.dataDirectory();
        if (directory == null) {
            return Map.of();
        }
        try {
            return new OffsetCheckpoint(directory, checkpoint, FileFaults.NONE).read();
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.DAMAGED) {
                throw e;
            }
            Path file = directory.resolve(checkpoint);
            problems.add(new Problem(Kind.CHECKPOINT, file, -1, -1, String.valueOf(e.getMessage())));
            return Map.of();
        }
    }

    /** Looks at one of the target's partitions. */
    public PartitionReport verify(PartitionFiles partition) {
        return new PartitionCheck(partition, options, gapsBelow(partition), offset(recoveryPoints, partition)).run();
    }

    /** A log that the cleaner has been in may miss offsets anywhere but in the segment that still grows. */
    private long gapsBelow(PartitionFiles partition) {
        if (options.compacted()) {
            return Long.MAX_VALUE;
        }
        PartitionName name = partition.name();
        List<PartitionFiles.SegmentPath> segments = partition.segments();
        boolean wasCleaned = name != null && cleaned.containsKey(name) && !segments.isEmpty();
        return wasCleaned ? lastBaseOffset(segments.get(segments.size() - 1)) : 0;
    }

    private static long lastBaseOffset(PartitionFiles.SegmentPath last) {
        return last.isLast() ? last.baseOffset() : last.endOffset();
    }

    private static long offset(Map<PartitionName, Long> offsets, PartitionFiles partition) {
        PartitionName name = partition.name();
        return name == null ? 0 : offsets.getOrDefault(name, 0L);
    }

    /**
     * Holds the checkpoints of the data directory against what the partitions turned out to be: none may be beyond the end of its log.
     * Those of a directory that somebody is writing to are behind or ahead of the files, and are not compared.
     *
     * @param reports of all partitions that were looked at as a whole
     */
    public List<Problem> checkpoints(List<PartitionReport> reports) {
        Path directory = target.dataDirectory();
        if (directory != null) {
            for (String checkpoint : CHECKPOINTS) {
                Map<PartitionName, Long> offsets = read(checkpoint);
                reports.stream()
                        .filter(report -> report.files().whole() && !options.live())
                        .forEach(report -> compare(directory.resolve(checkpoint), report, offset(offsets, report)));
            }
        }
        return problems.stream().distinct().toList();
    }

    private static @Nullable Long offset(Map<PartitionName, Long> offsets, PartitionReport report) {
        PartitionName name = report.files().name();
        return name == null ? null : offsets.get(name);
    }

    private void compare(Path file, PartitionReport report, @Nullable Long offset) {
        boolean endKnown = report.damages().isEmpty();
        if (offset != null && endKnown && offset > report.endOffset()) {
            problems.add(new Problem(
                    Kind.CHECKPOINT,
                    file,
                    -1,
                    offset,
                    report.files().displayName() + " has offset " + offset + ", its log ends at "
                            + report.endOffset()));
        }
    }
}
