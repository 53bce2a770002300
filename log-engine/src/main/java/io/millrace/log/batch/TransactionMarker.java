package io.millrace.log.batch;

import java.nio.ByteBuffer;

/**
 * Layout of the one record in a control batch that ends a transaction (KIP-98). Big endian.
 *
 * <pre>
 *  key:   version int16 | type int16 (0 abort, 1 commit)
 *  value: version int16 | coordinator epoch int32 | later versions append
 * </pre>
 *
 * <p>Covered by the checksum of its batch. Other control types (KRaft's) never stand in a partition's log.
 */
public final class TransactionMarker {
    /** Position of the version in the key. */
    public static final int KEY_VERSION = 0;
    /** Position of the type in the key. */
    public static final int KEY_TYPE = KEY_VERSION + Short.BYTES;
    /** Size of the key. */
    public static final int KEY_SIZE = KEY_TYPE + Short.BYTES;
    /** Position of the version in the value. */
    public static final int VALUE_VERSION = 0;
    /** Position of the coordinator epoch in the value. */
    public static final int VALUE_COORDINATOR_EPOCH = VALUE_VERSION + Short.BYTES;
    /** Smallest size of the value. */
    public static final int VALUE_SIZE = VALUE_COORDINATOR_EPOCH + Integer.BYTES;

    /** The transaction was aborted. */
    public static final short ABORT = 0;
    /** The transaction was committed. */
    public static final short COMMIT = 1;

    private TransactionMarker() {}

    /** Whether the record that the cursor stands at ends a transaction. */
    public static boolean isMarker(ByteBuffer buffer, RecordCursor record) {
        if (record.keyLength() < KEY_SIZE || record.valueLength() < VALUE_SIZE) {
            return false;
        }
        short type = type(buffer, record);
        return type == ABORT || type == COMMIT;
    }

    public static short type(ByteBuffer buffer, RecordCursor record) {
        return buffer.getShort(record.keyPosition() + KEY_TYPE);
    }

    public static int coordinatorEpoch(ByteBuffer buffer, RecordCursor record) {
        return buffer.getInt(record.valuePosition() + VALUE_COORDINATOR_EPOCH);
    }

    static byte[] key(short type) {
        return ByteBuffer.allocate(KEY_SIZE).putShort((short) 0).putShort(type).array();
    }

    static byte[] value(int coordinatorEpoch) {
        return ByteBuffer.allocate(VALUE_SIZE)
                .putShort((short) 0)
                .putInt(coordinatorEpoch)
                .array();
    }
}
