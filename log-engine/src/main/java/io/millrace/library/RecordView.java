package io.millrace.library;

import io.millrace.log.batch.RecordCursor;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The record that a tailer stands at: a view of the log's bytes, valid until the tailer moves or is closed. To keep something, copy it:
 * {@link #valueBytes()}, {@link #copyValue}.
 *
 * <p>{@link #key()} and {@link #value()} show the bytes without a copy, in buffers that are used again for the next record. Used after the
 * tailer has moved, such a buffer shows other bytes, or on JDK 22 and newer may throw an {@link IllegalStateException}; it never ends the
 * process. Memory that was shown so is given back by the garbage collector on JDK 17 to 21: a program that wants it back at once copies
 * instead.
 *
 * <p>Owned by the tailer's thread.
 */
public final class RecordView {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final BatchTailer batches;
    private final RecordCursor cursor = new RecordCursor();
    private ByteBuffer buffer = NOTHING;
    private boolean present;

    /** The buffer that the two views below are of: of a mapping, one and the same until the next one is made. */
    private ByteBuffer viewedBuffer = NOTHING;

    private ByteBuffer keyView = NOTHING;
    private ByteBuffer valueView = NOTHING;

    // Of the header that was looked at last.
    private int headerIndex = -1;
    private int headerPosition;
    private int headerKeyLength;
    private int headerKeyPosition;
    private int headerValueLength;
    private int headerValuePosition;

    RecordView(BatchTailer batches) {
        this.batches = batches;
    }

    void wrap(ByteBuffer batch, int at) {
        buffer = batch;
        cursor.wrap(batch, at);
    }

    boolean next() {
        present = cursor.next();
        headerIndex = -1;
        if (!present && cursor.problem() != null) {
            throw malformed();
        }
        return present;
    }

    private StorageException malformed() {
        return StorageException.damaged(
                batches.directory(), -1, "offset " + batches.baseOffset() + ": " + cursor.problem());
    }

    void endBatch() {
        present = false;
        cursor.release();
    }

    /** Lets go of the memory. */
    void release() {
        endBatch();
        buffer = NOTHING;
        viewedBuffer = NOTHING;
        keyView = NOTHING;
        valueView = NOTHING;
    }

    private void requirePresent() {
        if (!present) {
            throw new IllegalStateException("the tailer stands at no record: call next()");
        }
    }

    /** The record's offset. */
    public long offset() {
        return cursor.offset();
    }

    /** Milliseconds since the epoch, as the writer gave it; -1 where it gave none. */
    public long timestamp() {
        return cursor.timestamp();
    }

    /** Whether there is a key. */
    public boolean hasKey() {
        return cursor.keyLength() >= 0;
    }

    /** Bytes of the key, -1 without one. */
    public int keyLength() {
        return cursor.keyLength();
    }

    /** Whether there is a value: a record without one deletes its key in a compacted log. */
    public boolean hasValue() {
        return cursor.valueLength() >= 0;
    }

    /** Bytes of the value, -1 without one. */
    public int valueLength() {
        return cursor.valueLength();
    }

    /** The key, from position to limit, readable only; null without one. Valid until the tailer moves. */
    public @Nullable ByteBuffer key() {
        requirePresent();
        if (cursor.keyLength() < 0) {
            return null;
        }
        renewViews();
        return keyView.clear().limit(cursor.keyPosition() + cursor.keyLength()).position(cursor.keyPosition());
    }

    /** The value, from position to limit, readable only; null without one. Valid until the tailer moves. */
    public @Nullable ByteBuffer value() {
        requirePresent();
        if (cursor.valueLength() < 0) {
            return null;
        }
        renewViews();
        return valueView
                .clear()
                .limit(cursor.valuePosition() + cursor.valueLength())
                .position(cursor.valuePosition());
    }

    @SuppressWarnings("ReferenceEquality") // the same memory is meant, not the same bytes
    private void renewViews() {
        if (viewedBuffer != buffer) {
            viewedBuffer = buffer;
            keyView = buffer.asReadOnlyBuffer();
            valueView = buffer.asReadOnlyBuffer();
            batches.viewed();
        }
    }

    /** A copy of the key, null without one. */
    public byte @Nullable [] keyBytes() {
        requirePresent();
        return bytes(cursor.keyPosition(), cursor.keyLength());
    }

    /** A copy of the value, null without one. */
    public byte @Nullable [] valueBytes() {
        requirePresent();
        return bytes(cursor.valuePosition(), cursor.valueLength());
    }

    private byte @Nullable [] bytes(int position, int length) {
        if (length < 0) {
            return null;
        }
        byte[] copy = new byte[length];
        buffer.get(position, copy, 0, length);
        return copy;
    }

    /** The key as UTF-8 text, null without one. */
    public @Nullable String keyText() {
        return text(keyBytes());
    }

    /** The value as UTF-8 text, null without one. */
    public @Nullable String valueText() {
        return text(valueBytes());
    }

    private static @Nullable String text(byte @Nullable [] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    /** Copies the value into an array, which has room for {@link #valueLength()} bytes from {@code at} on; returns their count. */
    public int copyValue(byte[] target, int at) {
        requirePresent();
        int length = Math.max(0, cursor.valueLength());
        buffer.get(cursor.valuePosition(), target, at, length);
        return length;
    }

    /** Copies the value to the target's position, which moves; returns the count of bytes. */
    public int copyValue(ByteBuffer target) {
        requirePresent();
        int length = Math.max(0, cursor.valueLength());
        target.put(target.position(), buffer, cursor.valuePosition(), length);
        target.position(target.position() + length);
        return length;
    }

    /** A byte of the value. */
    public byte valueByte(int at) {
        return buffer.get(inValue(at, Byte.BYTES));
    }

    /** Four bytes of the value, big endian. */
    public int valueInt(int at) {
        return buffer.getInt(inValue(at, Integer.BYTES));
    }

    /** Eight bytes of the value, big endian. */
    public long valueLong(int at) {
        return buffer.getLong(inValue(at, Long.BYTES));
    }

    private int inValue(int at, int size) {
        requirePresent();
        if (at < 0 || at > cursor.valueLength() - size) {
            throw new IndexOutOfBoundsException("at=" + at + " size=" + size + " valueLength=" + cursor.valueLength());
        }
        return cursor.valuePosition() + at;
    }

    // ---- headers
    // ------------------------------------------------------------------------------------------------------------------

    /** Number of headers. */
    public int headersCount() {
        requirePresent();
        return cursor.headersCount();
    }

    /** Name of a header, from 0 on. Going through them in order is the quick way. */
    public String headerName(int index) {
        moveToHeader(index);
        byte[] name = new byte[headerKeyLength];
        buffer.get(headerKeyPosition, name, 0, headerKeyLength);
        return new String(name, StandardCharsets.UTF_8);
    }

    /** A copy of a header's value, null without one. */
    public byte @Nullable [] headerBytes(int index) {
        moveToHeader(index);
        return bytes(headerValuePosition, headerValueLength);
    }

    /** A copy of the value of the last header of that name; null where there is none, or it has no value. */
    public byte @Nullable [] header(String name) {
        byte[] found = null;
        for (int i = 0; i < headersCount(); i++) {
            if (headerName(i).equals(name)) {
                found = headerBytes(i);
            }
        }
        return found;
    }

    private void moveToHeader(int index) {
        if (index < 0 || index >= headersCount()) {
            throw new IndexOutOfBoundsException(index);
        }
        if (headerIndex > index || headerIndex < 0) {
            headerIndex = -1;
            headerPosition = cursor.headersPosition();
        }
        while (headerIndex < index) {
            readHeader();
            headerIndex++;
        }
    }

    /** The cursor has checked the lengths. */
    private void readHeader() {
        headerKeyLength = readVarint();
        headerKeyPosition = headerPosition;
        headerPosition += headerKeyLength;
        headerValueLength = readVarint();
        headerValuePosition = headerPosition;
        headerPosition += Math.max(0, headerValueLength);
    }

    private int readVarint() {
        int value = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += 7) {
            byte b = buffer.get(headerPosition++);
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                break;
            }
        }
        return (value >>> 1) ^ -(value & 1);
    }

    @Override
    public String toString() {
        return present
                ? "Record[offset=" + offset() + " timestamp=" + timestamp() + " key=" + keyLength() + " value="
                        + valueLength() + " bytes]"
                : "Record[none]";
    }
}
