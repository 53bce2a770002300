package io.millrace.perf.load.lean;

import io.millrace.perf.load.LoadSpec.Shape;
import io.millrace.perf.load.Payload;
import io.millrace.perf.load.Topic;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * A produce request, encoded once, and where in it the fields are that change from send to send. Immutable.
 *
 * <pre>
 *   length | api, version | correlation id | client id … | partition | records' length | record batch | tags
 *   0      | 4            | 8              |             |           |                 |              |
 * </pre>
 */
final class ProduceFrame {
    /** The first version in which every field is compact, so that one layout serves. */
    static final int VERSION_LEAST = 9;

    /** From this version on a topic is named by its id. */
    static final int VERSION_TOPIC_ID = 13;

    static final int CORRELATION_AT = Integer.BYTES + 2 * Short.BYTES;

    /** The three empty tag sections behind the records: of the partition, the topic and the request. */
    private static final int TAGS_BEHIND = 3;

    private static final int TIMEOUT_MS = 30_000;

    private final ByteBuffer frame;
    private final int partitionAt;
    private final int batchAt;
    private final int batchLength;
    private final int errorAt;

    private ProduceFrame(ByteBuffer frame, int batchLength, int errorAt) {
        this.frame = frame;
        this.batchLength = batchLength;
        this.batchAt = frame.limit() - TAGS_BEHIND - batchLength;
        this.partitionAt = batchAt - ByteUtils.sizeOfUnsignedVarint(batchLength + 1) - Integer.BYTES;
        this.errorAt = errorAt;
    }

    static ProduceFrame encode(Shape shape, short acks, Topic topic, short version) {
        MemoryRecords records = batch(shape);
        ProduceRequestData.TopicProduceData data = new ProduceRequestData.TopicProduceData();
        boolean byId = version >= VERSION_TOPIC_ID;
        if (byId) {
            data.setTopicId(topic.id());
        } else {
            data.setName(topic.name());
        }
        data.setPartitionData(List.of(
                new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records)));
        ProduceRequestData request =
                new ProduceRequestData().setAcks(acks).setTimeoutMs(TIMEOUT_MS).setTransactionalId(null);
        request.topicData().add(data);
        ByteBuffer body = new ProduceRequest(request, version)
                .serializeWithHeader(new RequestHeader(ApiKeys.PRODUCE, version, Handshake.CLIENT_ID, 0));
        ByteBuffer frame = ByteBuffer.allocateDirect(Integer.BYTES + body.remaining());
        frame.putInt(body.remaining()).put(body).flip();
        int name = topic.name().length() + 1;
        int topicBytes = byId
                ? 2 * Long.BYTES
                : ByteUtils.sizeOfUnsignedVarint(name) + topic.name().length();
        // Correlation id, tags, count of topics, topic, count of partitions, partition.
        int errorAt = Integer.BYTES + 1 + 1 + topicBytes + 1 + Integer.BYTES;
        return new ProduceFrame(frame, records.sizeInBytes(), errorAt);
    }

    private static MemoryRecords batch(Shape shape) {
        Payload payload = new Payload(1);
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.max(512, shape.payloadBytes() + 64L * shape.batchRecords()));
        long now = System.currentTimeMillis();
        try (MemoryRecordsBuilder builder = MemoryRecords.builder(
                buffer, Compression.of(shape.compression()).build(), TimestampType.CREATE_TIME, 0L)) {
            for (int i = 0; i < shape.batchRecords(); i++) {
                byte[] key = shape.keyBytes() == 0 ? null : payload.next(shape.keyBytes());
                builder.append(now, key, payload.next(shape.recordBytes()));
            }
            return builder.build();
        }
    }

    int length() {
        return frame.limit();
    }

    /** Copies the request into a buffer at its position. */
    void copyTo(ByteBuffer buffer) {
        buffer.put(frame.duplicate());
    }

    /** Where in the request its partition is. */
    int partitionAt() {
        return partitionAt;
    }

    /** Where in the request its record batch begins. */
    int batchAt() {
        return batchAt;
    }

    int batchLength() {
        return batchLength;
    }

    /** Where in an answer, its length not counted, the partition's error code is. */
    int errorAt() {
        return errorAt;
    }
}
