package io.millrace.log.batch;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Layout of a record batch, magic 2 (KIP-98), on disk as on the wire. Big endian.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  |                     base offset (64)                          |  0
 *  |                                                               |
 *  +---------------------------------------------------------------+
 *  |        batch length: bytes that follow this field             |  8
 *  +---------------------------------------------------------------+
 *  |                   partition leader epoch                      | 12
 *  +---------------+-----------------------------------------------+
 *  |   magic = 2   |         CRC-32C of byte 21 to the end ...     | 16
 *  +---------------+---------------+-------------------------------+
 *  | ... CRC       |  attributes (16)              | last offset ..| 20
 *  +---------------+-------------------------------+---------------+
 *    21 attributes            23 last offset delta (32)
 *    27 base timestamp (64)   35 max timestamp (64)
 *    43 producer id (64)      51 producer epoch (16)
 *    53 base sequence (32)    57 records count (32)
 *    61 records, compressed together when the codec is not 0
 *
 *  attributes: bits 0-2 codec (0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd), 3 timestamps are of log append,
 *              4 transactional, 5 control, 6 base timestamp is the delete horizon, 7-15 unused
 * </pre>
 *
 * <p>The checksum covers attributes to end. The base offset and the leader epoch stand outside it so that a leader can assign both
 * without reading the batch again; the batch length stands outside it too. A flipped bit in those sixteen bytes is therefore not
 * seen by the checksum: readers that recover a log check that offsets are contiguous as well.
 *
 * <p>A crash may leave any prefix of a batch, or whole pages of zeros inside it: the length or the checksum tells.
 *
 * <p>Accessors take the absolute position of the batch in the buffer and check nothing.
 */
public final class RecordBatchDescriptor {
    /** Position of the base offset. */
    public static final int BASE_OFFSET = 0;
    /** Position of the batch length. */
    public static final int LENGTH = BASE_OFFSET + Long.BYTES;
    /** Bytes in front of what the length counts. */
    public static final int LOG_OVERHEAD = LENGTH + Integer.BYTES;
    /** Position of the partition leader epoch. */
    public static final int LEADER_EPOCH = LOG_OVERHEAD;
    /** Position of the magic byte, the same in every magic. */
    public static final int MAGIC = LEADER_EPOCH + Integer.BYTES;
    /** Position of the checksum. */
    public static final int CRC = MAGIC + Byte.BYTES;
    /** Position of the attributes, where the checksummed part begins. */
    public static final int ATTRIBUTES = CRC + Integer.BYTES;
    /** Position of the last offset delta. */
    public static final int LAST_OFFSET_DELTA = ATTRIBUTES + Short.BYTES;
    /** Position of the base timestamp. */
    public static final int BASE_TIMESTAMP = LAST_OFFSET_DELTA + Integer.BYTES;
    /** Position of the maximum timestamp. */
    public static final int MAX_TIMESTAMP = BASE_TIMESTAMP + Long.BYTES;
    /** Position of the producer id. */
    public static final int PRODUCER_ID = MAX_TIMESTAMP + Long.BYTES;
    /** Position of the producer epoch. */
    public static final int PRODUCER_EPOCH = PRODUCER_ID + Long.BYTES;
    /** Position of the base sequence. */
    public static final int BASE_SEQUENCE = PRODUCER_EPOCH + Short.BYTES;
    /** Position of the count of records. */
    public static final int RECORDS_COUNT = BASE_SEQUENCE + Integer.BYTES;
    /** Position of the first record: the size of the header, 61. */
    public static final int RECORDS = RECORDS_COUNT + Integer.BYTES;
    /** Size of the header in bytes. */
    public static final int HEADER_SIZE = RECORDS;
    /** Bytes that must be there before size and magic of any batch can be told. */
    public static final int HEADER_SIZE_UP_TO_MAGIC = CRC;
    /** Smallest length that any magic allows (magic 0: checksum, magic, attributes and two lengths). */
    public static final int MIN_LENGTH_ANY_MAGIC = 14;

    /** The only magic that is stored. */
    public static final byte MAGIC_V2 = 2;
    /** Bits of the codec. */
    public static final int CODEC_MASK = 0x07;
    /** The largest codec there is: zstd. */
    public static final int CODEC_MAX = 4;
    /** Bit: the timestamps are those of the append. */
    public static final int LOG_APPEND_TIME_FLAG = 0x08;
    /** Bit: the batch belongs to a transaction. */
    public static final int TRANSACTIONAL_FLAG = 0x10;
    /** Bit: the batch holds a control record. */
    public static final int CONTROL_FLAG = 0x20;
    /** Bit: the base timestamp is the time after which tombstones may go. */
    public static final int DELETE_HORIZON_FLAG = 0x40;

    /** No timestamp was given. */
    public static final long NO_TIMESTAMP = -1L;
    /** The producer is not idempotent. */
    public static final long NO_PRODUCER_ID = -1L;
    /** The producer is not idempotent. */
    public static final short NO_PRODUCER_EPOCH = -1;
    /** The producer is not idempotent, or a coordinator wrote the batch. */
    public static final int NO_SEQUENCE = -1;
    /** The leader epoch is not known. */
    public static final int NO_LEADER_EPOCH = -1;

    private RecordBatchDescriptor() {}

    public static long baseOffset(ByteBuffer buffer, int at) {
        return buffer.getLong(at + BASE_OFFSET);
    }

    /** Size of the whole batch in bytes, as it says itself; may overflow to a negative number on damaged bytes. */
    public static int sizeInBytes(ByteBuffer buffer, int at) {
        return LOG_OVERHEAD + buffer.getInt(at + LENGTH);
    }

    public static int leaderEpoch(ByteBuffer buffer, int at) {
        return buffer.getInt(at + LEADER_EPOCH);
    }

    public static byte magic(ByteBuffer buffer, int at) {
        return buffer.get(at + MAGIC);
    }

    /** The stored checksum, as the low 32 bits. */
    public static int crc(ByteBuffer buffer, int at) {
        return buffer.getInt(at + CRC);
    }

    /** All sixteen bits; only the low seven mean anything. */
    public static short attributes(ByteBuffer buffer, int at) {
        return buffer.getShort(at + ATTRIBUTES);
    }

    public static int codec(ByteBuffer buffer, int at) {
        return attributes(buffer, at) & CODEC_MASK;
    }

    public static boolean isLogAppendTime(ByteBuffer buffer, int at) {
        return (attributes(buffer, at) & LOG_APPEND_TIME_FLAG) != 0;
    }

    public static boolean isTransactional(ByteBuffer buffer, int at) {
        return (attributes(buffer, at) & TRANSACTIONAL_FLAG) != 0;
    }

    public static boolean isControl(ByteBuffer buffer, int at) {
        return (attributes(buffer, at) & CONTROL_FLAG) != 0;
    }

    public static int lastOffsetDelta(ByteBuffer buffer, int at) {
        return buffer.getInt(at + LAST_OFFSET_DELTA);
    }

    /** Offset of the last record, inclusive. */
    public static long lastOffset(ByteBuffer buffer, int at) {
        return baseOffset(buffer, at) + lastOffsetDelta(buffer, at);
    }

    public static long baseTimestamp(ByteBuffer buffer, int at) {
        return buffer.getLong(at + BASE_TIMESTAMP);
    }

    public static long maxTimestamp(ByteBuffer buffer, int at) {
        return buffer.getLong(at + MAX_TIMESTAMP);
    }

    public static long producerId(ByteBuffer buffer, int at) {
        return buffer.getLong(at + PRODUCER_ID);
    }

    public static boolean hasProducerId(ByteBuffer buffer, int at) {
        return producerId(buffer, at) > NO_PRODUCER_ID;
    }

    public static short producerEpoch(ByteBuffer buffer, int at) {
        return buffer.getShort(at + PRODUCER_EPOCH);
    }

    public static int baseSequence(ByteBuffer buffer, int at) {
        return buffer.getInt(at + BASE_SEQUENCE);
    }

    /** Sequence of the last record, inclusive; wraps to 0 after {@link Integer#MAX_VALUE}. */
    public static int lastSequence(ByteBuffer buffer, int at) {
        int base = baseSequence(buffer, at);
        return base == NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(base, lastOffsetDelta(buffer, at));
    }

    public static int recordsCount(ByteBuffer buffer, int at) {
        return buffer.getInt(at + RECORDS_COUNT);
    }

    /** The sequence {@code increment} after {@code sequence}: sequences are the non-negative ints, as a ring. */
    public static int incrementSequence(int sequence, int increment) {
        return sequence > Integer.MAX_VALUE - increment
                ? increment - (Integer.MAX_VALUE - sequence) - 1
                : sequence + increment;
    }

    /** The sequence {@code decrement} before {@code sequence}. */
    public static int decrementSequence(int sequence, int decrement) {
        return sequence < decrement ? Integer.MAX_VALUE - (decrement - sequence) + 1 : sequence - decrement;
    }

    /** Assigns what the leader decides. Both fields stand outside the checksum, so it stays valid. */
    public static void assign(ByteBuffer buffer, int at, long baseOffset, int leaderEpoch) {
        buffer.putLong(at + BASE_OFFSET, baseOffset);
        buffer.putInt(at + LEADER_EPOCH, leaderEpoch);
    }

    /**
     * Sets type and maximum of the timestamps and the checksum with them, if anything differs. The buffer is the caller's, never a
     * mapping.
     */
    public static void setMaxTimestamp(
            ByteBuffer buffer, int at, boolean logAppendTime, long maxTimestampMs, CRC32C scratch) {
        if (isLogAppendTime(buffer, at) == logAppendTime && maxTimestamp(buffer, at) == maxTimestampMs) {
            return;
        }
        int kept = attributes(buffer, at) & (CODEC_MASK | TRANSACTIONAL_FLAG | CONTROL_FLAG | DELETE_HORIZON_FLAG);
        buffer.putShort(at + ATTRIBUTES, (short) (logAppendTime ? kept | LOG_APPEND_TIME_FLAG : kept));
        buffer.putLong(at + MAX_TIMESTAMP, maxTimestampMs);
        buffer.putInt(at + CRC, computeCrc(buffer, at, sizeInBytes(buffer, at), scratch));
    }

    /**
     * CRC-32C of the checksummed part of the batch of {@code sizeInBytes} bytes at {@code at}. Position and limit of the buffer are
     * moved and put back, because a duplicate would be an allocation: no other thread may use the buffer meanwhile. The buffer must
     * not be a file mapping: the intrinsic behind it kills the JVM when a page cannot be had.
     */
    public static int computeCrc(ByteBuffer buffer, int at, int sizeInBytes, CRC32C scratch) {
        int position = buffer.position();
        int limit = buffer.limit();
        buffer.limit(at + sizeInBytes).position(at + ATTRIBUTES);
        scratch.reset();
        scratch.update(buffer);
        buffer.limit(limit).position(position);
        return (int) scratch.getValue();
    }
}
