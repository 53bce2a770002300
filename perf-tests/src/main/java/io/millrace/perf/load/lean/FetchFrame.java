package io.millrace.perf.load.lean;

import io.millrace.perf.load.Topic;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * A fetch request of some partitions, encoded once with marks where the offsets go, and where those marks were. The bounds are those of
 * Kafka's consumer. Used by the thread of one reader.
 */
final class FetchFrame {
    /** From this version on topics are named by id and answers have one layout. */
    static final int VERSION_LEAST = 13;

    static final int VERSION_MOST = 17;

    private static final long MARK = 0x6F66667365740000L;
    private static final int MAX_WAIT_MS = 500;
    private static final int MAX_BYTES = 50 << 20;
    private static final int PARTITION_MAX_BYTES = 1 << 20;
    private static final int NO_SESSION_EPOCH = -1;

    private final ByteBuffer frame;
    private final int[] offsetsAt;
    private int correlationId;

    private FetchFrame(ByteBuffer frame, int[] offsetsAt) {
        this.frame = frame;
        this.offsetsAt = offsetsAt;
    }

    static FetchFrame encode(Topic topic, int[] partitions, short version) {
        List<FetchRequestData.FetchPartition> wanted = new ArrayList<>();
        for (int i = 0; i < partitions.length; i++) {
            wanted.add(new FetchRequestData.FetchPartition()
                    .setPartition(partitions[i])
                    .setFetchOffset(MARK + i)
                    .setPartitionMaxBytes(PARTITION_MAX_BYTES));
        }
        FetchRequestData data = new FetchRequestData()
                .setMaxWaitMs(MAX_WAIT_MS)
                .setMinBytes(1)
                .setMaxBytes(MAX_BYTES)
                .setSessionEpoch(NO_SESSION_EPOCH)
                .setTopics(List.of(
                        new FetchRequestData.FetchTopic().setTopicId(topic.id()).setPartitions(wanted)));
        ByteBuffer body = new FetchRequest(data, version)
                .serializeWithHeader(new RequestHeader(ApiKeys.FETCH, version, Handshake.CLIENT_ID, 0));
        ByteBuffer frame = ByteBuffer.allocateDirect(Integer.BYTES + body.remaining());
        frame.putInt(body.remaining()).put(body).flip();
        return new FetchFrame(frame, marks(frame, partitions.length));
    }

    private static int[] marks(ByteBuffer frame, int count) {
        int[] found = new int[count];
        int next = 0;
        for (int at = 0; at + Long.BYTES <= frame.limit() && next < count; at++) {
            if (frame.getLong(at) == MARK + next) {
                found[next++] = at;
            }
        }
        if (next < count) {
            throw new IllegalStateException("the encoded fetch holds " + next + " of " + count + " offsets");
        }
        return found;
    }

    /** The request, ready to send from its beginning, for these offsets in the order of the partitions. */
    ByteBuffer at(long[] offsets) {
        for (int i = 0; i < offsetsAt.length; i++) {
            frame.putLong(offsetsAt[i], offsets[i]);
        }
        frame.putInt(ProduceFrame.CORRELATION_AT, ++correlationId);
        return frame.rewind();
    }

    int correlationId() {
        return correlationId;
    }
}
