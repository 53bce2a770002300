package io.millrace.perf.load.lean;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * The time at which a record was due, in the first 16 bytes of its value: a mark, then {@link System#nanoTime()} of this process.
 * Writing it needs the place of each record in an encoded batch and a new checksum; both without touching Kafka's classes per send.
 */
final class Stamp {
    /** A stamped value begins with this, which no payload does. */
    static final long MARK = 0x4D494C4C52414345L;

    static final int LENGTH = 2 * Long.BYTES;

    /** Of a record batch: baseOffset 8, length 4, leader epoch 4, magic 1, then the checksum of all that follows it. */
    static final int CRC_AT = 17;

    static final int COVERED_AT = CRC_AT + Integer.BYTES;

    /** Of a record batch: up to the first record. */
    static final int RECORDS_AT = 61;

    private static final int COUNT_AT = 57;

    private final CRC32C crc = new CRC32C();

    /** Where the values begin in a batch, from the batch's own first byte. */
    static int[] valuesOf(ByteBuffer batch) {
        int[] values = new int[batch.getInt(COUNT_AT)];
        ByteBuffer at = batch.duplicate().position(RECORDS_AT);
        for (int i = 0; i < values.length; i++) {
            int length = ByteUtils.readVarint(at);
            int end = at.position() + length;
            values[i] = toValue(at);
            at.position(end);
        }
        return values;
    }

    /** Reads a record from behind its length to its value; returns where that begins, the buffer's position is there too. */
    static int toValue(ByteBuffer record) {
        record.get(); // attributes
        ByteUtils.readVarlong(record); // delta of the timestamp
        ByteUtils.readVarint(record); // delta of the offset
        int key = ByteUtils.readVarint(record);
        record.position(record.position() + Math.max(0, key));
        ByteUtils.readVarint(record); // length of the value
        return record.position();
    }

    /** Writes the time into every value of a batch that begins at a position of a buffer, and the checksum that follows from it. */
    void write(ByteBuffer buffer, int batchAt, int batchLength, int[] values, long dueNs) {
        for (int value : values) {
            buffer.putLong(batchAt + value, MARK);
            buffer.putLong(batchAt + value + Long.BYTES, dueNs);
        }
        int position = buffer.position();
        int limit = buffer.limit();
        buffer.limit(batchAt + batchLength).position(batchAt + COVERED_AT);
        crc.reset();
        crc.update(buffer);
        buffer.limit(limit).position(position);
        buffer.putInt(batchAt + CRC_AT, (int) crc.getValue());
    }
}
