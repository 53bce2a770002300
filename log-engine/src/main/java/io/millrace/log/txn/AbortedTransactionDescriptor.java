package io.millrace.log.txn;

import java.nio.ByteBuffer;

/**
 * Layout of an entry of {@code <base offset>.txnindex}. Big endian, 34 bytes, no checksum.
 *
 * <pre>
 *   0 version int16 = 0
 *   2 producer id int64
 *  10 first offset int64
 *  18 last offset int64: the abort marker
 *  26 last stable offset int64
 * </pre>
 *
 * <p>A crash may leave a part of the last entry, or entries of markers that the log has lost: both are cut when the file is opened and
 * when the log is truncated. After an unclean stop the log's recovery makes the file of a scanned segment anew.
 */
final class AbortedTransactionDescriptor {
    static final short CURRENT_VERSION = 0;
    static final int VERSION = 0;
    static final int PRODUCER_ID = VERSION + Short.BYTES;
    static final int FIRST_OFFSET = PRODUCER_ID + Long.BYTES;
    static final int LAST_OFFSET = FIRST_OFFSET + Long.BYTES;
    static final int LAST_STABLE_OFFSET = LAST_OFFSET + Long.BYTES;
    static final int ENTRY_SIZE = LAST_STABLE_OFFSET + Long.BYTES;

    private AbortedTransactionDescriptor() {}

    static void put(ByteBuffer buffer, int at, AbortedTransaction transaction) {
        buffer.putShort(at + VERSION, CURRENT_VERSION);
        buffer.putLong(at + PRODUCER_ID, transaction.producerId());
        buffer.putLong(at + FIRST_OFFSET, transaction.firstOffset());
        buffer.putLong(at + LAST_OFFSET, transaction.lastOffset());
        buffer.putLong(at + LAST_STABLE_OFFSET, transaction.lastStableOffset());
    }

    static short version(ByteBuffer buffer, int at) {
        return buffer.getShort(at + VERSION);
    }

    static AbortedTransaction get(ByteBuffer buffer, int at) {
        return new AbortedTransaction(
                buffer.getLong(at + PRODUCER_ID),
                buffer.getLong(at + FIRST_OFFSET),
                buffer.getLong(at + LAST_OFFSET),
                buffer.getLong(at + LAST_STABLE_OFFSET));
    }
}
