package io.millrace.broker.replica;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of fetched batches must tell before they are appended, beyond what the log checks itself (length, magic, CRC, offsets
 * that follow one another): that the leader's terms ascend, and none of them is later than the one in which it was asked. A leader that has
 * been replaced and does not know it yet could otherwise give records of a term that it is not in (KIP-320). Stateless.
 */
final class FetchedBatches {
    private FetchedBatches() {}

    /**
     * Looks at every whole batch from position to limit.
     *
     * @param lastEpoch of the last record in the log, -1 for none
     * @param leaderEpoch in which the leader was asked
     * @return what is wrong, null where nothing is
     */
    static @Nullable String refusal(ByteBuffer batches, int lastEpoch, int leaderEpoch) {
        int at = batches.position();
        int limit = batches.limit();
        int before = lastEpoch;
        while (limit - at >= RecordBatchDescriptor.HEADER_SIZE) {
            int size = RecordBatchDescriptor.sizeInBytes(batches, at);
            if (size < RecordBatchDescriptor.HEADER_SIZE || size > limit - at) {
                break; // the log says what it is: cut off or corrupt
            }
            int epoch = RecordBatchDescriptor.leaderEpoch(batches, at);
            if (epoch > leaderEpoch || (epoch >= 0 && epoch < before)) {
                return "batch of leader epoch " + epoch + " where " + before + " to " + leaderEpoch + " can be, offset "
                        + RecordBatchDescriptor.baseOffset(batches, at);
            }
            before = Math.max(before, epoch);
            at += size;
        }
        return null;
    }
}
