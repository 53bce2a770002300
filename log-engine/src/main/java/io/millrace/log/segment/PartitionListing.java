package io.millrace.log.segment;

import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The names in a partition's directory at one moment, so that an opening log asks the file system for them once. Immutable.
 *
 * @param directory the partition's directory
 * @param names of all that is in it, in no order
 */
public record PartitionListing(Path directory, List<String> names) {

    /**
     * Lists a directory.
     *
     * @throws StorageException where it cannot be listed
     */
    public static PartitionListing of(Path directory) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                names.add(String.valueOf(file.getFileName()));
            }
        } catch (IOException e) {
            throw StorageException.of("list", directory, -1, e);
        }
        return new PartitionListing(directory, names);
    }

    /** Whether there is a file of that name. */
    public boolean has(String name) {
        return names.contains(name);
    }

    /** Base offsets of the segments, ascending. */
    public long[] baseOffsets() {
        return names.stream()
                .filter(SegmentFiles::isLog)
                .mapToLong(SegmentFiles::baseOffset)
                .sorted()
                .toArray();
    }

    /** Files that a stop left behind half deleted or half cleaned. */
    public List<Path> leftovers() {
        return names.stream()
                .filter(SegmentFiles::isLeftover)
                .map(directory::resolve)
                .toList();
    }
}
