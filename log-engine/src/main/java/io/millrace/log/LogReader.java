package io.millrace.log;

import io.millrace.log.segment.Segment;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.mapped.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds batches: from an offset to its segment (binary search in an array), to an index entry (in mapped memory), to the batch (a walk
 * over headers). Takes no lock: the segment is pinned for as long as it is looked at, and one that was deleted in between is looked up
 * again.
 */
final class LogReader {
    private final LogState log;

    LogReader(LogState log) {
        this.log = log;
    }

    /** See {@link PartitionLog#read}. */
    @Nullable
    LogSlice read(long offset, int maxBytes, long boundOffset, boolean atLeastOneBatch) {
        try {
            return find(offset, maxBytes, boundOffset, atLeastOneBatch);
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

    private @Nullable LogSlice find(long offset, int maxBytes, long boundOffset, boolean atLeastOneBatch) {
        while (true) {
            long end = log.offsets.end();
            if (offset < log.offsets.logStart() || offset > end) {
                return null;
            }
            LogSlice slice = tryRead(offset, maxBytes, Math.min(boundOffset, end), atLeastOneBatch);
            if (slice != null) {
                return slice;
            }
            // A segment went between the look at the list and the pin: the list has changed, or the log is closed.
            log.requireReadable();
        }
    }

    private @Nullable LogSlice tryRead(long offset, int maxBytes, long bound, boolean atLeastOneBatch) {
        Segment[] segments = log.segments.all();
        for (int i = LogSegments.floorIndex(segments, offset); i < segments.length; i++) {
            Segment segment = segments[i];
            if (!segment.pin()) {
                return null;
            }
            boolean last = i == segments.length - 1;
            long nextBase = last ? Long.MAX_VALUE : segments[i + 1].baseOffset();
            LogSlice slice = null;
            try {
                slice = offset >= bound || (last && segment.baseOffset() >= bound)
                        ? new LogSlice(log, segment, segment.size(), 0)
                        : slice(segment, nextBase, offset, maxBytes, bound, atLeastOneBatch, last);
            } finally {
                if (slice == null) {
                    segment.unpin();
                }
            }
            if (slice != null) {
                return slice;
            }
        }
        return null;
    }

    /** Null where the rest of the segment holds no such offset: compaction has taken it, the next segment goes on. */
    private @Nullable LogSlice slice(
            Segment segment,
            long nextBase,
            long offset,
            int maxBytes,
            long bound,
            boolean atLeastOneBatch,
            boolean last) {
        int end = endPosition(segment, nextBase, bound);
        int searchEnd = end == OffsetPosition.UNKNOWN ? segment.size() : end;
        long extent = segment.extentOf(offset, searchEnd);
        if (extent < 0) {
            return last || bound <= nextBase ? new LogSlice(log, segment, searchEnd, 0) : null;
        }
        int start = (int) (extent >>> Integer.SIZE);
        int firstSize = (int) extent;
        int wanted = atLeastOneBatch ? Math.max(maxBytes, firstSize) : maxBytes;
        if (end == OffsetPosition.UNKNOWN) {
            end = boundPosition(segment, bound, start, wanted);
        }
        int length = Math.max(0, (int) Math.min(wanted, (long) end - start));
        return new LogSlice(log, segment, start, length < firstSize ? 0 : length);
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
        LogSlice slice = null;
        try {
            int end = endPosition(pinned, nextBase, bound);
            if (end == OffsetPosition.UNKNOWN) {
                end = pinned.positionOf(bound, pinned.size());
            }
            long extent = pinned.extentOfTimestamp(timestampMs, log.offsets.logStart(), end);
            slice = extent < 0 ? null : new LogSlice(log, pinned, (int) (extent >>> Integer.SIZE), (int) extent);
            return slice;
        } finally {
            if (slice == null) {
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
        long extent = -1;
        try {
            extent = latest.extentOf(latest.maxTimestampOffset(), latest.size());
            return extent < 0 ? null : new LogSlice(log, latest, (int) (extent >>> Integer.SIZE), (int) extent);
        } finally {
            if (extent < 0) {
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
