package io.millrace.log;

import io.millrace.log.segment.Segment;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.mapped.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds batches: from an offset to its segment (binary search in an array), to an index entry (in mapped memory), to the batch (a walk
 * over headers, in mapped memory where little is read at a time). Takes no lock: the segment is pinned for as long as it is looked at, and one that was deleted in between is looked up
 * again.
 */
final class LogReader {
    /** To hand over so much takes a hundred times as long as to read a header: that is not worth pages of a mapping. */
    private static final int LARGE_BYTES = 256 << 10;

    private final LogState log;

    LogReader(LogState log) {
        this.log = log;
    }

    /** See {@link PartitionLog#readInto}. */
    boolean readInto(LogSlice target, long offset, int maxBytes, long boundOffset, boolean atLeastOneBatch) {
        if (target.isOpen()) {
            throw new IllegalStateException("still open: " + target);
        }
        try {
            return find(target, offset, maxBytes, boundOffset, atLeastOneBatch);
        } catch (StorageException e) {
            throw failed(e);
        } catch (InternalError e) {
            throw failed(mappedAccess(e));
        }
    }

    /** A page of an index could not be had. On JDK 17 this may come from any line after the access. */
    private StorageException mappedAccess(InternalError e) {
        return new StorageException(StorageException.Kind.IO, "mapped access", log.directory, -1, e);
    }

    /** A log whose bytes cannot be read, or are not there, takes no more of them. */
    private StorageException failed(StorageException e) {
        boolean lost = e.kind() == StorageException.Kind.IO || e.kind() == StorageException.Kind.DAMAGED;
        if (lost && !log.isClosed()) {
            log.fail(e);
        }
        return e;
    }

    private boolean find(LogSlice target, long offset, int maxBytes, long boundOffset, boolean atLeastOneBatch) {
        while (true) {
            long end = log.offsets.end();
            if (offset < log.offsets.logStart() || offset > end) {
                return false;
            }
            if (tryRead(target, offset, maxBytes, Math.min(boundOffset, end), atLeastOneBatch)) {
                return true;
            }
            // A segment went between the look at the list and the pin, or was cut: the list has changed, or the log is
            // closed.
            log.requireReadable();
        }
    }

    private boolean tryRead(LogSlice target, long offset, int maxBytes, long bound, boolean atLeastOneBatch) {
        Segment[] segments = log.segments.all();
        int floor = LogSegments.floorIndex(segments, offset);
        for (int i = floor; i < segments.length; i++) {
            Segment segment = segments[i];
            // What a segment does not hold is in the next one where compaction has taken it, and nowhere where it is
            // being cut.
            if ((i > floor && segments != log.segments.all()) || !segment.pin()) {
                return false;
            }
            boolean last = i == segments.length - 1;
            long nextBase = last ? Long.MAX_VALUE : segments[i + 1].baseOffset();
            try {
                if (offset >= bound || (last && segment.baseOffset() >= bound)) {
                    target.open(log, segment, segment.size(), 0);
                } else {
                    fill(target, segment, nextBase, offset, maxBytes, bound, atLeastOneBatch);
                }
            } finally {
                if (!target.isOpen()) {
                    segment.unpin();
                }
            }
            if (target.isOpen()) {
                return true;
            }
        }
        return false;
    }

    /** Leaves the slice closed where the rest of the segment holds no such offset: compaction has taken it, the next segment goes on. */
    private void fill(
            LogSlice target,
            Segment segment,
            long nextBase,
            long offset,
            int maxBytes,
            long bound,
            boolean atLeastOneBatch) {
        int end = endPosition(segment, nextBase, bound);
        int searchEnd = end == OffsetPosition.UNKNOWN ? segment.size() : end;
        long extent = maxBytes < LARGE_BYTES
                ? segment.extentOfMapped(offset, searchEnd)
                : segment.extentOf(offset, searchEnd);
        if (extent < 0) {
            if (bound <= nextBase) {
                target.open(log, segment, searchEnd, 0);
            }
            return;
        }
        int start = (int) (extent >>> Integer.SIZE);
        int firstSize = (int) extent;
        int wanted = atLeastOneBatch ? Math.max(maxBytes, firstSize) : maxBytes;
        if (end == OffsetPosition.UNKNOWN) {
            end = boundPosition(segment, bound, start, wanted);
        }
        int length = Math.max(0, (int) Math.min(wanted, (long) end - start));
        target.open(log, segment, start, length < firstSize ? 0 : length);
    }

    /** Where what is below {@code bound} ends in the segment, as far as it is known without a search. */
    private int endPosition(Segment segment, long nextBase, long bound) {
        if (bound >= nextBase) {
            return segment.size();
        }
        return log.offsets.knownPosition(bound, segment.baseOffset());
    }

    /** The same with a search, which is spared where the size that is wanted ends before. */
    private static int boundPosition(Segment segment, long bound, int start, int wanted) {
        int atLeast = segment.floorPosition(bound);
        return atLeast - start >= wanted ? atLeast : segment.positionOf(bound, segment.size());
    }

    /** See {@link PartitionLog#firstBatchAtOrAfter}. */
    @Nullable
    LogSlice firstBatchAtOrAfter(long timestampMs, long boundOffset) {
        try {
            return findByTime(timestampMs, boundOffset);
        } catch (StorageException e) {
            throw failed(e);
        } catch (InternalError e) {
            throw failed(mappedAccess(e));
        }
    }

    private @Nullable LogSlice findByTime(long timestampMs, long boundOffset) {
        long bound = Math.min(boundOffset, log.offsets.end());
        Segment[] segments = log.segments.all();
        for (int i = LogSegments.floorIndex(segments, log.offsets.logStart()); i < segments.length; i++) {
            Segment segment = segments[i];
            if (segment.baseOffset() >= bound) {
                return null;
            }
            if (segment.maxTimestamp() >= timestampMs && segment.pin()) {
                long nextBase = i == segments.length - 1 ? Long.MAX_VALUE : segments[i + 1].baseOffset();
                LogSlice found = firstInSegment(segment, nextBase, timestampMs, bound);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    private @Nullable LogSlice firstInSegment(Segment pinned, long nextBase, long timestampMs, long bound) {
        LogSlice slice = new LogSlice();
        try {
            int end = endPosition(pinned, nextBase, bound);
            if (end == OffsetPosition.UNKNOWN) {
                end = pinned.positionOf(bound, pinned.size());
            }
            long extent = pinned.extentOfTimestamp(timestampMs, log.offsets.logStart(), end);
            if (extent < 0) {
                return null;
            }
            slice.open(log, pinned, (int) (extent >>> Integer.SIZE), (int) extent);
            return slice;
        } finally {
            if (!slice.isOpen()) {
                pinned.unpin();
            }
        }
    }

    /** See {@link PartitionLog#batchWithMaxTimestamp}. */
    @Nullable
    LogSlice batchWithMaxTimestamp() {
        try {
            return findLatest();
        } catch (StorageException e) {
            throw failed(e);
        } catch (InternalError e) {
            throw failed(mappedAccess(e));
        }
    }

    private @Nullable LogSlice findLatest() {
        Segment latest = null;
        for (Segment segment : log.segments.all()) {
            if (segment.maxTimestamp() >= 0 && (latest == null || segment.maxTimestamp() > latest.maxTimestamp())) {
                latest = segment;
            }
        }
        if (latest == null || !latest.pin()) {
            return null;
        }
        LogSlice slice = new LogSlice();
        try {
            long extent = latest.extentOf(latest.maxTimestampOffset(), latest.size());
            if (extent < 0) {
                return null;
            }
            slice.open(log, latest, (int) (extent >>> Integer.SIZE), (int) extent);
            return slice;
        } finally {
            if (!slice.isOpen()) {
                latest.unpin();
            }
        }
    }

    /** See {@link PartitionLog#abortedTransactions}. */
    List<AbortedTransaction> abortedTransactions(long from, long to) {
        List<AbortedTransaction> found = new ArrayList<>();
        Segment[] segments = log.segments.all();
        for (int i = LogSegments.floorIndex(segments, from); i < segments.length; i++) {
            if (segments[i].aborted().collect(from, to, found)) {
                break;
            }
        }
        return found;
    }
}
