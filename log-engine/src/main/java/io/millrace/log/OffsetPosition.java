package io.millrace.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An offset and where it is: the base offset of its segment and the byte position in it, published together without an object.
 *
 * <p>A sequence lock: one writer at a time (the log's writer lock), readers repeat while the version is odd or has moved. The offset
 * alone is read with one acquire and is written after the bytes it covers.
 */
final class OffsetPosition {
    /** Position of an offset whose place is not known. */
    static final int UNKNOWN = -1;

    private static final VarHandle VERSION;
    private static final VarHandle OFFSET;
    private static final VarHandle SEGMENT;
    private static final VarHandle POSITION;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            VERSION = lookup.findVarHandle(OffsetPosition.class, "version", long.class);
            OFFSET = lookup.findVarHandle(OffsetPosition.class, "offset", long.class);
            SEGMENT = lookup.findVarHandle(OffsetPosition.class, "segment", long.class);
            POSITION = lookup.findVarHandle(OffsetPosition.class, "position", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long version;

    @SuppressWarnings("UnusedVariable") // through OFFSET
    private long offset;

    private long segment;
    private int position = UNKNOWN;

    void set(long newOffset, long newSegment, int newPosition) {
        long before = version;
        VERSION.setOpaque(this, before + 1);
        VarHandle.storeStoreFence();
        SEGMENT.setOpaque(this, newSegment);
        POSITION.setOpaque(this, newPosition);
        OFFSET.setRelease(this, newOffset);
        VERSION.setRelease(this, before + 2);
    }

    long offset() {
        return (long) OFFSET.getAcquire(this);
    }

    /**
     * Where {@code wanted} is within the segment with that base offset, {@link #UNKNOWN} where this does not stand for that offset or
     * its place is in another segment.
     */
    int positionOf(long wanted, long baseOffset) {
        long before;
        boolean same;
        int found;
        do {
            before = (long) VERSION.getAcquire(this);
            same = (long) OFFSET.getOpaque(this) == wanted && (long) SEGMENT.getOpaque(this) == baseOffset;
            found = (int) POSITION.getOpaque(this);
            VarHandle.loadLoadFence();
        } while ((before & 1) != 0 || before != (long) VERSION.getOpaque(this));
        return same ? found : UNKNOWN;
    }

    /** For the writer, who holds the lock. */
    long segmentOfWriter() {
        return segment;
    }

    /** For the writer, who holds the lock. */
    int positionOfWriter() {
        return position;
    }
}
