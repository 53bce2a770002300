package io.millrace.log.segment;

import io.millrace.mapped.FileFaults;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * What all segments of one log share.
 *
 * @param directory the partition's directory
 * @param mappable appends may go through mapped windows: false where the file system's reservations do not hold
 * @param preparer makes windows ready
 * @param writerLock the log's
 * @param nanos monotonic time
 * @param faults asked before every operation on a file
 */
public record SegmentContext(
        Path directory,
        boolean mappable,
        PagePreparer preparer,
        ReentrantLock writerLock,
        LongSupplier nanos,
        FileFaults faults) {}
