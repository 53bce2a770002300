package io.millrace.log.checkpoint;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Layout of a slot of {@code millrace.synced}, a format of this engine. Big endian.
 *
 * <pre>
 *   0 magic "MRSY" (32)          4 version = 2 (32)
 *   8 sequence number (64)       the valid slot with the greater one counts
 *  16 synced offset (64)         every record below was on the disk when this was written
 *  24 segment base offset (64)   of the segment that the synced offset lies in, -1 where the two below are not known
 *                                -2 where they are not and the log is being cut
 *  32 position (32)              end of that segment's batches below the synced offset
 *  36 header sum (64)            running sum over their headers, as in the segment's .headersum file
 *  44 cleaned below (64)         no segment that begins at or above has been cleaned: the next one goes on where it ends. -1: not known
 *  52 CRC-32C of byte 0 to 51 (32)
 * </pre>
 *
 * <p>Version 1, which is read as well, has the checksum at 44, and nothing is known of cleanings.
 *
 * <p>The file has two slots, at 0 and at {@value #SLOT_DISTANCE}, written in turn and in place: a write that is torn harms one of them
 * only. A crash leaves the last value, or an older one, which is always right: it only makes the range smaller that is known to have been
 * on the disk.
 */
public final class SyncedOffsetDescriptor {
    /** The first four bytes of a slot. */
    public static final int MAGIC_VALUE = 0x4D525359;
    /** The version written. */
    public static final int CURRENT_VERSION = 2;
    /** The other version read. */
    public static final int VERSION_WITHOUT_CLEANED = 1;
    /** Position of the magic. */
    public static final int MAGIC = 0;
    /** Position of the version. */
    public static final int VERSION = MAGIC + Integer.BYTES;
    /** Position of the sequence number. */
    public static final int SEQUENCE = VERSION + Integer.BYTES;
    /** Position of the synced offset. */
    public static final int OFFSET = SEQUENCE + Long.BYTES;
    /** Position of the segment's base offset. */
    public static final int SEGMENT = OFFSET + Long.BYTES;
    /** Position of the position. */
    public static final int POSITION = SEGMENT + Long.BYTES;
    /** Position of the header sum. */
    public static final int HEADER_SUM = POSITION + Integer.BYTES;
    /** Position of the offset below which segments have been cleaned. */
    public static final int CLEANED_BELOW = HEADER_SUM + Long.BYTES;
    /** Position of the checksum, which covers what stands before it. */
    public static final int CRC = CLEANED_BELOW + Long.BYTES;
    /** Bytes of a slot. */
    public static final int SLOT_SIZE = CRC + Integer.BYTES;
    /** From the first byte of one slot to that of the other: another sector. */
    public static final int SLOT_DISTANCE = 512;
    /** Number of slots. */
    public static final int SLOTS = 2;

    /** In place of {@link #CLEANED_BELOW}: nobody knows. */
    public static final long CLEANED_UNKNOWN = -1L;

    private static final int CRC_OF_VERSION_1 = CLEANED_BELOW;

    private SyncedOffsetDescriptor() {}

    /** Writes a slot at {@code at} of a heap or direct buffer whose position does not matter. */
    public static void put(ByteBuffer buffer, int at, long sequence, SyncedPoint point, long cleanedBelow) {
        buffer.putInt(at + MAGIC, MAGIC_VALUE);
        buffer.putInt(at + VERSION, CURRENT_VERSION);
        buffer.putLong(at + SEQUENCE, sequence);
        buffer.putLong(at + OFFSET, point.offset());
        buffer.putLong(at + SEGMENT, point.segmentBaseOffset());
        buffer.putInt(at + POSITION, point.position());
        buffer.putLong(at + HEADER_SUM, point.headerSum());
        buffer.putLong(at + CLEANED_BELOW, cleanedBelow);
        buffer.putInt(at + CRC, computeCrc(buffer, at, CRC));
    }

    /** Whether a whole, unharmed slot stands at {@code at}. */
    public static boolean isValid(ByteBuffer buffer, int at) {
        int left = buffer.limit() - at;
        if (left < CRC_OF_VERSION_1 + Integer.BYTES || buffer.getInt(at + MAGIC) != MAGIC_VALUE) {
            return false;
        }
        int crcAt = switch (buffer.getInt(at + VERSION)) {
            case CURRENT_VERSION -> CRC;
            case VERSION_WITHOUT_CLEANED -> CRC_OF_VERSION_1;
            default -> Integer.MAX_VALUE - Integer.BYTES;
        };
        return left >= crcAt + Integer.BYTES
                && buffer.getInt(at + crcAt) == computeCrc(buffer, at, crcAt)
                && buffer.getLong(at + OFFSET) >= 0;
    }

    public static long sequence(ByteBuffer buffer, int at) {
        return buffer.getLong(at + SEQUENCE);
    }

    /** What the slot says. */
    public static SyncedPoint point(ByteBuffer buffer, int at) {
        return new SyncedPoint(
                buffer.getLong(at + OFFSET),
                buffer.getLong(at + SEGMENT),
                buffer.getInt(at + POSITION),
                buffer.getLong(at + HEADER_SUM));
    }

    /** Below which offset segments have been cleaned, {@link #CLEANED_UNKNOWN} where the slot does not tell. */
    public static long cleanedBelow(ByteBuffer buffer, int at) {
        return buffer.getInt(at + VERSION) == VERSION_WITHOUT_CLEANED
                ? CLEANED_UNKNOWN
                : buffer.getLong(at + CLEANED_BELOW);
    }

    private static int computeCrc(ByteBuffer buffer, int at, int crcAt) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.duplicate().limit(at + crcAt).position(at));
        return (int) crc.getValue();
    }
}
