package io.millrace.log.segment;

import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Names of the files of a segment: twenty digits of its base offset and a suffix, as Apache Kafka names them.
 *
 * <p>A name that ends in {@link #DELETED} is a leftover for both engines: Kafka removes it at its start, and so do we.
 */
public final class SegmentFiles {
    /** Batches. */
    public static final String LOG = ".log";
    /** Offset index. */
    public static final String OFFSET_INDEX = ".index";
    /** Time index. */
    public static final String TIME_INDEX = ".timeindex";
    /** Aborted transactions. */
    public static final String TXN_INDEX = ".txnindex";
    /** Sums over the header bytes that no CRC covers; of this engine, Kafka leaves it alone. */
    public static final String HEADER_SUMS = ".headersum";
    /** All of them, the log first. */
    public static final List<String> ALL = List.of(LOG, OFFSET_INDEX, TIME_INDEX, TXN_INDEX, HEADER_SUMS);
    /** Appended to the name of a file that waits to be removed. */
    public static final String DELETED = ".deleted";
    /** Appended by Kafka's cleaner to a file it was still writing; of no use to anybody after a stop. */
    public static final String CLEANED = ".cleaned";

    private static final int OFFSET_DIGITS = 20;

    private SegmentFiles() {}

    /** The file of the segment with this base offset and suffix. */
    public static Path path(Path directory, long baseOffset, String suffix) {
        return directory.resolve(String.format(Locale.ROOT, "%020d", baseOffset) + suffix);
    }

    /** Base offsets of the segments in the directory, ascending. */
    public static long[] baseOffsets(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(Path::getFileName)
                    .map(Path::toString)
                    .filter(SegmentFiles::isLog)
                    .mapToLong(SegmentFiles::baseOffset)
                    .sorted()
                    .toArray();
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "list segments", directory, -1, e);
        }
    }

    /** Files that a stop left behind half deleted or half cleaned. */
    public static List<Path> leftovers(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(SegmentFiles::isLeftover).toList();
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "list leftovers", directory, -1, e);
        }
    }

    private static boolean isLeftover(Path file) {
        String name = file.toString();
        return name.endsWith(DELETED) || name.endsWith(CLEANED);
    }

    private static boolean isLog(String name) {
        return name.length() == OFFSET_DIGITS + LOG.length()
                && name.endsWith(LOG)
                && name.chars().limit(OFFSET_DIGITS).allMatch(Character::isDigit);
    }

    private static long baseOffset(String name) {
        return Long.parseLong(name.substring(0, OFFSET_DIGITS));
    }
}
