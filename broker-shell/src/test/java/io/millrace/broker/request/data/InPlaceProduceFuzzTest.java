package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two brokers get the same bytes, one answers in place what it can, the other reads every request with Kafka's classes: answers, closed
 * connections and logs are the same, whatever comes.
 */
@Timeout(120)
class InPlaceProduceFuzzTest {
    private static final int REQUESTS = 3_000;
    private static final int TOPICS = 3;
    private static final int PARTITIONS = 2;

    private static final Compression[] CODECS = {
        Compression.lz4().build(),
        Compression.zstd().build(),
        Compression.gzip().build(),
        Compression.snappy().build()
    };

    /** So that a changed request stays one of Produce. */
    private static final int API_KEY_BYTES = 2;

    /** Messages about timestamps tell it. */
    private static final long NOW_MS = 100_000;

    private final Random random = new Random();
    private final Uuid[] ids = new Uuid[TOPICS + 1];
    private int sequence;

    @TempDir
    private Path temp;

    /** One of the two, with its connection. */
    private static final class Side implements AutoCloseable {
        final TestBroker broker;
        WireClient client;

        Side(Path directory, boolean inPlace, Uuid[] ids) throws IOException {
            DataPlaneSettings defaults = DataPlaneSettings.DEFAULTS;
            broker = new TestBroker(
                    directory,
                    new DataPlaneSettings(
                            defaults.fetchBytesMax(),
                            defaults.fetchSessionSlots(),
                            defaults.inflatedBytesMax(),
                            () -> NOW_MS,
                            defaults.quotas(),
                            defaults.compressedValidation()),
                    inPlace);
            for (int i = 0; i < TOPICS; i++) {
                broker.createTopic("topic-" + i, ids[i], PARTITIONS, TopicSettings.DEFAULTS);
            }
            client = broker.connect();
        }

        /** The answers, of which the last is that of an ApiVersions request; empty when the connection was closed. */
        List<ByteBuffer> call(byte[] frame) throws IOException {
            client.sendFrame(frame);
            List<ByteBuffer> answers = new ArrayList<>();
            try {
                RequestHeader last = client.send(new ApiVersionsRequest.Builder().build((short) 0));
                do {
                    answers.add(client.receiveFrame());
                } while (answers.get(answers.size() - 1).getInt(0) != last.correlationId());
                answers.remove(answers.size() - 1);
                return answers;
            } catch (IOException closed) {
                client.close();
                client = broker.connect();
                return List.of(ByteBuffer.wrap("closed".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
            broker.close();
        }
    }

    /** The in-place parser was written against these versions. */
    @Test
    void produceHasTheVersionsThatAreReadInPlace() {
        assertEquals(3, ApiKeys.PRODUCE.oldestVersion());
        assertEquals(13, ApiKeys.PRODUCE.latestVersion());
    }

    @Test
    void bothWaysGiveTheSameAnswers() throws IOException {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("InPlaceProduceFuzzTest -Dmillrace.test.seed=" + seed);
        random.setSeed(seed);
        Arrays.setAll(ids, i -> Uuid.randomUuid());
        int answered = 0;
        try (Side inPlace = new Side(temp.resolve("in-place"), true, ids);
                Side ordinary = new Side(temp.resolve("ordinary"), false, ids)) {
            for (int i = 0; i < REQUESTS; i++) {
                byte[] frame = frame();
                List<ByteBuffer> expected = ordinary.call(frame);
                String what = "seed " + seed + " request " + i + ": " + Arrays.toString(frame);
                assertEquals(expected, inPlace.call(frame), what);
                answered += expected.size();
            }
            for (int i = 0; i < TOPICS * PARTITIONS; i++) {
                assertEquals(end(ordinary, i), end(inPlace, i), "seed " + seed);
                assertTrue(end(inPlace, i) > 0, "seed " + seed);
            }
        }
        assertTrue(answered > REQUESTS / 2, "answered " + answered);
    }

    private static long end(Side side, int partition) {
        return side.broker
                .partition("topic-" + partition / PARTITIONS, partition % PARTITIONS)
                .log()
                .logEndOffset();
    }

    // Requests

    private byte[] frame() {
        short version = (short) (3 + random.nextInt(11));
        ProduceRequestData data = new ProduceRequestData().setAcks(acks()).setTimeoutMs(random.nextInt(30_000));
        data.setTransactionalId(random.nextInt(50) == 0 ? "transaction" : null);
        for (int i = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(3); i > 0; i--) {
            data.topicData().add(topic());
        }
        ProduceRequest request = new ProduceRequest(data, version);
        String client = random.nextInt(10) == 0 ? null : "client-" + random.nextInt(3);
        RequestHeader header = new RequestHeader(ApiKeys.PRODUCE, version, client, random.nextInt(1000) - 2000);
        ByteBuffer bytes = request.serializeWithHeader(header);
        byte[] frame = new byte[bytes.remaining()];
        bytes.get(frame);
        return random.nextInt(3) == 0 ? changed(frame) : frame;
    }

    private short acks() {
        return random.nextInt(30) == 0 ? (short) (random.nextInt(8) - 4) : (short) (random.nextInt(3) - 1);
    }

    private TopicProduceData topic() {
        int topic = random.nextInt(20) == 0 ? TOPICS : random.nextInt(TOPICS);
        TopicProduceData data = new TopicProduceData().setName("topic-" + topic).setTopicId(ids[topic]);
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            int partition = random.nextInt(20) == 0 ? random.nextInt(9) - 4 : random.nextInt(PARTITIONS);
            data.partitionData()
                    .add(new PartitionProduceData().setIndex(partition).setRecords(records()));
        }
        return data;
    }

    private MemoryRecords records() {
        SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(5)];
        Arrays.setAll(records, i -> record());
        int kind = random.nextInt(20);
        if (kind > 12) {
            MemoryRecords sound = MemoryRecords.withRecords(CODECS[random.nextInt(CODECS.length)], records);
            return random.nextInt(3) == 0 ? damagedAndSigned(sound) : sound;
        }
        if (kind < 5) {
            int next = random.nextInt(3) == 0 ? random.nextInt(5) : sequence;
            sequence = next + records.length;
            return MemoryRecords.withIdempotentRecords(Compression.NONE, 7L, (short) 0, next, records);
        }
        if (kind == 5) {
            return MemoryRecords.withTransactionalRecords(Compression.NONE, 8L, (short) 0, 0, records);
        }
        MemoryRecords plain = MemoryRecords.withRecords(Compression.NONE, records);
        return kind == 6 ? twice(plain) : plain;
    }

    /** What only those see who inflate it. */
    private MemoryRecords damagedAndSigned(MemoryRecords sound) {
        ByteBuffer bytes = sound.buffer();
        int from = random.nextInt(4) == 0 ? RecordBatchDescriptor.MAX_TIMESTAMP : RecordBatchDescriptor.RECORDS;
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            bytes.put(from + random.nextInt(bytes.limit() - from), (byte) random.nextInt());
        }
        int size = RecordBatchDescriptor.sizeInBytes(bytes, 0);
        bytes.putInt(RecordBatchDescriptor.CRC, RecordBatchDescriptor.computeCrc(bytes, 0, size, new CRC32C()));
        return sound;
    }

    private SimpleRecord record() {
        long timestampMs = random.nextInt(40) == 0 ? Long.MAX_VALUE : 1_000L + random.nextInt(1000);
        byte[] key = random.nextBoolean() ? null : new byte[random.nextInt(9)];
        return new SimpleRecord(timestampMs, key, new byte[random.nextInt(200)]);
    }

    private static MemoryRecords twice(MemoryRecords batch) {
        ByteBuffer both = ByteBuffer.allocate(2 * batch.sizeInBytes());
        both.put(batch.buffer().duplicate()).put(batch.buffer().duplicate()).flip();
        return MemoryRecords.readableRecords(both);
    }

    private byte[] changed(byte[] frame) {
        int kind = random.nextInt(4);
        if (kind == 0) {
            return Arrays.copyOf(frame, API_KEY_BYTES + random.nextInt(frame.length));
        }
        for (int i = kind; i > 0; i--) {
            int from = random.nextBoolean() ? Math.min(frame.length, 80) : frame.length;
            frame[API_KEY_BYTES + random.nextInt(from - API_KEY_BYTES)] = (byte) random.nextInt();
        }
        return frame;
    }
}
