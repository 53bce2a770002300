package io.millrace.log.inspect;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of one partition, as they were when it was looked at.
 *
 * @param directory the partition's directory
 * @param name topic and number, null where the directory is not named so
 * @param segments the segments, ascending by base offset
 * @param snapshots the snapshots of producer states, ascending
 * @param whole false where only some of the segments are wanted
 */
public record PartitionFiles(
        Path directory, @Nullable PartitionName name, List<SegmentPath> segments, List<Path> snapshots, boolean whole) {
    /** Suffix of a snapshot of producer states. */
    static final String SNAPSHOT = ".snapshot";

    private static final int OFFSET_DIGITS = 20;

    /**
     * A segment.
     *
     * @param baseOffset the offset in its name
     * @param log its file of batches
     * @param endOffset base offset of the segment after it, {@link Long#MAX_VALUE} for the last one
     */
    public record SegmentPath(long baseOffset, Path log, long endOffset) {
        /** The last segment of its partition: the one that is or was appended to. */
        public boolean isLast() {
            return endOffset == Long.MAX_VALUE;
        }

        /** A file beside it: the same name with another suffix. */
        public Path beside(String suffix) {
            Path directory = log.getParent();
            return SegmentFiles.path(directory == null ? Path.of("") : directory, baseOffset, suffix);
        }
    }

    /** Keeps the lists as they are. */
    public PartitionFiles {
        segments = List.copyOf(segments);
        snapshots = List.copyOf(snapshots);
    }

    /** Lists a partition's directory. */
    public static PartitionFiles of(Path directory) {
        long[] bases = SegmentFiles.baseOffsets(directory);
        List<SegmentPath> segments = Arrays.stream(bases)
                .mapToObj(base -> new SegmentPath(
                        base, SegmentFiles.path(directory, base, SegmentFiles.LOG), baseAfter(bases, base)))
                .toList();
        PartitionName name = PartitionName.parse(String.valueOf(directory.getFileName()));
        return new PartitionFiles(directory, name, segments, snapshotsIn(directory), true);
    }

    private static long baseAfter(long[] bases, long base) {
        int next = Arrays.binarySearch(bases, base) + 1;
        return next < bases.length ? bases[next] : Long.MAX_VALUE;
    }

    private static List<Path> snapshotsIn(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> offsetOf(file, SNAPSHOT) >= 0).sorted().toList();
        } catch (IOException e) {
            throw StorageException.of("list", directory, -1, e);
        }
    }

    static boolean isPartition(Path directory) {
        try {
            return SegmentFiles.baseOffsets(directory).length > 0;
        } catch (StorageException unreadable) {
            return false;
        }
    }

    static long baseOffsetOf(Path log) {
        return offsetOf(log, SegmentFiles.LOG);
    }

    /** The twenty digits in front of the suffix, -1 where the name is not made so. */
    static long offsetOf(Path file, String suffix) {
        String text = String.valueOf(file.getFileName());
        boolean named = text.length() == OFFSET_DIGITS + suffix.length()
                && text.endsWith(suffix)
                && text.chars().limit(OFFSET_DIGITS).allMatch(c -> c >= '0' && c <= '9');
        try {
            return named ? Long.parseLong(text.substring(0, OFFSET_DIGITS)) : -1;
        } catch (NumberFormatException beyondLong) {
            return -1;
        }
    }

    /** The same with one of its segments only. */
    PartitionFiles only(Path log) {
        List<SegmentPath> one = segments.stream()
                .filter(segment -> segment.log().getFileName().equals(log.getFileName()))
                .toList();
        return new PartitionFiles(directory, name, one, List.of(), false);
    }

    /** {@code <topic>-<partition>}, or the directory's name. */
    public String displayName() {
        return name == null ? String.valueOf(directory.getFileName()) : name.directoryName();
    }
}
