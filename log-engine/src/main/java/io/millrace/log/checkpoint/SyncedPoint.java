package io.millrace.log.checkpoint;

/**
 * How far a log is known to be on the disk.
 *
 * @param offset every record below
 * @param segmentBaseOffset of the segment that the offset lies in, {@link #NO_SEGMENT} where the rest is not known
 * @param position end of that segment's batches below the offset
 * @param headerSum the running sum over their headers
 */
public record SyncedPoint(long offset, long segmentBaseOffset, int position, long headerSum) {
    /** Position and sum are not known. */
    public static final long NO_SEGMENT = -1L;
    /** Nothing is known to be on the disk. */
    public static final SyncedPoint NOTHING = at(0);

    /** An offset of which nothing else is known. */
    public static SyncedPoint at(long offset) {
        return new SyncedPoint(offset, NO_SEGMENT, 0, 0);
    }
}
