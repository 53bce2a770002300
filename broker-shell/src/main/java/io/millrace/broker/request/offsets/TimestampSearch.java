package io.millrace.broker.request.offsets;

import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * Finds records by their time. The log names the batch; its records are walked here, inflated as a stream, from a copy:
 * native code never reads a mapping. Stateless; may take long, so not on an event loop.
 */
final class TimestampSearch {
    private static final int READ_BYTES = 1 << 20;

    private TimestampSearch() {}

    /** The first record at or after {@code timestampMs} that a client may read, or null. */
    static @Nullable FoundOffset atOrAfter(PartitionLog log, long timestampMs) {
        long bound = log.logEndOffset();
        LogSlice slice = log.firstBatchAtOrAfter(timestampMs, bound);
        while (slice != null && slice.length() > 0) {
            MemoryRecords records = copy(slice);
            long nextOffset = bound;
            for (RecordBatch batch : records.batches()) {
                FoundOffset found = inBatch(batch, timestampMs, log.logStartOffset());
                if (found != null) {
                    return found;
                }
                nextOffset = batch.nextOffset();
            }
            // All its records of that time are below the log start offset: go on behind it.
            slice = nextOffset < bound ? log.read(nextOffset, READ_BYTES, bound, true) : null;
        }
        if (slice != null) {
            slice.close();
        }
        return null;
    }

    /** The first record that has the largest timestamp of the log, or null when the log is empty. */
    static @Nullable FoundOffset ofMaxTimestamp(PartitionLog log) {
        LogSlice slice = log.batchWithMaxTimestamp();
        if (slice == null) {
            return null;
        }
        for (RecordBatch batch : copy(slice).batches()) {
            return inBatch(batch, batch.maxTimestamp(), log.logStartOffset());
        }
        return null;
    }

    private static @Nullable FoundOffset inBatch(RecordBatch batch, long timestampMs, long fromOffset) {
        if (batch.maxTimestamp() < timestampMs) {
            return null;
        }
        try (CloseableIterator<Record> records = batch.streamingIterator(BufferSupplier.NO_CACHING)) {
            while (records.hasNext()) {
                Record record = records.next();
                if (record.timestamp() >= timestampMs && record.offset() >= fromOffset) {
                    return new FoundOffset(record.offset(), record.timestamp(), batch.partitionLeaderEpoch());
                }
            }
        }
        return null;
    }

    private static MemoryRecords copy(LogSlice slice) {
        try (slice) {
            ByteBuffer bytes = ByteBuffer.allocate(slice.length());
            slice.copyTo(bytes);
            return MemoryRecords.readableRecords(bytes.flip());
        }
    }
}
