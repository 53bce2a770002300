package io.millrace.broker.protocol;

import java.nio.ByteBuffer;

/**
 * Writes the answer to a {@link ProduceFrame} whose batches have all been accepted: what Kafka's generated classes write for it, in
 * the version of the request. Topics and partitions come in the order of the request. Stateless but for the target; owned by one thread.
 */
public final class ProduceAnswer {
    private static final int APPEND_TIME_VERSION = 2;
    private static final int LOG_START_VERSION = 5;
    private static final int RECORD_ERRORS_VERSION = 8;
    private static final byte NO_TAGS = 0;
    private static final byte COMPACT_EMPTY = 1;
    private static final byte COMPACT_NULL = 0;
    private static final short NULL_STRING = -1;

    /** Around the topics: correlation id, count, throttle time, tags. */
    private static final int ENVELOPE_BYTES_MOST = 20;

    /** A topic but for its name: length, count, tags. */
    private static final int TOPIC_BYTES_MOST = 12;

    private static final int PARTITION_BYTES_MOST = 40;

    private ByteBuffer target = ByteBuffer.allocate(0);
    private ProduceFrame frame = new ProduceFrame();

    /** No answer to {@code frame} is longer. */
    public int lengthMost(ProduceFrame answered) {
        int topics = answered.topicCount();
        int length = ENVELOPE_BYTES_MOST + topics * TOPIC_BYTES_MOST + answered.partitionCount() * PARTITION_BYTES_MOST;
        for (int topic = 0; topic < topics; topic++) {
            length += answered.nameLength(topic);
        }
        return length;
    }

    /** Begins an answer at the position of {@code answer}. */
    public void begin(ByteBuffer answer, ProduceFrame answered) {
        target = answer;
        frame = answered;
        target.putInt(frame.correlationId());
        if (frame.isFlexible()) {
            target.put(NO_TAGS);
        }
        count(frame.topicCount());
    }

    /** Begins a topic; its partitions follow. */
    public void topic(int topic, ByteBuffer request) {
        int length = frame.nameLength(topic);
        if (!frame.usesTopicIds()) {
            if (frame.isFlexible()) {
                varint(length + 1);
            } else {
                target.putShort((short) length);
            }
        }
        target.put(target.position(), request, frame.nameAt(topic), length);
        target.position(target.position() + length);
        count(frame.firstPartition(topic + 1) - frame.firstPartition(topic));
    }

    /** An accepted batch. */
    public void accepted(int partition, long baseOffset, long logAppendTimeMs, long logStartOffset) {
        target.putInt(frame.index(partition)).putShort((short) 0).putLong(baseOffset);
        int version = frame.version();
        if (version >= APPEND_TIME_VERSION) {
            target.putLong(logAppendTimeMs);
        }
        if (version >= LOG_START_VERSION) {
            target.putLong(logStartOffset);
        }
        if (frame.isFlexible()) {
            target.put(COMPACT_EMPTY).put(COMPACT_NULL).put(NO_TAGS);
        } else if (version >= RECORD_ERRORS_VERSION) {
            target.putInt(0).putShort(NULL_STRING);
        }
    }

    public void endTopic() {
        if (frame.isFlexible()) {
            target.put(NO_TAGS);
        }
    }

    public void end(int throttleTimeMs) {
        target.putInt(throttleTimeMs);
        if (frame.isFlexible()) {
            target.put(NO_TAGS);
        }
    }

    private void count(int items) {
        if (frame.isFlexible()) {
            varint(items + 1);
        } else {
            target.putInt(items);
        }
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
