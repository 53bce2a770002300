package io.millrace.broker.request.produce;

import io.millrace.log.LogConfig;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Checks the records of a small compressed batch where nothing about them is unusual, as {@link RecordWalk} does and in a fraction of the
 * time: inflated into memory that is used again and again, and walked there without an object. It only ever says that the batch may be
 * stored as it is, or that it does not know.
 *
 * <p>The inflated bytes stand behind a copy of the header, so that they read as a plain batch. The checksum is left to the log.
 *
 * <p>One a loop; allocates nothing once it has been used.
 */
final class CompressedBatch {
    /** A loop is held for some 0.1 ms for so much; longer batches go to the pool. */
    private static final int INFLATED_BYTES_MAX = 128 * 1024;

    private final Inflater inflater = new Inflater();
    private final RecordCursor cursor = new RecordCursor();
    private @Nullable ByteBuffer memory;

    /** Whether every record may be stored, and the header's largest timestamp is theirs. The batch is whole, by its length. */
    boolean isLegal(ByteBuffer bytes, int at, LogConfig rules, long nowMs) {
        if (RecordBatchDescriptor.isLogAppendTime(bytes, at) || RecordBatchDescriptor.baseOffset(bytes, at) != 0) {
            return false;
        }
        ByteBuffer plain = memory();
        int from = at + RecordBatchDescriptor.HEADER_SIZE;
        int to = at + RecordBatchDescriptor.sizeInBytes(bytes, at);
        int codec = RecordBatchDescriptor.codec(bytes, at);
        int end = inflater.inflate(codec, bytes, from, to, plain, RecordBatchDescriptor.HEADER_SIZE);
        if (end == Inflater.LEFT) {
            return false;
        }
        plain.put(0, bytes, at, RecordBatchDescriptor.HEADER_SIZE);
        plain.putInt(RecordBatchDescriptor.LENGTH, end - RecordBatchDescriptor.LOG_OVERHEAD);
        return recordsAreLegal(plain, rules, nowMs);
    }

    private boolean recordsAreLegal(ByteBuffer plain, LogConfig rules, long nowMs) {
        boolean keyRequired = rules.compactPolicy();
        long maxTimestampMs = RecordBatchDescriptor.NO_TIMESTAMP;
        int records = 0;
        cursor.wrap(plain, 0);
        while (cursor.next()) {
            long timestampMs = cursor.timestamp();
            if (cursor.offset() != records
                    || (keyRequired && cursor.keyLength() < 0)
                    || !CompressedValidation.allowsTimestamp(rules, timestampMs, nowMs)) {
                return false;
            }
            maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
            records++;
        }
        return cursor.problem() == null
                && records > 0
                && records == RecordBatchDescriptor.recordsCount(plain, 0)
                && maxTimestampMs == RecordBatchDescriptor.maxTimestamp(plain, 0);
    }

    private ByteBuffer memory() {
        ByteBuffer known = memory;
        if (known == null) {
            known = ByteBuffer.allocateDirect(RecordBatchDescriptor.HEADER_SIZE + INFLATED_BYTES_MAX);
            memory = known;
        }
        return known;
    }
}
