package io.millrace.library;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Layout of a tailer's position file: two slots, at 0 and at 512, written in turn; the valid one with the higher sequence counts. Big endian.
 *
 * <pre>
 *   0   magic (32) "MRTP"
 *   4   version (32) 0
 *   8   sequence (64): how many times it was saved
 *  16   offset (64): of the record that is read next
 *  24   CRC-32C (32) of the 24 bytes before
 * </pre>
 *
 * <p>The slots are in sectors of their own: a write that is cut short harms one of them, and the other is the position saved before.
 */
final class SavedPositionDescriptor {
    /** Number of slots. */
    static final int SLOTS = 2;

    static final int MAGIC = 0;
    static final int VERSION = MAGIC + Integer.BYTES;
    static final int SEQUENCE = VERSION + Integer.BYTES;
    static final int OFFSET = SEQUENCE + Long.BYTES;
    static final int CRC = OFFSET + Long.BYTES;
    static final int SIZE = CRC + Integer.BYTES;

    private static final int SLOT_DISTANCE = 512;
    private static final int MAGIC_VALUE = 0x4d525450;
    private static final int CURRENT_VERSION = 0;

    private SavedPositionDescriptor() {}

    /** Where a slot is in the file. */
    static long position(int slot) {
        return (long) slot * SLOT_DISTANCE;
    }

    static long sequence(ByteBuffer slot) {
        return slot.getLong(SEQUENCE);
    }

    static long offset(ByteBuffer slot) {
        return slot.getLong(OFFSET);
    }

    static void write(ByteBuffer slot, long sequence, long offset) {
        slot.putInt(MAGIC, MAGIC_VALUE)
                .putInt(VERSION, CURRENT_VERSION)
                .putLong(SEQUENCE, sequence)
                .putLong(OFFSET, offset)
                .putInt(CRC, crc(slot));
    }

    static boolean isValid(ByteBuffer slot) {
        return slot.getInt(MAGIC) == MAGIC_VALUE
                && slot.getInt(VERSION) == CURRENT_VERSION
                && slot.getInt(CRC) == crc(slot)
                && offset(slot) >= 0;
    }

    private static int crc(ByteBuffer slot) {
        CRC32C crc = new CRC32C();
        crc.update(slot.slice(0, CRC));
        return (int) crc.getValue();
    }
}
