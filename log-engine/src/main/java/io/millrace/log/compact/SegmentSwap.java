package io.millrace.log.compact;

import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * How a cleaned segment takes the place of others, in steps of one rename each, so that a stop at any of them leaves what can be told:
 * Kafka's protocol of file names.
 *
 * <pre>
 *  1  N.log.cleaned, N.index.cleaned, ...   written and forced      a stop here: removed, the old segments stand
 *  2  each .cleaned becomes .swap           N.log first             a stop here: a .cleaned is left, so all of N is removed
 *  3  each old segment becomes .deleted     ascending, .log first   a stop here: the swap is finished at the next open
 *  4  each .swap loses its suffix           .log first              a stop here: the same
 *  5  the .deleted files are removed        later                   a stop here: removed at the next open
 * </pre>
 *
 * <p>The last rename of step 2 is the moment at which the new segment counts. Everything it is made of was forced before, and a journal
 * keeps the order of renames, so this holds for a power cut, too. {@link SwapRecovery} is what happens at the next open, in Millrace and
 * in Kafka alike. All indexes of a segment go the same way as its log. Stateless; the log calls steps 2 to 4 under its writer lock.
 */
public final class SegmentSwap {
    /** Ends the name of a file that is being written, or was when the process ended. */
    public static final String CLEANED = SegmentFiles.CLEANED;
    /** Ends the name of a file that is complete and counts, though it does not have its place yet. */
    public static final String SWAP = ".swap";

    private SegmentSwap() {}

    /** The files of the segment with that base offset whose names end in {@code suffix}; the log first. */
    public static List<Path> files(Path directory, long baseOffset, String suffix) {
        String log = SegmentFiles.path(directory, baseOffset, SegmentFiles.LOG)
                .getFileName()
                .toString();
        String digits = log.substring(0, log.length() - SegmentFiles.LOG.length() + 1);
        return list(directory).stream()
                .filter(file -> name(file).startsWith(digits) && name(file).endsWith(suffix))
                .sorted(Comparator.comparing((Path file) -> !name(file).startsWith(log))
                        .thenComparing(SegmentSwap::name))
                .toList();
    }

    /** All files of a directory. */
    static List<Path> list(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        } catch (IOException e) {
            throw StorageException.of("list", directory, -1, e);
        }
    }

    static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /** Renames files: each {@code from} at the end of the name becomes {@code to}. */
    public static void rename(List<Path> files, String from, String to, FileFaults faults) {
        for (Path file : files) {
            StorageFile.rename(file, renamed(file, from, to), faults);
        }
    }

    private static Path renamed(Path file, String from, String to) {
        String name = name(file);
        return file.resolveSibling(name.substring(0, name.length() - from.length()) + to);
    }

    /** The names that files have after {@link #rename}. */
    public static List<Path> renamed(List<Path> files, String from, String to) {
        return files.stream().map(file -> renamed(file, from, to)).toList();
    }

    /** Removes what an earlier cleaning of the same segment has left. */
    public static void discard(Path directory, long baseOffset, FileFaults faults) {
        for (Path file : files(directory, baseOffset, CLEANED)) {
            StorageFile.deleteIfExists(file, faults);
        }
    }

    /** The new file tells the age of the newest one that went into it, for retention where batches have no timestamps. */
    static void keepModifiedTime(Path directory, long baseOffset, Segment newest) {
        Path cleaned = SegmentFiles.path(directory, baseOffset, SegmentFiles.LOG + CLEANED);
        try {
            Files.setLastModifiedTime(cleaned, Files.getLastModifiedTime(newest.path()));
        } catch (IOException e) {
            throw StorageException.of("set modification time", cleaned, -1, e);
        }
    }
}
