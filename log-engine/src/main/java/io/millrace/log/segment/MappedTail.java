package io.millrace.log.segment;

import io.millrace.mapped.MappedRegion;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A mapped stretch of the active segment's file around the cursor, of which the pages up to {@link #ready()} are present.
 *
 * <p>The preparer makes it and moves {@code ready} on; the writer copies into what is ready and hands the stretch back once it is
 * worn. Places are positions in the file.
 *
 * <p>A <i>recycled</i> tail lies over batches of a segment that has expired. There a header of zeros is kept behind the cursor, so that
 * nobody who reads the file takes what follows for a batch; elsewhere the file is zeros from the cursor on.
 */
final class MappedTail {
    private static final VarHandle READY;

    static {
        try {
            READY = MethodHandles.lookup().findVarHandle(MappedTail.class, "ready", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MappedRegion region;
    private final long start;
    private final long end;
    private final boolean recycled;

    @SuppressWarnings("UnusedVariable") // through READY
    private long ready;

    /** Preparer's: pages below have been given back. */
    private long worn;

    MappedTail(MappedRegion region, boolean recycled) {
        this.region = region;
        this.recycled = recycled;
        start = region.position();
        end = start + region.length();
        ready = start;
        worn = start;
    }

    /** First byte. */
    long start() {
        return start;
    }

    /** Exclusive. */
    long end() {
        return end;
    }

    boolean isRecycled() {
        return recycled;
    }

    MappedRegion region() {
        return region;
    }

    /** Pages up to here are present and writable; those behind it may be copied into as well, and then are not cheap. */
    long ready() {
        return (long) READY.getAcquire(this);
    }

    // ---- writer
    // --------------------------------------------------------------------------------------------------------------------

    /** Copies a batch, or a part of one, behind a new header of zeros where one is needed. */
    void put(long position, ByteBuffer source, int at, int length) {
        if (recycled) {
            clearHeader(position + length);
        }
        region.putBytes((int) (position - start), source, at, length);
    }

    /** Where fewer bytes are left than a header has, nobody takes them for one. */
    void clearHeader(long position) {
        if (position + Long.BYTES + Integer.BYTES <= end) {
            int at = (int) (position - start);
            region.putLong(at, 0);
            region.putInt(at + Long.BYTES, 0);
        }
    }

    // ---- preparer
    // ------------------------------------------------------------------------------------------------------------------

    /** Makes pages present up to a position. */
    void populate(long from, long to) {
        region.populateWrite((int) (from - start), (int) (to - from));
    }

    /** What {@link #populate} has done, and whatever had to come before it. */
    void readyTo(long position) {
        READY.setRelease(this, position);
    }

    /** Lets go of the pages in front of a position, which stay in the page cache. */
    void wearTo(long position, long stepBytes) {
        if (position - worn >= stepBytes) {
            region.letGo((int) (worn - start), (int) (position - worn));
            worn = position;
        }
    }
}
