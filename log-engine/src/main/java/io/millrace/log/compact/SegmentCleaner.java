package io.millrace.log.compact;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentContext;
import io.millrace.log.segment.SegmentLimits;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Cleans the segments of one log, once: first the map of keys from the part that was never cleaned, then each group of segments into a new
 * one. Reads sealed segments that the caller has pinned, writes beside them, and changes nothing of the log.
 *
 * <p>Where the keys do not fit the map, the cleaning reaches as far as the map does, and the next one goes on from there.
 *
 * <p>Owned by one thread.
 */
public final class SegmentCleaner {
    private final CleaningView view;
    private final KeyOffsetMap keys;
    private final IoThrottle throttle;
    private final CleaningCounts counts;
    private final BatchRecords records;
    private final BatchOutput output;
    private final int bufferBytes;
    private final CleanedTransactions transactions = new CleanedTransactions();
    private @Nullable BatchFilter filter;

    /** A cleaner of one log, with a map that is empty. */
    public SegmentCleaner(
            CleaningView view,
            KeyOffsetMap keys,
            IoThrottle throttle,
            @Nullable RecordCodec codec,
            int bufferBytes,
            CleaningCounts counts) {
        this.view = view;
        this.keys = keys;
        this.throttle = throttle;
        this.counts = counts;
        this.bufferBytes = bufferBytes;
        records = new BatchRecords(codec);
        output = new BatchOutput(bufferBytes);
    }

    // ---- the map
    // ---------------------------------------------------------------------------------------------------------------

    /**
     * Maps the keys from {@code from} on.
     *
     * @param dirty the segments from the one that contains {@code from} on, sealed and pinned
     * @param to where the last of them ends, exclusive
     * @return where the map ends, exclusive: below {@code to} where it is full
     */
    public long map(List<Segment> dirty, long from, long to) {
        CleanedTransactions mapped = new CleanedTransactions();
        mapped.announce(view.abortedTransactions(from, to));
        SegmentBatches batches = new SegmentBatches(bufferBytes, this::paidMapped);
        boolean full = false;
        for (int i = 0; i < dirty.size() && !full; i++) {
            Segment segment = dirty.get(i);
            batches.wrap(segment, segment.floorPosition(from));
            full = !map(batches, from, mapped);
            if (!full) {
                keys.covers((i + 1 < dirty.size() ? dirty.get(i + 1).baseOffset() : to) - 1);
            }
        }
        return keys.latestOffset() + 1;
    }

    private boolean map(SegmentBatches batches, long from, CleanedTransactions mapped) {
        while (batches.next()) {
            boolean control = RecordBatchDescriptor.isControl(batches.buffer(), batches.at());
            boolean wanted = false;
            if (control) {
                mapped.onControl(batches.buffer(), batches.at());
            } else {
                wanted = !mapped.onData(batches.buffer(), batches.at());
            }
            if (wanted && !mapRecords(batches, from)) {
                return false;
            }
            long lastOffset = RecordBatchDescriptor.lastOffset(batches.buffer(), batches.at());
            if (lastOffset >= from) {
                keys.covers(lastOffset);
            }
        }
        return true;
    }

    private boolean mapRecords(SegmentBatches batches, long from) {
        RecordCursor cursor = records.wrap(batches.buffer(), batches.at());
        boolean room = true;
        while (room && cursor.next()) {
            if (cursor.keyLength() >= 0 && cursor.offset() >= from) {
                room = keys.put(records.buffer(), cursor.keyPosition(), cursor.keyLength(), cursor.offset());
            }
        }
        if (cursor.problem() != null) {
            throw batches.damaged(cursor.problem());
        }
        records.release();
        return room;
    }

    // ---- the groups
    // ------------------------------------------------------------------------------------------------------------

    /**
     * Begins the second part, before the first {@link #clean}.
     *
     * @param upperBoundOffset where the part of the log ends that may be cleaned, exclusive
     */
    public void begin(long nowMs, long deleteRetentionMs, long upperBoundOffset) {
        filter = new BatchFilter(keys, transactions, records, output, nowMs, deleteRetentionMs, upperBoundOffset);
    }

    /**
     * Writes what stays of a group into a segment with the group's first base offset, in files whose names end in {@code .cleaned}.
     * When this returns they are complete, forced and closed.
     *
     * @param context the log's; of the new segment everything else but the names is the same
     * @param group sealed and pinned; groups come in the order of their offsets
     * @param endOffset where the group ends, exclusive
     */
    public void clean(SegmentContext context, SegmentLimits limits, List<Segment> group, long endOffset) {
        SegmentContext aside = new SegmentContext(
                context.directory(),
                SegmentSwap.CLEANED,
                false,
                context.preparer(),
                new ReentrantLock(),
                context.nanos(),
                context.faults(),
                context.openSegments(),
                null);
        long base = group.get(0).baseOffset();
        SegmentSwap.discard(context.directory(), base, context.faults());
        Segment cleaned = Segment.create(aside, base, limits, 0);
        try {
            cleaned.activate(limits);
            transactions.writeTo(cleaned.aborted());
            begun().producers(view.lastRecords());
            for (int i = 0; i < group.size(); i++) {
                Segment next = i + 1 < group.size() ? group.get(i + 1) : null;
                cleanInto(cleaned, aside.writerLock(), group.get(i), next == null ? endOffset : next.baseOffset());
            }
            finish(cleaned, aside.writerLock());
        } finally {
            output.clear();
            cleaned.release();
        }
        SegmentSwap.keepModifiedTime(context.directory(), base, group.get(group.size() - 1));
    }

    private void cleanInto(Segment cleaned, ReentrantLock lock, Segment source, long endOffset) {
        BatchFilter begun = begun();
        transactions.announce(view.abortedTransactions(source.baseOffset(), endOffset));
        SegmentBatches batches = new SegmentBatches(bufferBytes, this::paidRead).wrap(source, 0);
        while (batches.next()) {
            begun.filter(batches);
            if (output.isFull()) {
                write(cleaned, lock);
            }
        }
        write(cleaned, lock);
    }

    private BatchFilter begun() {
        BatchFilter begun = filter;
        if (begun == null) {
            throw new IllegalStateException("not begun");
        }
        return begun;
    }

    private void write(Segment cleaned, ReentrantLock lock) {
        int length = output.length();
        if (length == 0) {
            return;
        }
        if (length > Integer.MAX_VALUE - cleaned.size()) {
            throw new UncleanableException("what stays of a segment does not fit a segment of 2 GiB", null);
        }
        lock.lock();
        try {
            cleaned.append(output.collected(), 0, length);
        } finally {
            lock.unlock();
        }
        output.clear();
        counts.written(length);
        pay(length);
    }

    private static void finish(Segment cleaned, ReentrantLock lock) {
        lock.lock();
        try {
            cleaned.retireWriter();
        } finally {
            lock.unlock();
        }
        cleaned.seal();
        cleaned.force();
        cleaned.forceIndexes();
    }

    private void paidMapped(int bytes) {
        counts.mapped(bytes);
        pay(bytes);
    }

    private void paidRead(int bytes) {
        counts.read(bytes);
        pay(bytes);
    }

    private void pay(int bytes) {
        view.checkGoesOn();
        throttle.pay(bytes, view::checkGoesOn);
    }

    /** How the records fared. */
    public long recordsRead() {
        return filter == null ? 0 : filter.recordsRead();
    }

    /** Records that stayed. */
    public long recordsKept() {
        return filter == null ? 0 : filter.recordsKept();
    }

    /** Records that went because they have no key. */
    public long recordsWithoutKey() {
        return filter == null ? 0 : filter.recordsWithoutKey();
    }

    /** Part of the map that is in use, 0 to 1. */
    public double mapUse() {
        return (double) keys.size() / keys.capacity();
    }
}
