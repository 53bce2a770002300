package io.millrace.library;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What was said about the next record before its value is known: key, headers, timestamp. Copies what it is given, so that callers may use
 * their arrays again at once. Owned by the appender; allocates only to grow.
 */
final class PendingRecord {
    private static final int NONE = -1;
    private static final int CAPACITY_MIN = 256;
    private static final int COUNT_SIZE_MAX = 5;

    private ByteBuffer key = ByteBuffer.allocateDirect(CAPACITY_MIN);
    private int keyLength = NONE;

    /** Headers as they stand in a record; in front room for their count, which is known last. */
    private ByteBuffer headers = ByteBuffer.allocateDirect(CAPACITY_MIN);

    private ByteBuffer counted = ByteBuffer.allocateDirect(CAPACITY_MIN);
    private int headersEnd;
    private int headersCount;

    private long timestampMs;
    private boolean timestamped;

    boolean isEmpty() {
        return keyLength == NONE && headersCount == 0 && !timestamped;
    }

    void clear() {
        keyLength = NONE;
        headersEnd = 0;
        headersCount = 0;
        timestamped = false;
    }

    void key(byte @Nullable [] bytes) {
        if (bytes == null) {
            keyLength = NONE;
            return;
        }
        key = withRoom(key, 0, bytes.length);
        key.put(0, bytes, 0, bytes.length);
        keyLength = bytes.length;
    }

    void key(ByteBuffer bytes) {
        int length = bytes.remaining();
        key = withRoom(key, 0, length);
        key.put(0, bytes, bytes.position(), length);
        keyLength = length;
    }

    void timestamp(long newTimestampMs) {
        timestampMs = newTimestampMs;
        timestamped = true;
    }

    void header(String name, byte @Nullable [] value) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        put(nameBytes);
        if (value == null) {
            headers = withRoom(headers, headersEnd, COUNT_SIZE_MAX);
            headersEnd = BatchEncoder.putUnsigned(headers, headersEnd, BatchEncoder.zigZag(-1));
        } else {
            put(value);
        }
        headersCount++;
    }

    /** As the other one, with a name whose bytes the caller keeps: allocates nothing. */
    void header(byte[] name, byte[] value) {
        put(name);
        put(value);
        headersCount++;
    }

    private void put(byte[] bytes) {
        headers = withRoom(headers, headersEnd, COUNT_SIZE_MAX + bytes.length);
        int at = BatchEncoder.putUnsigned(headers, headersEnd, BatchEncoder.zigZag(bytes.length));
        headers.put(at, bytes, 0, bytes.length);
        headersEnd = at + bytes.length;
    }

    private static ByteBuffer withRoom(ByteBuffer buffer, int used, int length) {
        if (buffer.capacity() - used >= length) {
            return buffer;
        }
        int needed = Math.addExact(used, length);
        ByteBuffer larger =
                ByteBuffer.allocateDirect((int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * needed)));
        return larger.put(0, buffer, 0, used);
    }

    ByteBuffer key() {
        return key;
    }

    /** -1 without one. */
    int keyLength() {
        return keyLength;
    }

    boolean hasHeaders() {
        return headersCount > 0;
    }

    /** Bytes of the headers with their count. */
    int headersLength() {
        return BatchEncoder.sizeOf(BatchEncoder.zigZag(headersCount)) + headersEnd;
    }

    /** The headers with their count in front, from 0 on. */
    ByteBuffer headers() {
        counted = withRoom(counted, 0, headersLength());
        int at = BatchEncoder.putUnsigned(counted, 0, BatchEncoder.zigZag(headersCount));
        return counted.put(at, headers, 0, headersEnd);
    }

    boolean isTimestamped() {
        return timestamped;
    }

    long timestampMs() {
        return timestampMs;
    }
}
