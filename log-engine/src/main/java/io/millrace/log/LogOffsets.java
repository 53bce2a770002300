package io.millrace.log;

/**
 * The offsets of one log, changed only through methods that assert their order:
 *
 * <pre>
 *   log start  &lt;=  flushed (recovery point)  &lt;=  log end
 *   log start  &lt;=  high watermark            &lt;=  log end
 *   last stable = min(high watermark, first unstable)
 * </pre>
 *
 * <p>Written under the log's writer lock; read by anybody.
 */
final class LogOffsets {
    private final OffsetPosition end = new OffsetPosition();
    private final OffsetPosition highWatermark = new OffsetPosition();
    private volatile long logStart;
    private volatile long flushed;
    private volatile long firstUnstable = Long.MAX_VALUE;

    LogOffsets(long logStart, long flushed, long endOffset, long segment, int position) {
        this.logStart = logStart;
        this.flushed = Math.max(flushed, logStart);
        end.set(endOffset, segment, position);
        highWatermark.set(logStart, segment, OffsetPosition.UNKNOWN);
        assertOrder();
    }

    /** The log ends here now: the bytes below are in place. The last step of an append. */
    void endsAt(long offset, long segment, int position) {
        assert offset >= end.offset() : offset + " is below the end " + end.offset();
        end.set(offset, segment, position);
    }

    /** The log was cut, or begins anew: everything is brought down to the new end, or up to the new start. */
    void cutTo(long start, long offset, long segment, int position) {
        long newHighWatermark = Math.max(start, Math.min(highWatermark.offset(), offset));
        long newFlushed = Math.max(start, Math.min(flushed, offset));
        highWatermark.set(newHighWatermark, segment, OffsetPosition.UNKNOWN);
        flushed = newFlushed;
        logStart = start;
        end.set(offset, segment, position);
        assertOrder();
    }

    /** The log is empty and begins at {@code offset}, which may be above or below where it ended. */
    void restartAt(long offset) {
        // Readers between these lines see an empty range, never one that begins above its end.
        firstUnstable = Long.MAX_VALUE;
        if (offset < end.offset()) {
            logStart = Math.min(logStart, offset);
        }
        highWatermark.set(offset, offset, 0);
        flushed = offset;
        end.set(offset, offset, 0);
        logStart = offset;
        assertOrder();
    }

    /** Everything below is on the disk. */
    void flushedTo(long offset) {
        if (offset > flushed) {
            flushed = offset;
        }
        assertOrder();
    }

    /** The high watermark moves up, never beyond the end. Returns whether it moved. */
    boolean advanceHighWatermark(long offset) {
        long target = Math.min(offset, end.offset());
        if (target <= highWatermark.offset()) {
            return false;
        }
        if (target == end.offset()) {
            highWatermark.set(target, end.segmentOfWriter(), end.positionOfWriter());
        } else {
            highWatermark.set(target, 0, OffsetPosition.UNKNOWN);
        }
        return true;
    }

    /** Records below have been deleted; what lies below it moves up with it. */
    void startsAt(long offset) {
        advanceHighWatermark(offset);
        flushedTo(offset);
        logStart = offset;
        assertOrder();
    }

    /** First offset of a transaction that holds the last stable offset back; {@link Long#MAX_VALUE} without one. */
    void firstUnstableIs(long offset) {
        if (offset != firstUnstable) {
            firstUnstable = offset;
        }
    }

    private void assertOrder() {
        assert logStart <= flushed && flushed <= end.offset() : this;
        assert logStart <= highWatermark.offset() && highWatermark.offset() <= end.offset() : this;
    }

    long logStart() {
        return logStart;
    }

    long flushed() {
        return flushed;
    }

    long end() {
        return end.offset();
    }

    long highWatermark() {
        return highWatermark.offset();
    }

    long lastStable() {
        // The watermark first: a transaction is known here before the watermark can pass its first record.
        long watermark = highWatermark.offset();
        return Math.min(watermark, Math.max(firstUnstable, logStart));
    }

    /** Position of an offset in a segment, where it is the end or the high watermark; else {@link OffsetPosition#UNKNOWN}. */
    int knownPosition(long offset, long baseOffset) {
        int position = end.positionOf(offset, baseOffset);
        return position != OffsetPosition.UNKNOWN ? position : highWatermark.positionOf(offset, baseOffset);
    }

    @Override
    public String toString() {
        return "logStart=" + logStart + " flushed=" + flushed + " highWatermark=" + highWatermark() + " end=" + end();
    }
}
