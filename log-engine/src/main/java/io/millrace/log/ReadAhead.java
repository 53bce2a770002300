package io.millrace.log;

import io.millrace.log.segment.Segment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * For readers on threads that must not wait for the disk: tells whether what they are about to read is in memory, and brings it there on
 * another thread.
 *
 * <pre>
 *   offset:  | log start ............ | recent ............ log end |
 *              the page cache is asked  taken to be in memory
 * </pre>
 *
 * <p>Recent is what was appended in the last {@value #PERIOD_S} seconds at least, so that readers of the tail pay a comparison and not a
 * system call. The mark moves when somebody reads; after a silence nothing is recent.
 *
 * <p>Any thread; the marks are hints, and races between readers only make them older or newer by one period.
 */
final class ReadAhead {
    private static final int PERIOD_S = 30;
    private static final long PERIOD_NS = PERIOD_S * 1_000_000_000L;

    /** Two index intervals: an entry of the index may lie so far below the offset. */
    private static final int MARGIN_BYTES = 8 << 10;

    private static final long UNMARKED = Long.MAX_VALUE;
    private static final int PIECE_BYTES = 128 << 10;
    private static final ThreadLocal<ByteBuffer> PIECE =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(PIECE_BYTES));

    private final LogState log;

    private volatile long recentFrom = UNMARKED;
    private volatile long nextRecentFrom = UNMARKED;
    private volatile long markedNs;

    /** Where the last load ended: segment and position. */
    private volatile long loadedSegment = -1;

    private volatile int loadedTo;

    ReadAhead(LogState log) {
        this.log = log;
    }

    boolean isInMemory(long offset, int bytes, long nowNs) {
        if (isRecent(offset, nowNs)) {
            return true;
        }
        Segment segment = pinned(offset);
        if (segment == null) {
            return true; // nothing to wait for: the read finds out what is wrong
        }
        try {
            int from = segment.floorPosition(offset);
            int to = end(segment, from, bytes);
            return from >= to || segment.isInCache(from, to);
        } finally {
            segment.unpin();
        }
    }

    boolean isRecent(long offset, long nowNs) {
        if (recentFrom == UNMARKED || nowNs - markedNs > PERIOD_NS) {
            mark(nowNs);
        }
        return offset >= recentFrom;
    }

    private void mark(long nowNs) {
        long end = log.offsets.end();
        boolean silent = recentFrom == UNMARKED || nowNs - markedNs > 2 * PERIOD_NS;
        recentFrom = silent ? end : Math.min(nextRecentFrom, end);
        nextRecentFrom = end;
        markedNs = nowNs;
    }

    boolean load(long offset, int bytes) {
        Segment segment = pinned(offset);
        if (segment == null) {
            return false;
        }
        try {
            int from = segment.floorPosition(offset);
            int to = end(segment, from, bytes);
            boolean goesOn = loadedSegment == segment.baseOffset() && from <= loadedTo && to > loadedTo;
            read(segment, from, to);
            loadedSegment = segment.baseOffset();
            loadedTo = to;
            return goesOn;
        } finally {
            segment.unpin();
        }
    }

    void loadNext(long offset, int bytes) {
        Segment segment = pinned(offset);
        if (segment == null) {
            return;
        }
        try {
            int from = end(segment, segment.floorPosition(offset), bytes);
            read(segment, from, end(segment, from, bytes));
        } finally {
            segment.unpin();
        }
    }

    private static int end(Segment segment, int from, int bytes) {
        return (int) Math.min(segment.size(), from + MARGIN_BYTES + (long) Math.max(0, bytes));
    }

    /** The segment that holds the offset, if any does; null where it is gone, which the read that follows tells. */
    private @Nullable Segment pinned(long offset) {
        if (offset < log.offsets.logStart() || offset >= log.offsets.end()) {
            return null;
        }
        Segment[] segments = log.segments.all();
        Segment segment = segments[LogSegments.floorIndex(segments, offset)];
        return segment.pin() ? segment : null;
    }

    private static void read(Segment segment, int from, int to) {
        ByteBuffer piece = PIECE.get();
        for (int at = from; at < to; at += PIECE_BYTES) {
            piece.clear().limit(Math.min(PIECE_BYTES, to - at));
            if (segment.read(piece, at) < piece.limit()) {
                return; // it was cut meanwhile
            }
        }
    }
}
