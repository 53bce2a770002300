package io.millrace.log;

import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.checkpoint.SyncedPoint;
import io.millrace.mapped.StorageException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How far a log is known to be on the disk: in memory, where it is exact, and in {@code millrace.synced}, where it may be older.
 *
 * <p>It moves up after a force only, unlike the flushed offset, which also moves up with the log start over records that were deleted
 * unforced. So it is what recovery may count on: below it everything has to be there.
 *
 * <p>Guarded by itself; the offset is read by anybody.
 */
final class SyncedRange {
    /**
     * What an acknowledged record has to wait for until a flipped bit in it is told from a torn tail also after a loss of power. The
     * kernel alone would take half a minute.
     */
    private static final long FORCE_INTERVAL_MS = 5_000;

    private static final long NEVER = -1;

    private final SyncedOffsetFile file;
    private volatile long offset;
    private long forcedOffset;
    private long dueSinceMs = NEVER;
    private boolean closed;
    /** What the file does not tell yet. */
    private @Nullable SyncedPoint unwritten;

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
     * A force has succeeded. The file is told by {@link #write}.
     *
     * @param cuts how often the log had been cut before the force began
     * @param cutsNow how often it has been by now: after a cut the force says nothing
     */
    synchronized void advance(SyncedPoint point, long cuts, LongSupplier cutsNow) {
        if (closed || cuts != cutsNow.getAsLong() || point.offset() <= offset) {
            return;
        }
        offset = point.offset();
        unwritten = point;
    }

    /** Puts into the file what it does not tell yet. */
    synchronized void write() {
        SyncedPoint point = unwritten;
        if (closed || point == null) {
            return;
        }
        unwritten = null;
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

    /**
     * Segments below an offset are about to be replaced by cleaned ones, which may end before the next one begins. On the disk when this
     * returns.
     */
    synchronized void cleaned(long below) {
        if (!closed) {
            write();
            file.cleaned(below);
        }
    }

    /** The log has begun anew at an offset. */
    synchronized void cleanedAtMost(long offset) {
        if (!closed) {
            file.cleanedAtMost(offset);
        }
    }

    /** Offsets may be missing at the end of segments that begin below; all offsets where that is not known. */
    synchronized long cleanedBelow() {
        return file.cleanedBelow() < 0 ? Long.MAX_VALUE : file.cleanedBelow();
    }

    /** The log is about to be cut and will end at an offset. What the file says is at most that, on the disk, when this returns. */
    synchronized void beginCut(long end) {
        unwritten = null;
        file.beginCut(end);
        offset = Math.min(offset, end);
        forcedOffset = Math.min(forcedOffset, end);
    }

    /** The cut is on the disk, and the log ends there. */
    synchronized void endCut(SyncedPoint end) {
        if (!closed) {
            file.endCut(end);
        }
    }

    /** The file is on the disk as well, where it has moved since the last time. Nobody who writes it waits for that. */
    void forceFile() {
        long seen;
        synchronized (this) {
            if (closed || !file.exists() || forcedOffset >= offset) {
                return;
            }
            write();
            seen = offset;
        }
        try {
            file.force();
        } catch (StorageException e) {
            passWhereFull(e);
            return;
        }
        synchronized (this) {
            forcedOffset = Math.min(seen, offset);
        }
    }

    /** {@link #forceFile}, where the last time is long enough ago. */
    void forceFileIfDue(long nowMs) {
        synchronized (this) {
            boolean due = nowMs - dueSinceMs >= FORCE_INTERVAL_MS && dueSinceMs != NEVER;
            dueSinceMs = due || dueSinceMs == NEVER || nowMs < dueSinceMs ? nowMs : dueSinceMs;
            if (!due) {
                return;
            }
        }
        forceFile();
    }

    /** The log is let go: its directory may be renamed, and belong to another one. */
    synchronized void close() {
        closed = true;
    }
}
