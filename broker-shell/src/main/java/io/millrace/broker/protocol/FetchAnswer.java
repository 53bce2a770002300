package io.millrace.broker.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.Uuid;

/**
 * Writes the answer to a {@link FetchFrame}: what Kafka's generated classes write for it, versions 13 to 18. The caller puts the records of a row
 * where this class says. Owned by one thread.
 */
public final class FetchAnswer {
    /** Around the topics: correlation id, throttle time, error, session id, count, tags. */
    public static final int ENVELOPE_BYTES_MOST = 24;

    /** A topic with its count and tags, and one row without its records. */
    public static final int ROW_BYTES_MOST = 64;

    private static final byte NO_TAGS = 0;
    private static final byte COMPACT_NULL = 0;
    private static final int NO_REPLICA = -1;

    private ByteBuffer target = ByteBuffer.allocate(0);

    /** Begins an answer at the position of {@code answer}. */
    public void begin(ByteBuffer answer, int correlationId, int sessionId, int topics) {
        target = answer;
        target.putInt(correlationId).put(NO_TAGS);
        target.putInt(0).putShort((short) 0).putInt(sessionId); // not throttled, no error
        varint(topics + 1);
    }

    /** Begins a topic, of which so many rows follow. */
    public void topic(Uuid id, int rows) {
        target.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
        varint(rows + 1);
    }

    /** Begins a row; so many bytes of records follow at the target's position, then {@link #endRow}. */
    public void row(int partition, short error, long highWatermark, long lastStable, long logStart, int recordsBytes) {
        target.putInt(partition).putShort(error);
        target.putLong(highWatermark).putLong(lastStable).putLong(logStart);
        target.put(COMPACT_NULL).putInt(NO_REPLICA); // aborted transactions; the replica to read from
        varint(recordsBytes + 1);
    }

    public void endRow() {
        target.put(NO_TAGS);
    }

    public void endTopic() {
        target.put(NO_TAGS);
    }

    public void end() {
        target.put(NO_TAGS);
    }

    private void varint(int value) {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            target.put((byte) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        target.put((byte) rest);
    }
}
