package io.millrace.log.batch;

import static io.millrace.log.batch.RecordBatchDescriptor.HEADER_SIZE;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Walks the records of one uncompressed batch without allocation.
 *
 * <pre>
 *  record: length varint | attributes int8 | timestamp delta varlong | offset delta varint
 *          | key length varint, key | value length varint, value
 *          | headers count varint, then for each: key length varint, key | value length varint, value
 * </pre>
 *
 * <p>Varints are zig-zag. A negative length of a key or value is null; {@link #keyLength()} and {@link #valueLength()} are then -1.
 * A record that is malformed ends the walk: {@link #next()} is false and {@link #problem()} says why. Extents are absolute positions
 * in the buffer, which the cursor keeps until {@link #release()} or the next {@link #wrap}. The last fault a batch can have, bytes
 * after its last record, is told with that record, as Kafka does: {@link #next()} is false then, too.
 *
 * <p>Owned by one thread.
 */
public final class RecordCursor {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    /** Marks a read that went wrong: a varint that does not end in time, or bytes that are not there. */
    private static final int MAX_VARINT_BYTES = 5;

    private ByteBuffer buffer = NOTHING;
    private int position;
    private int end;
    private int remaining;
    private boolean underflow;
    private @Nullable String problem;

    private long baseOffset;
    private long baseTimestamp;
    private long appendTimestamp;
    private boolean logAppendTime;

    private int recordPosition;
    private int recordSize;
    private long offset;
    private long timestamp;
    private int keyPosition;
    private int keyLength;
    private int valuePosition;
    private int valueLength;
    private int headersCount;
    private int headersPosition;

    /** Begins at the first record of the batch at {@code at}, which is whole, has magic 2 and is not compressed. */
    public RecordCursor wrap(ByteBuffer batches, int at) {
        buffer = batches;
        position = at + HEADER_SIZE;
        end = at + RecordBatchDescriptor.sizeInBytes(batches, at);
        baseOffset = RecordBatchDescriptor.baseOffset(batches, at);
        baseTimestamp = RecordBatchDescriptor.baseTimestamp(batches, at);
        logAppendTime = RecordBatchDescriptor.isLogAppendTime(batches, at);
        appendTimestamp = RecordBatchDescriptor.maxTimestamp(batches, at);
        remaining = RecordBatchDescriptor.recordsCount(batches, at);
        underflow = false;
        problem = remaining < 0 ? "negative count of records" : null;
        return this;
    }

    /** Lets go of the buffer. */
    public void release() {
        buffer = NOTHING;
        remaining = 0;
    }

    /** Moves to the next record; false after the last one or at a malformed one. */
    public boolean next() {
        if (remaining <= 0 || problem != null) {
            return false;
        }
        remaining--;
        problem = readRecord();
        if (problem == null && remaining == 0 && position != end) {
            problem = "bytes after the last record";
        }
        return problem == null;
    }

    private @Nullable String readRecord() {
        recordPosition = position;
        int length = readVarint();
        int body = position;
        if (underflow || length < 0 || length > end - body) {
            return "record length does not fit the batch";
        }
        readFixedFields();
        String fault = readHeaders();
        if (underflow) {
            return "record ends inside a field";
        }
        if (fault == null && position - body != length) {
            return "record length differs from its fields";
        }
        recordSize = position - recordPosition;
        return fault;
    }

    private void readFixedFields() {
        readByte();
        long timestampDelta = readVarlong();
        timestamp = logAppendTime ? appendTimestamp : baseTimestamp + timestampDelta;
        offset = baseOffset + readVarint();
        keyLength = Math.max(-1, readVarint());
        keyPosition = position;
        skip(keyLength);
        valueLength = Math.max(-1, readVarint());
        valuePosition = position;
        skip(valueLength);
    }

    private @Nullable String readHeaders() {
        headersCount = readVarint();
        headersPosition = position;
        if (headersCount < 0 || headersCount > end - position) {
            return "illegal count of record headers";
        }
        for (int i = 0; i < headersCount && !underflow; i++) {
            int headerKeyLength = readVarint();
            if (headerKeyLength < 0) {
                return "record header without a key";
            }
            skip(headerKeyLength);
            skip(readVarint());
        }
        return null;
    }

    private void skip(int length) {
        if (length > end - position) {
            underflow = true;
        } else if (length > 0) {
            position += length;
        }
    }

    private byte readByte() {
        if (position >= end) {
            underflow = true;
            return 0;
        }
        return buffer.get(position++);
    }

    private int readVarint() {
        int value = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            byte b = readByte();
            value |= (b & 0x7f) << (7 * i);
            if (b >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        underflow = true;
        return 0;
    }

    private long readVarlong() {
        long value = 0;
        for (int shift = 0; shift <= 63; shift += 7) {
            byte b = readByte();
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        underflow = true;
        return 0;
    }

    /** Why the walk ended early, or null. */
    public @Nullable String problem() {
        return problem;
    }

    /** Absolute offset: the batch's base offset and the record's delta. */
    public long offset() {
        return offset;
    }

    /** Absolute timestamp; that of the append where the batch says so. */
    public long timestamp() {
        return timestamp;
    }

    public int keyPosition() {
        return keyPosition;
    }

    /** Bytes of the key, -1 when it is null. */
    public int keyLength() {
        return keyLength;
    }

    public int valuePosition() {
        return valuePosition;
    }

    /** Bytes of the value, -1 when it is null. */
    public int valueLength() {
        return valueLength;
    }

    public int headersCount() {
        return headersCount;
    }

    /** Position of the first header's key length. */
    public int headersPosition() {
        return headersPosition;
    }

    public int recordPosition() {
        return recordPosition;
    }

    /** Bytes of the record with its own length field. */
    public int recordSize() {
        return recordSize;
    }
}
