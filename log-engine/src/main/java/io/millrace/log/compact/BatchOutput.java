package io.millrace.log.compact;

import static io.millrace.log.batch.RecordBatchDescriptor.ATTRIBUTES;
import static io.millrace.log.batch.RecordBatchDescriptor.CODEC_MASK;
import static io.millrace.log.batch.RecordBatchDescriptor.DELETE_HORIZON_FLAG;
import static io.millrace.log.batch.RecordBatchDescriptor.HEADER_SIZE;
import static io.millrace.log.batch.RecordBatchDescriptor.LOG_OVERHEAD;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_TIMESTAMP;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Collects the batches that stay: whole ones as they were, the others made anew from the records that are left of them. A batch keeps its
 * first and last offset, its leader epoch and all that concerns its producer, whatever is left of it.
 *
 * <p>Owned by one thread. The buffer is on the heap; it grows for a large batch.
 */
final class BatchOutput {
    private static final int VARINT_BYTES_MAX = 5;
    private static final int VARLONG_BYTES_MAX = 10;

    private final CRC32C crc = new CRC32C();
    private final int bufferBytes;
    private ByteBuffer buffer;

    // Of the batch that is being made.
    private int batchAt;
    private long baseTimestampMs;
    private long maxTimestampMs;
    private int count;

    BatchOutput(int bufferBytes) {
        this.bufferBytes = bufferBytes;
        buffer = ByteBuffer.allocate(bufferBytes);
    }

    /** Adds a batch as it is. */
    void copy(ByteBuffer batches, int at, int size) {
        ensureRoom(size);
        buffer.put(batches.array(), batches.arrayOffset() + at, size);
    }

    /** Adds what remains of a batch without records: its offsets, and its producer's sequence. */
    void putEmpty(ByteBuffer batches, int at) {
        ensureRoom(HEADER_SIZE);
        batchAt = buffer.position();
        buffer.put(batches.array(), batches.arrayOffset() + at, HEADER_SIZE);
        int attributes = RecordBatchDescriptor.attributes(batches, at) & ~CODEC_MASK & ~DELETE_HORIZON_FLAG;
        buffer.putShort(batchAt + ATTRIBUTES, (short) attributes);
        buffer.putLong(batchAt + RecordBatchDescriptor.BASE_TIMESTAMP, NO_TIMESTAMP);
        buffer.putInt(batchAt + RecordBatchDescriptor.RECORDS_COUNT, 0);
        seal();
    }

    /** Begins a batch that takes the place of another one; its base timestamp is {@code baseMs}. */
    void begin(ByteBuffer batches, int at, long baseMs) {
        ensureRoom(HEADER_SIZE);
        batchAt = buffer.position();
        buffer.put(batches.array(), batches.arrayOffset() + at, HEADER_SIZE);
        baseTimestampMs = baseMs;
        maxTimestampMs = NO_TIMESTAMP;
        count = 0;
    }

    /**
     * Adds a record to the batch that was begun.
     *
     * @param source holds the record, uncompressed, at {@code recordPosition}
     */
    void add(ByteBuffer source, int recordPosition, int recordSize, int offsetDelta, long timestampMs) {
        int rest = restOf(source, recordPosition);
        int restLength = recordPosition + recordSize - rest;
        long timestampDelta = timestampMs - baseTimestampMs;
        int body = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarlong(offsetDelta) + restLength;
        ensureRoom(VARINT_BYTES_MAX + VARLONG_BYTES_MAX + VARINT_BYTES_MAX + 1 + restLength);
        putVarlong(body);
        buffer.put((byte) 0);
        putVarlong(timestampDelta);
        putVarlong(offsetDelta);
        buffer.put(source.array(), source.arrayOffset() + rest, restLength);
        maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
        count++;
    }

    /** Position of the key's length: behind the record's length, attributes, timestamp and offset. */
    private static int restOf(ByteBuffer source, int recordPosition) {
        int attributes = afterVarint(source, recordPosition);
        return afterVarint(source, afterVarint(source, attributes + 1));
    }

    private static int afterVarint(ByteBuffer source, int position) {
        int at = position;
        while (source.get(at) < 0) {
            at++;
        }
        return at + 1;
    }

    /** Ends the batch that was begun. */
    void end(boolean hasDeleteHorizon, BatchRecords codecs) {
        int kept = RecordBatchDescriptor.attributes(buffer, batchAt) & ~DELETE_HORIZON_FLAG;
        buffer.putShort(batchAt + ATTRIBUTES, (short) (hasDeleteHorizon ? kept | DELETE_HORIZON_FLAG : kept));
        buffer.putLong(batchAt + RecordBatchDescriptor.BASE_TIMESTAMP, baseTimestampMs);
        // The time of the append is in the header alone, and stays.
        if (!RecordBatchDescriptor.isLogAppendTime(buffer, batchAt)) {
            buffer.putLong(batchAt + RecordBatchDescriptor.MAX_TIMESTAMP, maxTimestampMs);
        }
        buffer.putInt(batchAt + RecordBatchDescriptor.RECORDS_COUNT, count);
        int codec = kept & CODEC_MASK;
        if (codec != 0) {
            deflate(codec, codecs);
        }
        seal();
    }

    private void deflate(int codec, BatchRecords codecs) {
        int from = batchAt + HEADER_SIZE;
        ByteBuffer compressed = codecs.deflate(codec, buffer.slice(from, buffer.position() - from));
        buffer.position(from);
        ensureRoom(compressed.remaining());
        buffer.put(compressed);
    }

    private void seal() {
        int size = buffer.position() - batchAt;
        buffer.putInt(batchAt + RecordBatchDescriptor.LENGTH, size - LOG_OVERHEAD);
        buffer.putInt(
                batchAt + RecordBatchDescriptor.CRC, RecordBatchDescriptor.computeCrc(buffer, batchAt, size, crc));
    }

    private void ensureRoom(int length) {
        if (buffer.remaining() < length) {
            long wanted = Math.max(2L * buffer.capacity(), (long) buffer.position() + length);
            ByteBuffer larger = ByteBuffer.allocate((int) Math.min(Integer.MAX_VALUE - 8, wanted));
            buffer = larger.put(buffer.flip());
        }
    }

    private static int sizeOfVarlong(long value) {
        long zigZag = (value << 1) ^ (value >> 63);
        return (Long.SIZE - Long.numberOfLeadingZeros(zigZag | 1) + 6) / 7;
    }

    /** Of a value that fits an int the same bytes as a varint. */
    private void putVarlong(long value) {
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7fL) != 0) {
            buffer.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.put((byte) rest);
    }

    /** Bytes that were collected. */
    int length() {
        return buffer.position();
    }

    /** Whether as much was collected as is worth a write. */
    boolean isFull() {
        return buffer.position() >= bufferBytes;
    }

    /** What was collected, from position 0 to the limit; {@link #clear} afterwards. */
    ByteBuffer collected() {
        return buffer.flip();
    }

    /** Empties the buffer, and gives back what a large batch took. */
    void clear() {
        if (buffer.capacity() > 4 * bufferBytes) {
            buffer = ByteBuffer.allocate(bufferBytes);
        }
        buffer.clear();
    }
}
