package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.broker.request.ClientQuotas;
import io.millrace.broker.request.produce.CompressedValidation;
import io.millrace.log.LogConfig;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.utils.Crc32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.SnappyCodec;

/** Batches that must not be stored: the right error, the connection stays, the log is untouched. */
@Timeout(60)
class BadBatchesTest {
    // Positions in a batch, see the record batch format
    private static final int BASE_OFFSET = 0;
    private static final int LENGTH = 8;
    private static final int MAGIC = 16;
    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int PRODUCER_ID = 43;
    private static final int BASE_SEQUENCE = 53;
    private static final int COUNT = 57;
    private static final int RECORDS = 61;

    @TempDir
    Path directory;

    private TestBroker broker;
    private WireClient client;

    @BeforeEach
    void start() throws IOException {
        broker = new TestBroker(directory);
        broker.createTopic("t", 1);
        client = broker.connect();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        broker.close();
    }

    @Test
    void headersThatDoNotFitAreRefused() throws IOException {
        assertRefused(Errors.CORRUPT_MESSAGE, bytes -> bytes.putInt(CRC, bytes.getInt(CRC) + 1), false);
        assertRefused(
                Errors.CORRUPT_MESSAGE, bytes -> bytes.put(RECORDS + 3, (byte) (bytes.get(RECORDS + 3) + 1)), false);
        assertRefused(Errors.CORRUPT_MESSAGE, bytes -> bytes.putInt(LENGTH, 3), false);
        assertRefused(Errors.CORRUPT_MESSAGE, bytes -> bytes.put(MAGIC, (byte) 7), false);
        assertRefused(Errors.INVALID_RECORD, bytes -> bytes.putInt(LENGTH, 1 << 20), false);
        assertRefused(Errors.INVALID_RECORD, bytes -> bytes.put(MAGIC, (byte) 1), false);
        assertRefused(Errors.INVALID_RECORD, bytes -> bytes.putLong(BASE_OFFSET, 5), false);
        assertRefused(Errors.INVALID_RECORD, bytes -> bytes.putInt(COUNT, 2), true);
        assertRefused(Errors.INVALID_RECORD, bytes -> bytes.putInt(COUNT, 0), true);
        assertRefused(Errors.INVALID_RECORD, bytes -> bytes.putInt(COUNT, -1), true);
        assertRefused(Errors.INVALID_RECORD, bytes -> bytes.putInt(LAST_OFFSET_DELTA, 9), true);
        assertRefused(Errors.INVALID_RECORD, bytes -> bytes.putShort(ATTRIBUTES, (short) 0x20), true); // control
        assertRefused(Errors.UNSUPPORTED_COMPRESSION_TYPE, bytes -> bytes.putShort(ATTRIBUTES, (short) 6), true);
        assertRefused(
                Errors.INVALID_RECORD, bytes -> bytes.putLong(PRODUCER_ID, 5).putInt(BASE_SEQUENCE, -1), true);
        assertAccepted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "snappy", "lz4", "zstd"})
    void streamsThatDoNotInflateAreCorrupt(String codec) throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 30; i++) {
            ByteBuffer bytes = batch(Compression.of(codec).build(), 50);
            for (int j = 0; j < 8; j++) {
                bytes.put(RECORDS + random.nextInt(bytes.limit() - RECORDS), (byte) random.nextInt());
            }
            sign(bytes);
            Errors error = Errors.forCode(produce(bytes).errorCode());
            assertTrue(
                    error == Errors.CORRUPT_MESSAGE
                            || error == Errors.INVALID_RECORD
                            || error == Errors.NONE
                            || error == Errors.INVALID_TIMESTAMP,
                    "seed " + seed + " " + error);
        }
        ByteBuffer garbage = batch(Compression.of(codec).build(), 50);
        for (int at = RECORDS; at < garbage.limit(); at++) {
            garbage.put(at, (byte) 0x5a);
        }
        sign(garbage);
        assertEquals(Errors.CORRUPT_MESSAGE, Errors.forCode(produce(garbage).errorCode()));
        assertEquals(
                Errors.NONE, Errors.forCode(produce(batch(Compression.NONE, 1)).errorCode()));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MAX_VALUE, 500_000_000})
    void snappyChunksOfImpossibleSizeAreCorrupt(int chunkSize) throws IOException {
        ByteBuffer bytes = batch(Compression.of("snappy").build(), 50);
        bytes.putInt(RECORDS + SnappyCodec.headerSize(), chunkSize);
        sign(bytes);
        assertEquals(Errors.CORRUPT_MESSAGE, Errors.forCode(produce(bytes).errorCode()));
        assertEquals(
                Errors.NONE, Errors.forCode(produce(batch(Compression.NONE, 1)).errorCode()));
    }

    @Test
    void headerValidationLooksAtTheHeaderOnly() throws IOException {
        DataPlaneSettings byHeader = new DataPlaneSettings(
                1 << 20, 10, 1 << 20, System::currentTimeMillis, ClientQuotas.NONE, CompressedValidation.HEADER);
        try (TestBroker trusting = new TestBroker(directory.resolve("trusting"), byHeader);
                WireClient producer = trusting.connect()) {
            LogConfig compacted = LogConfig.builder().compactPolicy(true).build();
            trusting.createTopic("t", 1);
            assertEquals(Errors.NONE, sent(producer, garbage()));
            ByteBuffer late = batch(Compression.of("lz4").build(), 5);
            late.putLong(RecordBatchDescriptor.MAX_TIMESTAMP, System.currentTimeMillis() + 10 * 3_600_000L);
            sign(late);
            assertEquals(Errors.NONE, sent(producer, late), "its records say otherwise");
            ByteBuffer harmed = garbage();
            harmed.putInt(CRC, harmed.getInt(CRC) + 1);
            assertEquals(Errors.CORRUPT_MESSAGE, sent(producer, harmed));
            trusting.registry().reconfigure("t", new TopicSettings(compacted, 1, null));
            assertEquals(Errors.CORRUPT_MESSAGE, sent(producer, garbage()), "keys are to be seen");
        }
        assertEquals(Errors.CORRUPT_MESSAGE, Errors.forCode(produce(garbage()).errorCode()));
    }

    private static ByteBuffer garbage() {
        ByteBuffer garbage = batch(Compression.of("lz4").build(), 50);
        for (int at = RECORDS; at < garbage.limit(); at++) {
            garbage.put(at, (byte) 0x5a);
        }
        sign(garbage);
        return garbage;
    }

    private Errors sent(WireClient producer, ByteBuffer bytes) throws IOException {
        ProduceResponse answer = producer.call(request((short) 11, (short) 1, bytes), ProduceResponse.class);
        return Errors.forCode(only(answer).errorCode());
    }

    @Test
    void aBombIsNotInflated() throws IOException {
        try (TestBroker careful = new TestBroker(
                        directory.resolve("careful"),
                        new DataPlaneSettings(
                                1 << 20,
                                10,
                                1 << 20,
                                System::currentTimeMillis,
                                ClientQuotas.NONE,
                                CompressedValidation.FULL));
                WireClient bomber = careful.connect()) {
            careful.createTopic("t", 1);
            SimpleRecord zeros = new SimpleRecord(System.currentTimeMillis(), new byte[8 << 20]);
            ByteBuffer bomb =
                    MemoryRecords.withRecords(Compression.zstd().build(), zeros).buffer();
            assertTrue(bomb.remaining() < 10_000);
            ProduceResponse answer = bomber.call(request((short) 11, (short) 1, bomb), ProduceResponse.class);
            assertEquals(Errors.MESSAGE_TOO_LARGE.code(), only(answer).errorCode());
            assertEquals(0, careful.partition("t", 0).log().logEndOffset());
        }
    }

    @Test
    void recordsAtFaultAreNamed() throws IOException {
        broker.createTopic(
                "strict",
                1,
                new TopicSettings(
                        LogConfig.builder()
                                .compactPolicy(true)
                                .timestampAfterMaxMs(1000)
                                .build(),
                        1,
                        null));
        long now = System.currentTimeMillis();
        byte[] key = {1};
        for (Compression codec :
                List.of(Compression.NONE, (Compression) Compression.gzip().build())) {
            MemoryRecords noKey = MemoryRecords.withRecords(
                    codec, new SimpleRecord(now, key, key), new SimpleRecord(now, key), new SimpleRecord(now, key));
            PartitionProduceResponse refused = produceTo("strict", noKey.buffer());
            assertEquals(Errors.INVALID_RECORD.code(), refused.errorCode());
            assertEquals(
                    List.of(1, 2),
                    refused.recordErrors().stream().map(e -> e.batchIndex()).toList());
            MemoryRecords future = MemoryRecords.withRecords(
                    codec, new SimpleRecord(now, key, key), new SimpleRecord(now + 100_000, key, key));
            refused = produceTo("strict", future.buffer());
            assertEquals(Errors.INVALID_TIMESTAMP.code(), refused.errorCode());
            assertEquals(1, refused.recordErrors().get(0).batchIndex());
            assertTrue(refused.recordErrors().get(0).batchIndexErrorMessage().contains("out of range"));
        }
        assertEquals(0, broker.partition("strict", 0).log().logEndOffset());
    }

    @Test
    void requestsThatCannotBeAnsweredByABatchAreRefusedWhole() throws IOException {
        ByteBuffer good = batch(Compression.NONE, 1);
        assertEquals(Errors.INVALID_REQUIRED_ACKS, error(request((short) 11, (short) 2, good)));
        assertEquals(Errors.INVALID_RECORD, error(request((short) 11, (short) 1, null)));
        assertEquals(Errors.INVALID_RECORD, error(request((short) 11, (short) 1, ByteBuffer.allocate(0))));
        ByteBuffer two = ByteBuffer.allocate(good.remaining() * 2)
                .put(good.duplicate())
                .put(good.duplicate())
                .flip();
        assertEquals(Errors.INVALID_RECORD, error(request((short) 11, (short) 1, two)));
        ByteBuffer transactional = batch(Compression.NONE, 1);
        transactional.putShort(ATTRIBUTES, (short) 0x10);
        sign(transactional);
        assertEquals(
                Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, error(request((short) 11, (short) 1, transactional)));
        ProduceRequest unknown = request((short) 11, (short) 1, good);
        unknown.data().topicData().iterator().next().setName("unknown");
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, error(unknown));
        ProduceRequest unknownId = request((short) 13, (short) 1, good);
        unknownId.data().topicData().iterator().next().setTopicId(Uuid.randomUuid());
        assertEquals(Errors.UNKNOWN_TOPIC_ID, error(unknownId));
        assertEquals(0, broker.partition("t", 0).log().logEndOffset());
    }

    @Test
    void aTrailingHalfBatchIsDropped() throws IOException {
        ByteBuffer good = batch(Compression.NONE, 3);
        ByteBuffer bytes = ByteBuffer.allocate(good.remaining() + 40).put(good.duplicate());
        bytes.put(good.duplicate().limit(40)).flip();
        assertEquals(Errors.NONE, error(request((short) 11, (short) 1, bytes)));
        assertEquals(3, broker.partition("t", 0).log().logEndOffset());
    }

    @Test
    void everyVersionIsServed() throws IOException {
        long expected = 0;
        for (short version = ApiKeys.PRODUCE.oldestVersion(); version <= ApiKeys.PRODUCE.latestVersion(); version++) {
            for (short acks : new short[] {1, -1}) {
                ProduceResponse answer =
                        client.call(request(version, acks, batch(Compression.NONE, 2)), ProduceResponse.class);
                assertEquals(Errors.NONE.code(), only(answer).errorCode());
                assertEquals(expected, only(answer).baseOffset());
                expected += 2;
            }
        }
    }

    @Test
    void withoutAcksAnErrorClosesTheConnection() throws IOException {
        client.send(request((short) 11, (short) 0, batch(Compression.NONE, 1)));
        ProduceResponse next =
                client.call(request((short) 11, (short) 1, batch(Compression.NONE, 1)), ProduceResponse.class);
        assertEquals(1, only(next).baseOffset());
        client.send(request((short) 11, (short) 0, null));
        assertTrue(client.isClosedByBroker());
    }

    @Test
    void lostLeadershipIsToldWithTheNewLeader() throws IOException {
        broker.registry().becomeFollower(broker.state("t", 0, 2, 5, List.of(1, 2)));
        ProduceResponse answer =
                client.call(request((short) 12, (short) 1, batch(Compression.NONE, 1)), ProduceResponse.class);
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER.code(), only(answer).errorCode());
        assertEquals(2, only(answer).currentLeader().leaderId());
        assertEquals("elsewhere", answer.data().nodeEndpoints().find(2).host());
    }

    @Test
    void acksAllWaitsForTheOtherReplicasAndNoLongerThanAsked() throws IOException {
        broker.registry().becomeLeader(broker.state("t", 0, 1, 5, List.of(1, 2)));
        ProduceResponse answer =
                client.call(request((short) 12, (short) -1, batch(Compression.NONE, 1)), ProduceResponse.class);
        assertEquals(Errors.REQUEST_TIMED_OUT.code(), only(answer).errorCode());
    }

    private void assertRefused(Errors expected, Consumer<ByteBuffer> damage, boolean signed) throws IOException {
        ByteBuffer bytes = batch(Compression.NONE, 1);
        damage.accept(bytes);
        if (signed) {
            sign(bytes);
        }
        PartitionProduceResponse row = produce(bytes);
        assertEquals(expected, Errors.forCode(row.errorCode()), row.errorMessage());
        assertEquals(-1, row.baseOffset());
        assertEquals(0, broker.partition("t", 0).log().logEndOffset());
        assertEquals(0, broker.partition("t", 0).log().sizeBytes());
    }

    private void assertAccepted() throws IOException {
        assertEquals(0, produce(batch(Compression.NONE, 1)).baseOffset());
    }

    private PartitionProduceResponse produce(ByteBuffer bytes) throws IOException {
        return only(client.call(request((short) 11, (short) 1, bytes), ProduceResponse.class));
    }

    private PartitionProduceResponse produceTo(String topic, ByteBuffer bytes) throws IOException {
        ProduceRequest request = request((short) 11, (short) 1, bytes);
        request.data().topicData().iterator().next().setName(topic);
        return only(client.call(request, ProduceResponse.class));
    }

    private Errors error(ProduceRequest request) throws IOException {
        return Errors.forCode(only(client.call(request, ProduceResponse.class)).errorCode());
    }

    private static PartitionProduceResponse only(ProduceResponse answer) {
        return answer.data().responses().iterator().next().partitionResponses().get(0);
    }

    private ProduceRequest request(short version, short acks, ByteBuffer bytes) {
        PartitionProduceData partition = new PartitionProduceData()
                .setRecords(bytes == null ? null : MemoryRecords.readableRecords(bytes.duplicate()));
        TopicProduceData topic = new TopicProduceData().setPartitionData(List.of(partition));
        if (version >= 13) {
            topic.setTopicId(broker.id("t"));
        } else {
            topic.setName("t");
        }
        ProduceRequestData data = new ProduceRequestData().setAcks(acks).setTimeoutMs(300);
        data.topicData().add(topic);
        return new ProduceRequest(data, version);
    }

    private static ByteBuffer batch(Compression codec, int records) {
        SimpleRecord[] all = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            all[i] = new SimpleRecord(
                    System.currentTimeMillis(), ("value of record " + i).getBytes(StandardCharsets.UTF_8));
        }
        ByteBuffer bytes = MemoryRecords.withRecords(codec, all).buffer();
        return ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    }

    private static void sign(ByteBuffer bytes) {
        bytes.putInt(CRC, (int) Crc32C.compute(bytes, ATTRIBUTES, bytes.limit() - ATTRIBUTES));
    }
}
