package io.millrace.log.compact;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;

/**
 * Decides what stays of a batch, by the rules of Kafka's cleaner (KIP-534 for the delete horizon), and hands it to the output:
 *
 * <ul>
 *   <li>a record stays where no later one has its key, and where it lies beyond what the map of keys covers; one without a key goes
 *   <li>a tombstone starts its batch's clock when it is first met: the delete horizon, now and {@code delete.retention.ms}, takes the
 *       place of the batch's base timestamp; at the horizon the tombstone goes
 *   <li>records of aborted transactions go; a marker starts the clock when nothing of its transaction is left, and goes at the horizon
 *   <li>of the newest batch of a producer at least the header stays, so that its sequence is known after a restart; so does that of the
 *       last batch that is cleaned, so that the log's end offset is
 * </ul>
 *
 * <p>One object a cleaning; owned by one thread.
 */
final class BatchFilter {
    private static final int EXTENTS_MIN = 256;

    private final KeyOffsetMap keys;
    private final CleanedTransactions transactions;
    private final BatchRecords records;
    private final BatchOutput output;
    private final long nowMs;
    private final long deleteRetentionMs;
    private final long upperBoundOffset;

    private Map<Long, LastRecord> producers = Map.of();

    // Of the batch at hand: where the records are that stay.
    private int[] extents = new int[2 * EXTENTS_MIN];
    private long[] times = new long[EXTENTS_MIN];
    private int[] deltas = new int[EXTENTS_MIN];
    private int kept;
    private int seen;
    private boolean keepsTombstone;

    private long recordsRead;
    private long recordsKept;
    private long recordsWithoutKey;

    /**
     * A filter.
     *
     * @param upperBoundOffset where the cleaning ends, exclusive
     */
    BatchFilter(
            KeyOffsetMap keys,
            CleanedTransactions transactions,
            BatchRecords records,
            BatchOutput output,
            long nowMs,
            long deleteRetentionMs,
            long upperBoundOffset) {
        this.keys = keys;
        this.transactions = transactions;
        this.records = records;
        this.output = output;
        this.nowMs = nowMs;
        this.deleteRetentionMs = deleteRetentionMs;
        this.upperBoundOffset = upperBoundOffset;
    }

    /** The producers whose last batches must stay. */
    void producers(Map<Long, LastRecord> known) {
        producers = known;
    }

    /** Judges the checked batch that the walk stands at. */
    void filter(SegmentBatches batch) {
        ByteBuffer buffer = batch.buffer();
        int at = batch.at();
        boolean control = RecordBatchDescriptor.isControl(buffer, at);
        boolean done = control ? transactions.onControl(buffer, at) : transactions.onData(buffer, at);
        boolean dropRecords = control ? done && horizonHasPassed(buffer, at) : done;
        boolean keepHeader = isLastOfProducer(buffer, at, control) || endsTheCleaning(buffer, at);
        if (dropRecords && !keepHeader) {
            recordsRead += RecordBatchDescriptor.recordsCount(buffer, at);
            return;
        }
        choose(batch, control, dropRecords);
        if (kept > 0) {
            write(batch, keepsTombstone || (done && control));
        } else if (keepHeader) {
            output.putEmpty(buffer, at);
        }
        records.release();
    }

    private static boolean hasHorizon(ByteBuffer buffer, int at) {
        return (RecordBatchDescriptor.attributes(buffer, at) & RecordBatchDescriptor.DELETE_HORIZON_FLAG) != 0;
    }

    private boolean horizonHasPassed(ByteBuffer buffer, int at) {
        return hasHorizon(buffer, at) && RecordBatchDescriptor.baseTimestamp(buffer, at) <= nowMs;
    }

    private boolean isLastOfProducer(ByteBuffer buffer, int at, boolean control) {
        if (!RecordBatchDescriptor.hasProducerId(buffer, at)) {
            return false;
        }
        LastRecord last = producers.get(RecordBatchDescriptor.producerId(buffer, at));
        if (last == null) {
            return false;
        }
        return last.lastDataOffset() >= 0
                ? RecordBatchDescriptor.lastOffset(buffer, at) == last.lastDataOffset()
                : control && RecordBatchDescriptor.producerEpoch(buffer, at) == last.epoch();
    }

    private boolean endsTheCleaning(ByteBuffer buffer, int at) {
        return RecordBatchDescriptor.lastOffset(buffer, at) + 1 == upperBoundOffset;
    }

    private void choose(SegmentBatches batch, boolean control, boolean dropRecords) {
        kept = 0;
        seen = 0;
        keepsTombstone = false;
        boolean tombstonesStay = !horizonHasPassed(batch.buffer(), batch.at());
        RecordCursor cursor = records.wrap(batch.buffer(), batch.at());
        long baseOffset = RecordBatchDescriptor.baseOffset(batch.buffer(), batch.at());
        while (cursor.next()) {
            seen++;
            if (!dropRecords && (control || stays(cursor, tombstonesStay))) {
                keep(cursor, (int) (cursor.offset() - baseOffset));
            }
        }
        if (cursor.problem() != null) {
            throw batch.damaged(cursor.problem());
        }
        recordsRead += seen;
        recordsKept += kept;
    }

    private boolean stays(RecordCursor record, boolean tombstonesStay) {
        if (record.offset() > keys.latestOffset()) {
            return true;
        }
        if (record.keyLength() < 0) {
            recordsWithoutKey++;
            return false;
        }
        boolean newest = record.offset() >= keys.get(records.buffer(), record.keyPosition(), record.keyLength());
        return newest && (record.valueLength() >= 0 || tombstonesStay);
    }

    private void keep(RecordCursor record, int offsetDelta) {
        if (kept == times.length) {
            times = Arrays.copyOf(times, 2 * kept);
            deltas = Arrays.copyOf(deltas, 2 * kept);
            extents = Arrays.copyOf(extents, 4 * kept);
        }
        extents[2 * kept] = record.recordPosition();
        extents[2 * kept + 1] = record.recordSize();
        times[kept] = record.timestamp();
        deltas[kept] = offsetDelta;
        kept++;
        keepsTombstone |= record.valueLength() < 0;
    }

    private void write(SegmentBatches batch, boolean wantsHorizon) {
        ByteBuffer buffer = batch.buffer();
        int at = batch.at();
        boolean hasHorizon = hasHorizon(buffer, at);
        boolean newHorizon = wantsHorizon && !hasHorizon;
        if (kept == seen && !newHorizon) {
            output.copy(buffer, at, batch.size());
            return;
        }
        long baseMs =
                newHorizon ? horizonMs() : hasHorizon ? RecordBatchDescriptor.baseTimestamp(buffer, at) : times[0];
        output.begin(buffer, at, baseMs);
        for (int i = 0; i < kept; i++) {
            output.add(records.buffer(), extents[2 * i], extents[2 * i + 1], deltas[i], times[i]);
        }
        output.end(newHorizon || hasHorizon, records);
    }

    private long horizonMs() {
        long horizon = nowMs + deleteRetentionMs;
        return horizon < nowMs ? Long.MAX_VALUE : horizon;
    }

    long recordsRead() {
        return recordsRead;
    }

    long recordsKept() {
        return recordsKept;
    }

    /** Records that went because they have no key: the topic was not compacted when they came. */
    long recordsWithoutKey() {
        return recordsWithoutKey;
    }
}
