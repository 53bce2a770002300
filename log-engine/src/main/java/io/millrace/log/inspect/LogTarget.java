package io.millrace.log.inspect;

import io.millrace.log.checkpoint.CleanShutdownMarker;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a path names: a data directory, a partition's directory, or one segment.
 *
 * @param kind which of them
 * @param path the path, absolute
 * @param dataDirectory the data directory it is or lies in, null where there is none around it
 * @param partitions its partitions, by name; exactly one unless it is a data directory
 */
public record LogTarget(Kind kind, Path path, @Nullable Path dataDirectory, List<PartitionFiles> partitions) {
    /** What a path may name. */
    public enum Kind {
        /** A directory of partitions. */
        DATA_DIRECTORY,
        /** A directory of segments. */
        PARTITION,
        /** A segment's file of batches. */
        SEGMENT
    }

    private static final String META_PROPERTIES = "meta.properties";

    /** Keeps the list as it is. */
    public LogTarget {
        partitions = List.copyOf(partitions);
    }

    /**
     * Finds out.
     *
     * @throws IllegalArgumentException where it is none of them, with one line that says so
     * @throws StorageException where it cannot be read
     */
    public static LogTarget of(Path given) {
        Path path = given.toAbsolutePath().normalize();
        if (Files.isRegularFile(path)) {
            return segment(given, path);
        }
        if (!Files.isDirectory(path)) {
            throw new IllegalArgumentException(
                    given + ": " + (Files.exists(path) ? "not a file or directory" : "no such file or directory"));
        }
        if (PartitionFiles.isPartition(path)) {
            return new LogTarget(Kind.PARTITION, path, dataDirectoryAround(path), List.of(PartitionFiles.of(path)));
        }
        List<PartitionFiles> partitions = partitionsIn(path);
        if (partitions.isEmpty() && !isDataDirectory(path)) {
            throw new IllegalArgumentException(given + ": neither a data directory nor a partition: no segments in it");
        }
        return new LogTarget(Kind.DATA_DIRECTORY, path, path, partitions);
    }

    private static LogTarget segment(Path given, Path path) {
        if (PartitionFiles.baseOffsetOf(path) < 0) {
            throw new IllegalArgumentException(given + ": not a segment: its name is not twenty digits and .log");
        }
        Path directory = path.getParent();
        PartitionFiles partition = PartitionFiles.of(directory == null ? path : directory);
        return new LogTarget(
                Kind.SEGMENT,
                path,
                directory == null ? null : dataDirectoryAround(directory),
                List.of(partition.only(path)));
    }

    private static @Nullable Path dataDirectoryAround(Path partition) {
        Path parent = partition.getParent();
        return parent != null && isDataDirectory(parent) ? parent : null;
    }

    private static boolean isDataDirectory(Path path) {
        return Stream.of(
                        META_PROPERTIES,
                        CleanShutdownMarker.FILE_NAME,
                        OffsetCheckpoint.RECOVERY_POINT,
                        DirectoryLock.FILE_NAME)
                .anyMatch(name -> Files.exists(path.resolve(name)));
    }

    private static List<PartitionFiles> partitionsIn(Path path) {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.filter(entry -> PartitionName.parse(String.valueOf(entry.getFileName())) != null)
                    .filter(Files::isDirectory)
                    .filter(PartitionFiles::isPartition)
                    .sorted(Comparator.comparing(entry -> PartitionName.parse(String.valueOf(entry.getFileName()))))
                    .map(PartitionFiles::of)
                    .toList();
        } catch (IOException e) {
            throw StorageException.of("list", path, -1, e);
        }
    }

    /** Whether the data directory was closed in order; null where it is not known. */
    public @Nullable Boolean cleanlyStopped() {
        return dataDirectory == null ? null : (Boolean) CleanShutdownMarker.isPresent(dataDirectory);
    }
}
