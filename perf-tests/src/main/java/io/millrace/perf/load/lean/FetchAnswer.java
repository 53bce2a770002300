package io.millrace.perf.load.lean;

import io.millrace.perf.load.LoadFailure;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.ByteUtils;

/** Walks an answer to a fetch in place. Used by the thread of one reader. */
final class FetchAnswer {
    /** Is told of each partition in turn; record bytes lie between position and limit of the buffer. */
    @FunctionalInterface
    interface Partitions {
        void partition(int partition, long highWatermark, ByteBuffer records);
    }

    private static final int UUID_BYTES = 16;
    private static final int ABORTED_BYTES = 2 * Long.BYTES;

    private FetchAnswer() {}

    /** Visits the partitions of an answer that begins at the buffer's position; the buffer ends with it. */
    static void visit(ByteBuffer answer, int correlationId, Partitions visitor) throws LoadFailure {
        if (answer.getInt() != correlationId) {
            throw new LoadFailure("the broker answered another fetch than the one that was sent");
        }
        skipTags(answer);
        answer.getInt(); // throttle time
        requireNone(answer.getShort());
        answer.getInt(); // session
        for (int topics = ByteUtils.readUnsignedVarint(answer) - 1; topics > 0; topics--) {
            answer.position(answer.position() + UUID_BYTES);
            for (int partitions = ByteUtils.readUnsignedVarint(answer) - 1; partitions > 0; partitions--) {
                partition(answer, visitor);
            }
            skipTags(answer);
        }
    }

    private static void partition(ByteBuffer answer, Partitions visitor) throws LoadFailure {
        int index = answer.getInt();
        requireNone(answer.getShort());
        long highWatermark = answer.getLong();
        answer.getLong(); // last stable offset
        answer.getLong(); // log start offset
        for (int aborted = ByteUtils.readUnsignedVarint(answer) - 1; aborted > 0; aborted--) {
            answer.position(answer.position() + ABORTED_BYTES);
            skipTags(answer);
        }
        answer.getInt(); // preferred replica
        int length = Math.max(0, ByteUtils.readUnsignedVarint(answer) - 1);
        int end = answer.position() + length;
        int limit = answer.limit();
        answer.limit(end);
        visitor.partition(index, highWatermark, answer);
        answer.limit(limit).position(end);
        skipTags(answer);
    }

    private static void requireNone(short error) throws LoadFailure {
        if (error != 0) {
            throw new LoadFailure("the broker refused a fetch: " + Errors.forCode(error) + ", "
                    + Errors.forCode(error).message());
        }
    }

    private static void skipTags(ByteBuffer answer) {
        for (int tags = ByteUtils.readUnsignedVarint(answer); tags > 0; tags--) {
            ByteUtils.readUnsignedVarint(answer);
            int length = ByteUtils.readUnsignedVarint(answer);
            answer.position(answer.position() + length);
        }
    }
}
