package io.millrace.broker.request.produce;

import io.millrace.log.LogConfig;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.SnappyError;

/**
 * Walks the records of one batch as its topic's rules ask: keys in compacted topics, timestamps within bounds, offsets
 * counted from 0. A compressed batch is inflated as a stream and nothing of it is kept, up to a limit. Accepts and
 * refuses what Apache Kafka does, but calls a stream that does not inflate CORRUPT_MESSAGE.
 *
 * <p>Owned by one thread; one walk at a time.
 */
final class RecordWalk {
    private static final int ERRORS_SHOWN = 3;

    private final BufferSupplier buffers = BufferSupplier.create();

    private long maxTimestampMs;
    private long inflatedBytes;
    private boolean offsetsConsecutive;
    private boolean overLimit;

    /** Takes the records of a walk that keeps them. */
    @FunctionalInterface
    interface Sink {
        /** A record that has passed; false ends the walk. */
        boolean accept(Record record);
    }

    /**
     * Checks every record.
     *
     * @param sink takes the records whole; null skips keys and values
     * @param inflatedBytesMax the walk stops behind it with {@link #overLimit()}
     * @return null when all records may be stored (or the walk was ended early), otherwise why not
     */
    @Nullable
    Refusal walk(MutableRecordBatch batch, LogConfig rules, long nowMs, long inflatedBytesMax, @Nullable Sink sink) {
        maxTimestampMs = RecordBatch.NO_TIMESTAMP;
        inflatedBytes = 0;
        offsetsConsecutive = true;
        overLimit = false;
        try (CloseableIterator<Record> records =
                sink == null ? batch.skipKeyValueIterator(buffers) : batch.streamingIterator(buffers)) {
            return walk(records, batch, rules, nowMs, inflatedBytesMax, sink);
        } catch (InvalidRecordException e) {
            return Refusal.of(Errors.INVALID_RECORD, e.getMessage());
        } catch (RuntimeException | SnappyError | OutOfMemoryError e) {
            // The codecs throw what they like; a chunk that announces more memory than there is, is no sound chunk
            // either.
            return Refusal.of(Errors.CORRUPT_MESSAGE, "the batch does not inflate: " + e.getMessage());
        }
    }

    /** Largest timestamp of the records seen. */
    long maxTimestampMs() {
        return maxTimestampMs;
    }

    /** Whether the records had offsets 0, 1, 2 and so on. */
    boolean offsetsConsecutive() {
        return offsetsConsecutive;
    }

    /** Whether the walk ended because the records inflate to more than the limit. */
    boolean overLimit() {
        return overLimit;
    }

    private @Nullable Refusal walk(
            CloseableIterator<Record> records,
            RecordBatch batch,
            LogConfig rules,
            long nowMs,
            long inflatedBytesMax,
            @Nullable Sink sink) {
        List<BatchIndexAndErrorMessage> errors = new ArrayList<>(0);
        boolean badTimestamp = false;
        for (int index = 0; records.hasNext(); index++) {
            Record record = records.next();
            String keyError = keyError(record, rules);
            String error = keyError != null ? keyError : timestampError(record, batch, rules, nowMs);
            if (error != null) {
                badTimestamp |= keyError == null;
                errors.add(new BatchIndexAndErrorMessage().setBatchIndex(index).setBatchIndexErrorMessage(error));
            }
            if (!note(record, index, inflatedBytesMax) || !give(record, errors.isEmpty(), sink)) {
                return null;
            }
        }
        return errors.isEmpty() ? null : refusal(errors, badTimestamp);
    }

    private boolean note(Record record, int index, long inflatedBytesMax) {
        maxTimestampMs = Math.max(maxTimestampMs, record.timestamp());
        offsetsConsecutive &= record.offset() == index;
        inflatedBytes += record.sizeInBytes();
        overLimit = inflatedBytes > inflatedBytesMax;
        return !overLimit;
    }

    private static boolean give(Record record, boolean allGood, @Nullable Sink sink) {
        return sink == null || !allGood || sink.accept(record);
    }

    private static @Nullable String keyError(Record record, LogConfig rules) {
        return rules.compactPolicy() && !record.hasKey() ? "Compacted topic cannot accept message without key" : null;
    }

    private static @Nullable String timestampError(Record record, RecordBatch batch, LogConfig rules, long nowMs) {
        if (rules.logAppendTime() || record.timestamp() == RecordBatch.NO_TIMESTAMP) {
            boolean appendTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
            return appendTime ? "Producer should not set timestamp type to LogAppendTime" : null;
        }
        long agoMs = nowMs - record.timestamp();
        if (agoMs <= rules.timestampBeforeMaxMs() && -agoMs <= rules.timestampAfterMaxMs()) {
            return null;
        }
        return "Timestamp " + record.timestamp() + " of message with offset " + record.offset()
                + " is out of range. The timestamp should be within [" + (nowMs - rules.timestampBeforeMaxMs()) + ", "
                + (nowMs + rules.timestampAfterMaxMs()) + "]";
    }

    private static Refusal refusal(List<BatchIndexAndErrorMessage> errors, boolean badTimestamp) {
        if (badTimestamp) {
            String message = "One or more records have been rejected due to invalid timestamp";
            return new Refusal(Errors.INVALID_TIMESTAMP, message, errors);
        }
        String message = "One or more records have been rejected due to " + errors.size()
                + " record errors in total, and only showing the first three errors at most: "
                + errors.subList(0, Math.min(errors.size(), ERRORS_SHOWN));
        return new Refusal(Errors.INVALID_RECORD, message, errors);
    }
}
