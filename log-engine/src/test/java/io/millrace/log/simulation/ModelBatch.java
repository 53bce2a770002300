package io.millrace.log.simulation;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A batch as it has to stand in the log, offsets and epoch entered. Nobody changes its bytes. */
final class ModelBatch {
    private static final short COMMIT = 1;

    private final byte[] bytes;
    private final long base;
    private final long last;

    private ModelBatch(byte[] bytes, long base, long last) {
        this.bytes = bytes;
        this.base = base;
        this.last = last;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Offset of its first record. */
    long base() {
        return base;
    }

    /** Offset of its last record. */
    long last() {
        return last;
    }

    /** The batch with the offsets and the epoch that a leader gives it. */
    static ModelBatch of(byte[] batch, long base, int epoch) {
        ByteBuffer buffer = ByteBuffer.wrap(batch.clone());
        RecordBatchDescriptor.assign(buffer, 0, base, epoch);
        return new ModelBatch(buffer.array(), base, RecordBatchDescriptor.lastOffset(buffer, 0));
    }

    /** Takes whole batches apart; what is left of an incomplete one at the end is not among them. */
    static List<ModelBatch> parse(ByteBuffer bytes) {
        List<ModelBatch> found = new ArrayList<>();
        int at = 0;
        while (bytes.limit() - at >= RecordBatchDescriptor.HEADER_SIZE) {
            int size = RecordBatchDescriptor.sizeInBytes(bytes, at);
            if (size < RecordBatchDescriptor.HEADER_SIZE || size > bytes.limit() - at) {
                break;
            }
            byte[] batch = new byte[size];
            bytes.get(at, batch);
            found.add(new ModelBatch(
                    batch, RecordBatchDescriptor.baseOffset(bytes, at), RecordBatchDescriptor.lastOffset(bytes, at)));
            at += size;
        }
        return found;
    }

    private ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes);
    }

    int size() {
        return bytes.length;
    }

    int epoch() {
        return RecordBatchDescriptor.leaderEpoch(buffer(), 0);
    }

    long maxTimestamp() {
        return RecordBatchDescriptor.maxTimestamp(buffer(), 0);
    }

    long producerId() {
        return RecordBatchDescriptor.producerId(buffer(), 0);
    }

    short producerEpoch() {
        return RecordBatchDescriptor.producerEpoch(buffer(), 0);
    }

    int lastSequence() {
        return RecordBatchDescriptor.lastSequence(buffer(), 0);
    }

    boolean isTransactional() {
        return RecordBatchDescriptor.isTransactional(buffer(), 0);
    }

    boolean isControl() {
        return RecordBatchDescriptor.isControl(buffer(), 0);
    }

    /** Of a marker: whether it commits. The type follows the version in the key. */
    boolean commits() {
        RecordCursor cursor = new RecordCursor().wrap(buffer(), 0);
        Disagreement.require(cursor.next(), "a marker without a record: " + this);
        return buffer().getShort(cursor.keyPosition() + Short.BYTES) == COMMIT;
    }

    /** Its records, in order; none of a marker. */
    List<ModelRecord> records() {
        List<ModelRecord> records = new ArrayList<>();
        RecordCursor cursor = new RecordCursor().wrap(buffer(), 0);
        while (!isControl() && cursor.next()) {
            records.add(new ModelRecord(
                    cursor.offset(),
                    cursor.timestamp(),
                    copy(cursor.keyPosition(), cursor.keyLength()),
                    copy(cursor.valuePosition(), cursor.valueLength())));
        }
        cursor.release();
        return records;
    }

    private ByteBuffer copy(int position, int length) {
        return length < 0 ? null : ByteBuffer.wrap(Arrays.copyOfRange(bytes, position, position + length));
    }

    @Override
    public String toString() {
        return "[" + base + ".." + last + " epoch=" + epoch() + " bytes=" + size() + " crc="
                + Integer.toHexString(RecordBatchDescriptor.crc(buffer(), 0)) + "]";
    }
}
