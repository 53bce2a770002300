package io.millrace.library;

import io.millrace.log.PartitionLog;
import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.compact.SegmentSwap;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Which segments a log has, as its directory tells it now. Stateless; what it says may be history the moment after. */
final class LogFiles {
    /** No segment. */
    static final long NONE = -1;

    private final Path directory;
    private final @Nullable PartitionLog log;

    LogFiles(Path directory, @Nullable PartitionLog log) {
        this.directory = directory;
        this.log = log;
    }

    /** Base offsets, ascending; none where there is no directory. */
    long[] bases() {
        return Files.isDirectory(directory) ? SegmentFiles.baseOffsets(directory) : new long[0];
    }

    /** Whether there is a segment of that base offset. */
    boolean exists(long base) {
        return SegmentFiles.path(directory, base, SegmentFiles.LOG).toFile().exists();
    }

    /** Compaction has cleaned segments ready, and some that they replace may have lost their names. */
    boolean isSwapping() {
        try (DirectoryStream<Path> swaps = Files.newDirectoryStream(directory, "*" + SegmentSwap.SWAP)) {
            return swaps.iterator().hasNext();
        } catch (IOException e) {
            throw StorageException.of("list", directory, -1, e);
        }
    }

    /** The first base offset that is at least {@code least}. */
    static long firstAtLeast(long[] bases, long least) {
        for (long base : bases) {
            if (base >= least) {
                return base;
            }
        }
        return NONE;
    }

    /** Index of the segment that an offset falls into, 0 where it is below all. */
    static int floorIndex(long[] bases, long offset) {
        int found = Arrays.binarySearch(bases, offset);
        return found >= 0 ? found : Math.max(0, -found - 2);
    }

    /** The first offset that may be read: that of the first segment, or above it where records were deleted inside. */
    long earliest(long[] bases) {
        return Math.max(bases[0], log == null ? checkpointedStart() : log.logStartOffset());
    }

    private long checkpointedStart() {
        PartitionName name = PartitionName.parse(String.valueOf(directory.getFileName()));
        Path parent = directory.toAbsolutePath().getParent();
        if (name == null || parent == null) {
            return 0;
        }
        try {
            return new OffsetCheckpoint(parent, OffsetCheckpoint.LOG_START, FileFaults.NONE)
                    .read()
                    .getOrDefault(name, 0L);
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.DAMAGED) {
                throw e;
            }
            return 0; // as the writer does, who has it made anew
        }
    }
}
