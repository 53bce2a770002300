package io.millrace.log.segment;

import java.nio.file.Path;
import java.util.List;

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
    private static final String ZEROS = "0".repeat(OFFSET_DIGITS);

    private SegmentFiles() {}

    /** The file of the segment with this base offset and suffix. */
    public static Path path(Path directory, long baseOffset, String suffix) {
        String digits = Long.toString(baseOffset);
        return directory.resolve(ZEROS.substring(digits.length()) + digits + suffix);
    }

    /** Base offsets of the segments in the directory, ascending. */
    public static long[] baseOffsets(Path directory) {
        return PartitionListing.of(directory).baseOffsets();
    }

    /** Files that a stop left behind half deleted or half cleaned. */
    public static List<Path> leftovers(Path directory) {
        return PartitionListing.of(directory).leftovers();
    }

    static boolean isLeftover(String name) {
        return name.endsWith(DELETED) || name.endsWith(CLEANED);
    }

    static boolean isLog(String name) {
        return name.length() == OFFSET_DIGITS + LOG.length() && name.endsWith(LOG) && beginsWithOffset(name);
    }

    /** Whether a name begins with the digits of an offset. */
    public static boolean beginsWithOffset(String name) {
        if (name.length() < OFFSET_DIGITS) {
            return false;
        }
        for (int i = 0; i < OFFSET_DIGITS; i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    static long baseOffset(String name) {
        return Long.parseLong(name.substring(0, OFFSET_DIGITS));
    }
}
