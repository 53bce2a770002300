package io.millrace.log.segment;

import io.millrace.mapped.FileFaults;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all segments of one log share.
 *
 * @param directory the partition's directory
 * @param suffix ends the names of all files of a segment: empty but for one that is written aside
 * @param mappable appends may go through mapped windows: false where the file system's reservations do not hold
 * @param preparer makes windows ready
 * @param writerLock the log's
 * @param nanos monotonic time
 * @param faults asked before every operation on a file
 * @param openSegments bounds what all segments of the process hold open
 * @param next makes the files of the next segment ready; null where every segment is made when it is wanted
 */
public record SegmentContext(
        Path directory,
        String suffix,
        boolean mappable,
        PagePreparer preparer,
        ReentrantLock writerLock,
        LongSupplier nanos,
        FileFaults faults,
        OpenSegments openSegments,
        @Nullable NextSegment next) {

    /** Of segments that have their names. */
    public SegmentContext(
            Path directory,
            boolean mappable,
            PagePreparer preparer,
            ReentrantLock writerLock,
            LongSupplier nanos,
            FileFaults faults,
            OpenSegments openSegments,
            @Nullable NextSegment next) {
        this(directory, "", mappable, preparer, writerLock, nanos, faults, openSegments, next);
    }

    /** The file of a segment that holds {@code kind}, one of the suffixes of {@link SegmentFiles}. */
    Path path(long baseOffset, String kind) {
        return SegmentFiles.path(directory, baseOffset, kind + suffix);
    }
}
