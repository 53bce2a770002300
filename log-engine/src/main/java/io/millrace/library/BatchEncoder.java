package io.millrace.library;

import static io.millrace.log.batch.RecordBatchDescriptor.ATTRIBUTES;
import static io.millrace.log.batch.RecordBatchDescriptor.BASE_OFFSET;
import static io.millrace.log.batch.RecordBatchDescriptor.BASE_SEQUENCE;
import static io.millrace.log.batch.RecordBatchDescriptor.BASE_TIMESTAMP;
import static io.millrace.log.batch.RecordBatchDescriptor.CRC;
import static io.millrace.log.batch.RecordBatchDescriptor.HEADER_SIZE;
import static io.millrace.log.batch.RecordBatchDescriptor.LAST_OFFSET_DELTA;
import static io.millrace.log.batch.RecordBatchDescriptor.LEADER_EPOCH;
import static io.millrace.log.batch.RecordBatchDescriptor.LENGTH;
import static io.millrace.log.batch.RecordBatchDescriptor.LOG_OVERHEAD;
import static io.millrace.log.batch.RecordBatchDescriptor.MAGIC;
import static io.millrace.log.batch.RecordBatchDescriptor.MAGIC_V2;
import static io.millrace.log.batch.RecordBatchDescriptor.MAX_TIMESTAMP;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_LEADER_EPOCH;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_PRODUCER_EPOCH;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_PRODUCER_ID;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_SEQUENCE;
import static io.millrace.log.batch.RecordBatchDescriptor.PRODUCER_EPOCH;
import static io.millrace.log.batch.RecordBatchDescriptor.PRODUCER_ID;
import static io.millrace.log.batch.RecordBatchDescriptor.RECORDS_COUNT;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes records into one batch in place, in a direct buffer that is used again and again. The layout of a record is {@link
 * io.millrace.log.batch.RecordCursor}'s.
 *
 * <p>A record is begun with everything that stands before its value, so that the value can be copied to its place or be filled there by
 * somebody else, and is ended with its headers. Owned by the appender; allocates only to grow.
 */
final class BatchEncoder {
    private static final int CAPACITY_MIN = 64 << 10;
    private static final int VARINT_SIZE_MAX = 5;
    private static final int VARLONG_SIZE_MAX = 10;
    /** Length, attributes, the two deltas, the lengths of key and value, the count of headers. */
    private static final int RECORD_OVERHEAD_MAX = 4 * VARINT_SIZE_MAX + VARLONG_SIZE_MAX + 1 + VARINT_SIZE_MAX;

    private final int sizeMax;
    private final CRC32C crc = new CRC32C();
    private ByteBuffer buffer;
    /** A second view of the buffer, whose position and limit are the business of whoever fills a value. */
    private ByteBuffer region;

    private int end = HEADER_SIZE;
    private int count;
    private long baseTimestampMs;
    private long maxTimestampMs;

    /** An encoder of batches of at most that many bytes. */
    BatchEncoder(int sizeMax) {
        this.sizeMax = sizeMax;
        buffer = prepared(Math.min(CAPACITY_MIN, Math.max(sizeMax, HEADER_SIZE)));
        region = buffer.duplicate();
    }

    /** What is the same in all batches is written once; the log changes base offset and leader epoch only. */
    private static ByteBuffer prepared(int capacity) {
        return ByteBuffer.allocateDirect(capacity)
                .putLong(BASE_OFFSET, 0)
                .putInt(LEADER_EPOCH, NO_LEADER_EPOCH)
                .put(MAGIC, MAGIC_V2)
                .putShort(ATTRIBUTES, (short) 0)
                .putLong(PRODUCER_ID, NO_PRODUCER_ID)
                .putShort(PRODUCER_EPOCH, NO_PRODUCER_EPOCH)
                .putInt(BASE_SEQUENCE, NO_SEQUENCE);
    }

    /** Forgets the records. */
    void clear() {
        end = HEADER_SIZE;
        count = 0;
    }

    int count() {
        return count;
    }

    /** Bytes of the batch so far, the header included. */
    int sizeInBytes() {
        return end;
    }

    ByteBuffer buffer() {
        return buffer;
    }

    /** A part of the buffer, from position to limit: always the same object until the buffer grows. */
    ByteBuffer region(int at, int length) {
        return region.clear().limit(at + length).position(at);
    }

    /**
     * Writes what stands before the value, and makes room for it.
     *
     * @param valueLength -1 for none
     * @return where the value begins
     */
    int begin(long timestampMs, ByteBuffer key, int keyLength, int valueLength, int headersLength) {
        long room = RECORD_OVERHEAD_MAX + Math.max(0L, keyLength) + Math.max(0L, valueLength) + headersLength;
        ensureRoom(room);
        if (count == 0) {
            baseTimestampMs = timestampMs;
            maxTimestampMs = timestampMs;
        } else if (timestampMs > maxTimestampMs) {
            maxTimestampMs = timestampMs;
        }
        long delta = timestampMs - baseTimestampMs;
        int at = putUnsigned(end, zigZag(bodySize(delta, keyLength, valueLength, headersLength)));
        buffer.put(at++, (byte) 0);
        at = putUnsigned(at, zigZag(delta));
        at = putUnsigned(at, zigZag(count));
        at = putUnsigned(at, zigZag(keyLength));
        if (keyLength > 0) {
            buffer.put(at, key, 0, keyLength);
            at += keyLength;
        }
        return putUnsigned(at, zigZag(valueLength));
    }

    private int bodySize(long delta, int keyLength, int valueLength, int headersLength) {
        return 1
                + sizeOf(zigZag(delta))
                + sizeOf(zigZag(count))
                + sizeOf(zigZag(keyLength))
                + Math.max(0, keyLength)
                + sizeOf(zigZag(valueLength))
                + Math.max(0, valueLength)
                + headersLength;
    }

    /** Ends the record behind its value with headers as they are to stand there, their count before them. */
    void end(int valueEnd, ByteBuffer headers, int headersLength) {
        buffer.put(valueEnd, headers, 0, headersLength);
        end = valueEnd + headersLength;
        count++;
    }

    /** Ends the record behind its value, without headers: their count, 0, is one byte. */
    void end(int valueEnd) {
        buffer.put(valueEnd, (byte) 0);
        end = valueEnd + 1;
        count++;
    }

    /** The batch, from position 0 to the limit: valid until the next record is begun. */
    ByteBuffer finish() {
        int size = end;
        ByteBuffer batch = buffer;
        batch.limit(size).position(0);
        batch.putInt(LENGTH, size - LOG_OVERHEAD);
        batch.putInt(LAST_OFFSET_DELTA, count - 1);
        batch.putLong(BASE_TIMESTAMP, baseTimestampMs);
        batch.putLong(MAX_TIMESTAMP, maxTimestampMs);
        batch.putInt(RECORDS_COUNT, count);
        batch.putInt(CRC, RecordBatchDescriptor.computeCrc(batch, 0, size, crc));
        return batch;
    }

    private void ensureRoom(long length) {
        buffer.clear();
        if (buffer.capacity() - end < length) {
            grow(end + length);
        }
    }

    private void grow(long needed) {
        if (needed > (long) sizeMax + RECORD_OVERHEAD_MAX) {
            throw new IllegalArgumentException("a batch of " + needed + " bytes is larger than the largest one, "
                    + sizeMax + ": see LogStore.Builder.maxBatchBytes");
        }
        long doubled = Math.min(2L * buffer.capacity(), (long) sizeMax + RECORD_OVERHEAD_MAX);
        ByteBuffer larger = prepared((int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, doubled)));
        larger.put(HEADER_SIZE, buffer, HEADER_SIZE, end - HEADER_SIZE);
        buffer = larger;
        region = larger.duplicate();
    }

    static long zigZag(long value) {
        return (value << 1) ^ (value >> 63);
    }

    /** Bytes of an unsigned varint. */
    static int sizeOf(long unsigned) {
        return (Long.SIZE - Long.numberOfLeadingZeros(unsigned | 1) + 6) / 7;
    }

    private int putUnsigned(int at, long value) {
        return putUnsigned(buffer, at, value);
    }

    /** Writes an unsigned varint; returns where it ends. */
    static int putUnsigned(ByteBuffer target, int at, long value) {
        int to = at;
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            target.put(to++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        target.put(to++, (byte) rest);
        return to;
    }
}
