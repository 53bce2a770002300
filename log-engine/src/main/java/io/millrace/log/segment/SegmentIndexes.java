package io.millrace.log.segment;

import io.millrace.index.OffsetIndex;
import io.millrace.index.TimeIndex;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.txn.AbortedTransactionIndex;
import io.millrace.mapped.CloseSteps;
import io.millrace.mapped.StorageException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is kept about the batches of one segment and can be made anew from them: offset index, time index, aborted transactions, header
 * sums, and the timestamps that roll and retention ask for.
 *
 * <p>Every batch that is appended, or found by a scan, passes through {@link #note}. Owned by its segment; what writes runs under the
 * log's writer lock. Header sums exist where this engine wrote the segment from its first byte: the file is made with the first entry,
 * so that an idle log has none, and after the seal it is closed.
 */
final class SegmentIndexes {
    private static final VarHandle MAX_TIMESTAMP;
    private static final VarHandle MAX_TIMESTAMP_OFFSET;

    /** Entries beyond those of the offset index: one for each time that the log is closed in order. */
    private static final int SPARE_ENTRIES = 1024;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            MAX_TIMESTAMP = lookup.findVarHandle(SegmentIndexes.class, "maxTimestamp", long.class);
            MAX_TIMESTAMP_OFFSET = lookup.findVarHandle(SegmentIndexes.class, "maxTimestampOffset", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long baseOffset;
    private final OffsetIndex offsets;
    private final TimeIndex times;
    private final AbortedTransactionIndex aborted;
    private final SegmentSums sums;

    // Writer's.
    private int indexIntervalBytes;
    private int bytesSinceIndexEntry;
    private long firstTimestamp = Segment.NO_TIMESTAMP;
    /** False while the segment has a first batch at which nobody has looked. */
    private boolean firstTimestampKnown = true;

    /** Entries have gone since the last force: a loss of power must not bring them back, also where none is left. */
    private volatile boolean cut;

    // Published.
    private long maxTimestamp = Segment.NO_TIMESTAMP;
    private long maxTimestampOffset;

    private SegmentIndexes(
            SegmentContext context,
            long baseOffset,
            int indexIntervalBytes,
            OffsetIndex offsets,
            TimeIndex times,
            AbortedTransactionIndex aborted) {
        this.baseOffset = baseOffset;
        this.indexIntervalBytes = indexIntervalBytes;
        this.offsets = offsets;
        this.times = times;
        this.aborted = aborted;
        this.maxTimestampOffset = baseOffset;
        sums = new SegmentSums(context, baseOffset, offsets.maxEntries() + SPARE_ENTRIES);
    }

    /** Opens what is there, as it is; files that are missing are made when the first entry comes. */
    static SegmentIndexes open(SegmentContext context, long baseOffset, SegmentLimits limits) {
        int indexBytes = limits.indexBytesMax();
        return new SegmentIndexes(
                context,
                baseOffset,
                limits.indexIntervalBytes(),
                OffsetIndex.open(
                        context.path(baseOffset, SegmentFiles.OFFSET_INDEX),
                        baseOffset,
                        indexBytes,
                        true,
                        context.faults()),
                TimeIndex.open(
                        context.path(baseOffset, SegmentFiles.TIME_INDEX),
                        baseOffset,
                        indexBytes,
                        true,
                        context.faults()),
                openAborted(context, baseOffset));
    }

    private static AbortedTransactionIndex openAborted(SegmentContext context, long baseOffset) {
        Path index = context.path(baseOffset, SegmentFiles.TXN_INDEX);
        try {
            return AbortedTransactionIndex.open(index, baseOffset, context.faults());
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.DAMAGED) {
                throw e;
            }
            return AbortedTransactionIndex.openEmpty(index, baseOffset, context.faults());
        }
    }

    // ---- appending
    // -----------------------------------------------------------------------------------------------------------------

    /** Enters a batch that stands at {@code position} into the indexes and the timestamps. */
    void note(ByteBuffer buffer, int at, int position) {
        long timestamp = RecordBatchDescriptor.maxTimestamp(buffer, at);
        long lastOffset = RecordBatchDescriptor.lastOffset(buffer, at);
        if (position == 0) {
            firstTimestamp = timestamp;
            firstTimestampKnown = true;
        }
        if (timestamp > maxTimestamp) {
            MAX_TIMESTAMP_OFFSET.setOpaque(this, lastOffset);
            MAX_TIMESTAMP.setRelease(this, timestamp);
        }
        if (bytesSinceIndexEntry > indexIntervalBytes) {
            enter(lastOffset, position);
        }
        bytesSinceIndexEntry += RecordBatchDescriptor.sizeInBytes(buffer, at);
        sums.add(buffer, at);
    }

    /** An index is sparse: where the disk has no room for an entry, or the index none, the next batch will do. */
    private void enter(long lastOffset, int position) {
        try {
            if (!offsets.isFull()) {
                offsets.append(lastOffset, position);
                bytesSinceIndexEntry = 0;
            }
            if (!times.isFull()) {
                times.maybeAppend(maxTimestamp, maxTimestampOffset, false);
            }
            sums.enter(position);
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NO_SPACE) {
                throw e;
            }
        }
    }

    boolean isFull() {
        return offsets.isFull() || times.isFull();
    }

    /** The segment becomes the active one, and grows from its size on. Nothing is read before {@link #resume}. */
    void activate(Segment segment, SegmentLimits limits) {
        indexIntervalBytes = limits.indexIntervalBytes();
        offsets.resize(limits.indexBytesMax());
        times.resize(limits.indexBytesMax());
        firstTimestampKnown = segment.size() == 0 || firstTimestamp != Segment.NO_TIMESTAMP;
    }

    /** Before the first append to the active segment, and before it is cut. */
    void resume(Segment segment) {
        sums.activate(segment);
    }

    /** Preparer's thread, while the segment is active. */
    void prepareAhead() {
        offsets.prepareFirst();
        times.prepareFirst();
        offsets.prepareAhead();
        times.prepareAhead();
        sums.prepareAhead();
    }

    // ---- sealing
    // -------------------------------------------------------------------------------------------------------------------

    /** The last entry of the time index, so that the largest timestamp is found without a scan. */
    void finishTimes() {
        if (maxTimestamp > Segment.NO_TIMESTAMP) {
            try {
                times.maybeAppend(maxTimestamp, maxTimestampOffset, true);
            } catch (StorageException e) {
                if (e.kind() != StorageException.Kind.NO_SPACE) {
                    throw e;
                }
            }
        }
    }

    void trim() {
        offsets.trim();
        times.trim();
    }

    /** Makes the indexes durable; the header sums are sealed after it. */
    void force() {
        if (cut || offsets.entries() > 0) {
            offsets.force();
        }
        if (cut || times.entries() > 0) {
            times.force();
        }
        cut = false;
        aborted.force();
    }

    // ---- truncation
    // ----------------------------------------------------------------------------------------------------------------

    /** Drops what belongs to batches from {@code offset} on; the segment ends at {@code position} already. */
    void truncateTo(Segment segment, int position, long offset) {
        cut = true;
        offsets.truncateTo(offset);
        times.truncateTo(offset);
        aborted.truncateTo(offset);
        bytesSinceIndexEntry = 0;
        sums.truncate(segment, position);
        reloadTimestamps(segment, position);
    }

    private void reloadTimestamps(Segment segment, int size) {
        adoptTimes();
        HeaderScanner scanner =
                HeaderScanner.ofThisThread().wrap(segment, offsets.floorPosition(times.lastOffset()), size);
        while (scanner.hasBatch()) {
            if (scanner.maxTimestamp() > maxTimestamp) {
                MAX_TIMESTAMP_OFFSET.setOpaque(this, scanner.lastOffset());
                MAX_TIMESTAMP.setRelease(this, scanner.maxTimestamp());
            }
            scanner.skip();
        }
        if (size == 0) {
            firstTimestamp = Segment.NO_TIMESTAMP;
            firstTimestampKnown = true;
        }
    }

    // ---- opening
    // -------------------------------------------------------------------------------------------------------------------

    /** Looks at the indexes without reading the log: what is wrong with them, or null. */
    @Nullable
    String problem(int size) {
        try {
            offsets.sanityCheck();
            times.sanityCheck();
        } catch (StorageException e) {
            return String.valueOf(e.getMessage());
        }
        if (size == 0 && !isEmpty()) {
            return "indexes of an empty segment have entries";
        }
        if (offsets.lastPosition() >= Math.max(1, size)) {
            return "offset index goes past the segment";
        }
        if (times.entries() > offsets.entries() + 1) {
            return "offset index lacks entries that the time index has";
        }
        return size > 0 && times.entries() == 0 ? "time index is empty" : null;
    }

    /** Takes the timestamps from the time index, without a look at the batches. */
    void adoptTimes() {
        MAX_TIMESTAMP_OFFSET.setOpaque(this, times.lastOffset());
        MAX_TIMESTAMP.setRelease(this, times.lastTimestamp());
    }

    /** Empties everything but the header sums on the disk: the segment is about to be scanned. */
    void beginScan() {
        reset();
        aborted.reset();
        firstTimestamp = Segment.NO_TIMESTAMP;
        sums.beginScan();
    }

    private void reset() {
        cut |= !isEmpty();
        offsets.reset();
        times.reset();
        maxTimestamp = Segment.NO_TIMESTAMP;
        maxTimestampOffset = baseOffset;
        bytesSinceIndexEntry = 0;
    }

    /** The scan has found no damage up to where the segment ends now. */
    void endScan() {
        try {
            sums.endScan();
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NO_SPACE) {
                throw e;
            }
        }
    }

    /** Makes offset and time index anew from the headers of the batches. */
    void rebuild(Segment segment) {
        reset();
        HeaderScanner scanner = HeaderScanner.ofThisThread().wrap(segment, 0, segment.size());
        while (scanner.hasBatch()) {
            note(scanner.buffer(), scanner.bufferAt(), scanner.position());
            scanner.skip();
        }
        finishTimes();
        trim();
    }

    /** Files of indexes that have been left by a roll that failed are emptied. */
    void startEmpty() {
        beginScan();
        endScan();
    }

    // ---- the end
    // -------------------------------------------------------------------------------------------------------------------

    /** Gives all mappings and descriptors back until the next use. Under the writer lock; no reader is inside. */
    void park() {
        offsets.park();
        times.park();
        aborted.park();
        sums.park();
    }

    void discard() {
        CloseSteps.run(offsets.path(), offsets::discard, times::discard, aborted::close, sums::discard);
    }

    /** Where the files are, if they are there. */
    List<Path> paths() {
        return List.of(offsets.path(), times.path(), aborted.path(), sums.path());
    }

    // ---- facts
    // ---------------------------------------------------------------------------------------------------------------------

    OffsetIndex offsets() {
        return offsets;
    }

    TimeIndex times() {
        return times;
    }

    AbortedTransactionIndex aborted() {
        return aborted;
    }

    SegmentSums sums() {
        return sums;
    }

    boolean isEmpty() {
        return offsets.entries() == 0 && times.entries() == 0;
    }

    /** Timestamp of the first batch; NO_TIMESTAMP before there is one, or where it has none. */
    long firstTimestamp(Segment segment) {
        if (!firstTimestampKnown) {
            HeaderScanner scanner = HeaderScanner.ofThisThread().wrap(segment, 0, segment.size());
            firstTimestamp = scanner.hasBatch() ? scanner.maxTimestamp() : Segment.NO_TIMESTAMP;
            firstTimestampKnown = true;
        }
        return firstTimestamp;
    }

    long maxTimestamp() {
        return (long) MAX_TIMESTAMP.getAcquire(this);
    }

    long maxTimestampOffset() {
        return (long) MAX_TIMESTAMP_OFFSET.getOpaque(this);
    }
}
