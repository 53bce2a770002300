package io.millrace.log;

import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.checkpoint.SyncedPoint;
import io.millrace.mapped.StorageException;
import java.util.function.LongSupplier;

/**
 * How far a log is known to be on the disk: in memory, where it is exact, and in {@code millrace.synced}, where it may be older.
 *
 * <p>It moves up after a force only, unlike the flushed offset, which also moves up with the log start over records that were deleted
 * unforced. So it is what recovery may count on: below it everything has to be there.
 *
 * <p>Guarded by itself; the offset is read by anybody.
 */
final class SyncedRange {
    private final SyncedOffsetFile file;
    private volatile long offset;
    private boolean closed;

    SyncedRange(SyncedOffsetFile file, long offset) {
        this.file = file;
        this.offset = offset;
    }

    /** The recovery point: every record below is on the disk. */
    long offset() {
        return offset;
    }

    /** Has the file made before the first force; whether its name is new in the directory. A full disk makes none. */
    synchronized boolean prepare() {
        try {
            return !closed && file.create();
        } catch (StorageException e) {
            passWhereFull(e);
            return false;
        }
    }

    /**
     * A force has succeeded.
     *
     * @param cuts how often the log had been cut before the force began
     * @param cutsNow how often it has been by now: after a cut the force says nothing
     */
    synchronized void advance(SyncedPoint point, long cuts, LongSupplier cutsNow) {
        if (closed || cuts != cutsNow.getAsLong() || point.offset() <= offset) {
            return;
        }
        offset = point.offset();
        try {
            file.write(point);
        } catch (StorageException e) {
            passWhereFull(e);
        }
    }

    /** An older value stays, which is right as well. */
    private static void passWhereFull(StorageException e) {
        if (e.kind() != StorageException.Kind.NO_SPACE) {
            throw e;
        }
    }

    /** The log is going to end at an offset. On the disk when this returns. */
    synchronized void lower(long end) {
        file.lower(end);
        offset = Math.min(offset, end);
    }

    /** The log is let go: its directory may be renamed, and belong to another one. */
    synchronized void close() {
        closed = true;
    }
}
