package io.millrace.log.checkpoint;

/**
 * How far a log is known to be on the disk.
 *
 * @param offset every record below
 * @param segmentBaseOffset of the segment that the offset lies in, {@link #NO_SEGMENT} or {@link #CUT_AT_WORK} where the rest is not known
 * @param position end of that segment's batches below the offset
 * @param headerSum the running sum over their headers
 */
public record SyncedPoint(long offset, long segmentBaseOffset, int position, long headerSum) {
    /** Position and sum are not known. */
    public static final long NO_SEGMENT = -1L;
    /** In place of a segment: the log is being cut, and the cut is not known to be on the disk. */
    public static final long CUT_AT_WORK = -2L;
    /** Nothing is known to be on the disk. */
    public static final SyncedPoint NOTHING = at(0);

    /** An offset of which nothing else is known. */
    public static SyncedPoint at(long offset) {
        return new SyncedPoint(offset, NO_SEGMENT, 0, 0);
    }

    /** An offset that the log has before and after a cut which has begun. */
    public static SyncedPoint whileCutting(long offset) {
        return new SyncedPoint(offset, CUT_AT_WORK, 0, 0);
    }

    /** Whether a cut had begun and was not known to be on the disk. */
    public boolean isCutAtWork() {
        return segmentBaseOffset == CUT_AT_WORK;
    }
}
