package io.millrace.log.batch;

import static io.millrace.log.batch.RecordBatchDescriptor.ATTRIBUTES;
import static io.millrace.log.batch.RecordBatchDescriptor.CONTROL_FLAG;
import static io.millrace.log.batch.RecordBatchDescriptor.HEADER_SIZE;
import static io.millrace.log.batch.RecordBatchDescriptor.LOG_OVERHEAD;
import static io.millrace.log.batch.RecordBatchDescriptor.MAGIC_V2;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_LEADER_EPOCH;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_PRODUCER_EPOCH;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_PRODUCER_ID;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_SEQUENCE;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_TIMESTAMP;
import static io.millrace.log.batch.RecordBatchDescriptor.TRANSACTIONAL_FLAG;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Makes one uncompressed magic 2 batch at a time: what a program needs that appends to a log in its own process. Owned by one
 * thread. The buffer grows and is used again after {@link #reset()}: what {@link #build()} returned is valid until then.
 */
public final class RecordBatchBuilder {
    private static final int MAX_VARINT_SIZE = 5;
    private static final int MAX_VARLONG_SIZE = 10;
    private static final int NULL_LENGTH = -1;

    private final CRC32C crc = new CRC32C();
    private ByteBuffer buffer;

    private long baseOffset;
    private int leaderEpoch;
    private int flags;
    private long producerId;
    private short producerEpoch;
    private int baseSequence;
    private int count;
    private long baseTimestampMs;
    private long maxTimestampMs;

    /** A builder whose buffer begins with that many bytes of room for records. */
    public RecordBatchBuilder(int recordsCapacity) {
        buffer = ByteBuffer.allocate(HEADER_SIZE + recordsCapacity);
        reset();
    }

    /** A builder with room for a small batch. */
    public RecordBatchBuilder() {
        this(1024);
    }

    /** A batch with the one record that ends a transaction. */
    public static ByteBuffer endTransaction(
            long producerId, short producerEpoch, int coordinatorEpoch, boolean commit, long timestampMs) {
        RecordBatchBuilder builder = new RecordBatchBuilder(64).producer(producerId, producerEpoch, NO_SEQUENCE);
        builder.flags = TRANSACTIONAL_FLAG | CONTROL_FLAG;
        short type = commit ? TransactionMarker.COMMIT : TransactionMarker.ABORT;
        return builder.add(timestampMs, TransactionMarker.key(type), TransactionMarker.value(coordinatorEpoch))
                .build();
    }

    /** Forgets everything but the buffer. */
    public RecordBatchBuilder reset() {
        buffer.clear().position(HEADER_SIZE);
        baseOffset = 0;
        leaderEpoch = NO_LEADER_EPOCH;
        flags = 0;
        producerId = NO_PRODUCER_ID;
        producerEpoch = NO_PRODUCER_EPOCH;
        baseSequence = NO_SEQUENCE;
        count = 0;
        baseTimestampMs = NO_TIMESTAMP;
        maxTimestampMs = NO_TIMESTAMP;
        return this;
    }

    /** Offset of the first record; 0, which a leader replaces, unless told. */
    public RecordBatchBuilder baseOffset(long offset) {
        baseOffset = offset;
        return this;
    }

    /** Leader epoch; -1, which a leader replaces, unless told. */
    public RecordBatchBuilder leaderEpoch(int epoch) {
        leaderEpoch = epoch;
        return this;
    }

    /** Makes the batch one of an idempotent producer. */
    public RecordBatchBuilder producer(long id, short epoch, int firstSequence) {
        producerId = id;
        producerEpoch = epoch;
        baseSequence = firstSequence;
        return this;
    }

    /** Makes the batch part of a transaction. */
    public RecordBatchBuilder transactional() {
        flags |= TRANSACTIONAL_FLAG;
        return this;
    }

    /** Adds a record without headers. */
    public RecordBatchBuilder add(long timestampMs, byte @Nullable [] key, byte @Nullable [] value) {
        return add(timestampMs, key, value, List.of());
    }

    /** Adds a record. */
    public RecordBatchBuilder add(
            long timestampMs, byte @Nullable [] key, byte @Nullable [] value, List<RecordHeader> headers) {
        if (count == 0) {
            baseTimestampMs = timestampMs;
        }
        long timestampDelta = timestampMs - baseTimestampMs;
        int bodySize = bodySize(timestampDelta, count, key, value, headers);
        ensureRoom(bodySize + MAX_VARINT_SIZE);
        putVarint(bodySize);
        buffer.put((byte) 0);
        putVarlong(timestampDelta);
        putVarint(count);
        putBytes(key);
        putBytes(value);
        putHeaders(headers);
        maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
        count++;
        return this;
    }

    private static int bodySize(
            long timestampDelta,
            int offsetDelta,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<RecordHeader> headers) {
        int size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarlong(offsetDelta) + sizeOf(key) + sizeOf(value);
        size += sizeOfVarlong(headers.size());
        for (RecordHeader header : headers) {
            size = Math.addExact(size, sizeOf(header.key()) + sizeOf(header.value()));
        }
        return size;
    }

    private static int sizeOf(byte @Nullable [] bytes) {
        return bytes == null ? 1 : Math.addExact(sizeOfVarlong(bytes.length), bytes.length);
    }

    private static int sizeOfVarlong(long value) {
        long zigZag = (value << 1) ^ (value >> 63);
        return (Long.SIZE - Long.numberOfLeadingZeros(zigZag | 1) + 6) / 7;
    }

    private void ensureRoom(int length) {
        if (buffer.remaining() < length) {
            int needed = Math.addExact(buffer.position(), length);
            ByteBuffer larger = ByteBuffer.allocate(Math.max(needed, (int) Math.min(1L << 30, 2L * buffer.capacity())));
            buffer = larger.put(buffer.flip());
        }
    }

    private void putHeaders(List<RecordHeader> headers) {
        putVarint(headers.size());
        for (RecordHeader header : headers) {
            putBytes(header.key());
            putBytes(header.value());
        }
    }

    private void putBytes(byte @Nullable [] bytes) {
        if (bytes == null) {
            putVarint(NULL_LENGTH);
        } else {
            putVarint(bytes.length);
            buffer.put(bytes);
        }
    }

    private void putVarint(int value) {
        putUnsigned(((value << 1) ^ (value >> 31)) & 0xffff_ffffL);
    }

    private void putVarlong(long value) {
        putUnsigned((value << 1) ^ (value >> 63));
    }

    private void putUnsigned(long value) {
        long rest = value;
        for (int i = 0; i < MAX_VARLONG_SIZE && (rest & ~0x7fL) != 0; i++) {
            buffer.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.put((byte) rest);
    }

    /** Bytes so far, the header included. */
    public int sizeInBytes() {
        return buffer.position();
    }

    public int count() {
        return count;
    }

    /** The batch, from position 0 to the limit. The builder takes no more records before {@link #reset()}. */
    public ByteBuffer build() {
        if (count == 0) {
            throw new IllegalStateException("a batch needs a record");
        }
        int size = buffer.position();
        buffer.flip();
        buffer.putLong(RecordBatchDescriptor.BASE_OFFSET, baseOffset);
        buffer.putInt(RecordBatchDescriptor.LENGTH, size - LOG_OVERHEAD);
        buffer.putInt(RecordBatchDescriptor.LEADER_EPOCH, leaderEpoch);
        buffer.put(RecordBatchDescriptor.MAGIC, MAGIC_V2);
        putChecksummedHeader();
        buffer.putInt(RecordBatchDescriptor.CRC, RecordBatchDescriptor.computeCrc(buffer, 0, size, crc));
        return buffer;
    }

    private void putChecksummedHeader() {
        buffer.putShort(ATTRIBUTES, (short) flags);
        buffer.putInt(RecordBatchDescriptor.LAST_OFFSET_DELTA, count - 1);
        buffer.putLong(RecordBatchDescriptor.BASE_TIMESTAMP, baseTimestampMs);
        buffer.putLong(RecordBatchDescriptor.MAX_TIMESTAMP, maxTimestampMs);
        buffer.putLong(RecordBatchDescriptor.PRODUCER_ID, producerId);
        buffer.putShort(RecordBatchDescriptor.PRODUCER_EPOCH, producerEpoch);
        buffer.putInt(RecordBatchDescriptor.BASE_SEQUENCE, baseSequence);
        buffer.putInt(RecordBatchDescriptor.RECORDS_COUNT, count);
    }
}
