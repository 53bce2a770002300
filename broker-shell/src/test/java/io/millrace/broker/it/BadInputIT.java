package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.RawConnection;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.utils.Crc32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What no client should send, sent over a bare socket: the answer is the protocol's error or a closed connection, the log stays
 * as it was, and a bystander's client goes on as if nothing had happened. The expectations are what Apache Kafka 4.3.1 does.
 */
final class BadInputIT {
    private static final TopicPartition VICTIM = new TopicPartition("victim", 0);
    private static final TopicPartition BYSTANDER = new TopicPartition("bystander", 0);
    private static final int RANDOM_ROUNDS = 50;
    private static final String KAFKA_DIFFERS = "(unlike Kafka) ";
    private static final long SEED = 20_261_122L;

    /** Positions of the fields of record batch v2. */
    private static final int LENGTH = 8;

    private static final int MAGIC = 16;
    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int PRODUCER_ID = 43;
    private static final int COUNT = 57;
    private static final int RECORDS = 61;

    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with();

    private static Admin admin;
    private static KafkaProducer<byte[], byte[]> bystander;
    private static KafkaConsumer<byte[], byte[]> reader;
    private static int said;

    @BeforeAll
    static void connect() {
        admin = Clients.admin(BROKER.bootstrap());
        Clients.createTopic(admin, VICTIM.topic(), 1, Map.of());
        Clients.createTopic(admin, BYSTANDER.topic(), 1, Map.of());
        bystander = Clients.producer(BROKER.bootstrap(), Map.of());
        reader = Clients.consumer(BROKER.bootstrap(), Map.of());
    }

    @AfterAll
    static void disconnect() {
        reader.close();
        bystander.close();
        admin.close();
    }

    /** The connections of the bystander were open all the time, and still serve. */
    @AfterEach
    void bystanderIsUnharmed() {
        byte[] word = Clients.bytes("word " + said);
        assertEquals(
                said,
                Clients.get(bystander.send(new ProducerRecord<>(BYSTANDER.topic(), word)))
                        .offset());
        said++;
        assertEquals(said, Clients.records(reader, Set.of(BYSTANDER)).size());
        assertTrue(BROKER.process().isAlive());
    }

    @Test
    void randomBytesCloseTheConnection() {
        Random random = new Random(SEED);
        for (int round = 0; round < RANDOM_ROUNDS; round++) {
            byte[] bytes = new byte[16 + random.nextInt(1_000)];
            random.nextBytes(bytes);
            try (RawConnection connection = RawConnection.open(port())) {
                // A frame no longer than what is sent, or the broker would rightly wait for the rest.
                connection.sendFrame(bytes);
                assertTrue(connection.isClosed(), "round " + round + " of seed " + SEED);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 104_857_601})
    void frameLengthsOutOfBoundsCloseTheConnection(int length) {
        try (RawConnection connection = RawConnection.open(port())) {
            connection.send(ByteBuffer.allocate(8).putInt(length).putInt(0).array());
            assertTrue(connection.isClosed());
        }
    }

    @Test
    void halfFramesAndSilentConnectionsHoldNobodyUp() {
        assumeFalse(BrokerUnderTest.isKafka(), "Apache Kafka pays what is announced, and runs out of memory");
        List<RawConnection> silent = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            RawConnection connection = RawConnection.open(port());
            silent.add(connection);
            // 100 MB announced, twenty bytes sent: fifty such must not cost five gigabytes.
            connection.send(ByteBuffer.allocate(20).putInt(100_000_000).array());
        }
        bystanderIsUnharmed();
        silent.forEach(RawConnection::close);
    }

    @Test
    void unknownApiClosesTheConnection() {
        assertClosesOn(header((short) 999, (short) 0));
    }

    @Test
    void unknownVersionOfAKnownApiClosesTheConnection() {
        assertClosesOn(header(ApiKeys.PRODUCE.id, (short) 99));
        assertClosesOn(header(ApiKeys.METADATA.id, (short) -1));
        assertClosesOn(header(ApiKeys.FETCH.id, (short) 3));
    }

    @Test
    void unknownVersionOfApiVersionsIsAnsweredInVersionZero() {
        try (RawConnection connection = RawConnection.open(port())) {
            connection.sendFrame(header(ApiKeys.API_VERSIONS.id, (short) 99));
            ByteBuffer answer = connection.readFrame();
            assertEquals(7, answer.getInt());
            assertEquals(Errors.UNSUPPORTED_VERSION.code(), answer.getShort());
        }
    }

    @Test
    void truncatedBodyClosesTheConnection() {
        ApiVersionsRequest whole = new ApiVersionsRequest(
                new ApiVersionsRequestData().setClientSoftwareName("a").setClientSoftwareVersion("1"), (short) 3);
        try (RawConnection connection = RawConnection.open(port())) {
            assertEquals(
                    0, ((ApiVersionsResponse) connection.request(whole)).data().errorCode());
            connection.sendFrame(Arrays.copyOf(header(ApiKeys.METADATA.id, (short) 12), 14));
            assertTrue(connection.isClosed());
        }
    }

    static Stream<Arguments> badBatches() {
        return Stream.of(
                bad("CRC", Errors.CORRUPT_MESSAGE, b -> b.putInt(CRC, b.getInt(CRC) + 1)),
                bad("a changed value", Errors.CORRUPT_MESSAGE, b -> b.put(b.limit() - 2, (byte) 'x')),
                bad("length beyond the end", Errors.INVALID_RECORD, b -> b.putInt(LENGTH, b.getInt(LENGTH) + 1)),
                bad("length before the end", Errors.CORRUPT_MESSAGE, b -> b.putInt(LENGTH, b.getInt(LENGTH) - 1)),
                bad("length zero", Errors.CORRUPT_MESSAGE, b -> b.putInt(LENGTH, 0)),
                bad("length negative", Errors.CORRUPT_MESSAGE, b -> b.putInt(LENGTH, -1)),
                bad("magic 3", Errors.CORRUPT_MESSAGE, b -> b.put(MAGIC, (byte) 3)),
                bad("magic 1", Errors.INVALID_RECORD, b -> b.put(MAGIC, (byte) 1)),
                bad("count too high", Errors.INVALID_RECORD, sealed(b -> b.putInt(COUNT, 4))),
                bad("count too low", Errors.INVALID_RECORD, sealed(b -> b.putInt(COUNT, 2))),
                bad("count negative", Errors.INVALID_RECORD, sealed(b -> b.putInt(COUNT, -1))),
                bad("last offset delta", Errors.INVALID_RECORD, sealed(b -> b.putInt(LAST_OFFSET_DELTA, 7))),
                bad("last offset delta negative", Errors.INVALID_RECORD, sealed(b -> b.putInt(LAST_OFFSET_DELTA, -3))),
                bad("control batch", Errors.INVALID_RECORD, sealed(b -> b.putShort(ATTRIBUTES, (short) 0x20))),
                ours("codec 7", Errors.UNSUPPORTED_COMPRESSION_TYPE, sealed(b -> b.putShort(ATTRIBUTES, (short) 7))),
                bad("producer id without sequence", Errors.INVALID_RECORD, sealed(b -> b.putLong(PRODUCER_ID, 5))),
                bad("record length", Errors.INVALID_RECORD, sealed(b -> b.put(RECORDS, (byte) 0x7e))),
                ours("gzip that is none", Errors.CORRUPT_MESSAGE, sealed(b -> b.putShort(ATTRIBUTES, (short) 1))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badBatches")
    void badBatchesAreRefusedAndTheLogIsUntouched(String what, Errors expected, Consumer<ByteBuffer> change) {
        assumeFalse(BrokerUnderTest.isKafka() && what.startsWith(KAFKA_DIFFERS), "Apache Kafka answers otherwise");
        long before = endOffset();
        ByteBuffer batch = batch();
        change.accept(batch);
        try (RawConnection connection = RawConnection.open(port())) {
            var answer = connection.produce(VICTIM, batch);
            assertEquals(expected, Errors.forCode(answer.errorCode()), answer::toString);
            assertEquals(before, endOffset());
            assertEquals(0, connection.produce(VICTIM, batch()).errorCode());
        }
        assertEquals(before + 3, endOffset());
    }

    @Test
    void twoBatchesForAPartitionAreRefused() {
        ByteBuffer two = ByteBuffer.allocate(batch().limit() * 2)
                .put(batch())
                .put(batch())
                .flip();
        long before = endOffset();
        try (RawConnection connection = RawConnection.open(port())) {
            assertEquals(
                    Errors.INVALID_RECORD.code(),
                    connection.produce(VICTIM, two).errorCode());
        }
        assertEquals(before, endOffset());
    }

    @Test
    void everySingleFlippedBitIsRefused() {
        ByteBuffer good = batch();
        long before = endOffset();
        try (RawConnection connection = RawConnection.open(port())) {
            for (int bit = ATTRIBUTES * 8; bit < good.limit() * 8; bit += 13) {
                ByteBuffer flipped = batch();
                flipped.put(bit / 8, (byte) (flipped.get(bit / 8) ^ (1 << (bit % 8))));
                assertEquals(
                        Errors.CORRUPT_MESSAGE.code(),
                        connection.produce(VICTIM, flipped).errorCode());
            }
        }
        assertEquals(before, endOffset());
    }

    private static Arguments bad(String what, Errors expected, Consumer<ByteBuffer> change) {
        return Arguments.of(what, expected, change);
    }

    /** Apache Kafka answers UNKNOWN_SERVER_ERROR, or takes the batch: there the case is left out. */
    private static Arguments ours(String what, Errors expected, Consumer<ByteBuffer> change) {
        return Arguments.of(KAFKA_DIFFERS + what, expected, change);
    }

    /** A change under a checksum that is right again. */
    private static Consumer<ByteBuffer> sealed(Consumer<ByteBuffer> change) {
        return batch -> {
            change.accept(batch);
            batch.putInt(CRC, (int) Crc32C.compute(batch, ATTRIBUTES, batch.limit() - ATTRIBUTES));
        };
    }

    private static ByteBuffer batch() {
        long now = System.currentTimeMillis();
        ByteBuffer built = MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(now, Clients.bytes("key"), Clients.bytes("one")),
                        new SimpleRecord(now, Clients.bytes("key"), Clients.bytes("two")),
                        new SimpleRecord(now, Clients.bytes("key"), Clients.bytes("three")))
                .buffer();
        return ByteBuffer.allocate(built.remaining()).put(built.duplicate()).flip();
    }

    private static byte[] header(short apiKey, short version) {
        return ByteBuffer.allocate(64)
                .putShort(apiKey)
                .putShort(version)
                .putInt(7)
                .putShort((short) 4)
                .put(Clients.bytes("test"))
                .array();
    }

    private static void assertClosesOn(byte[] frame) {
        try (RawConnection connection = RawConnection.open(port())) {
            connection.sendFrame(frame);
            assertTrue(connection.isClosed());
        }
    }

    private static long endOffset() {
        return Clients.get(
                        admin.listOffsets(Map.of(VICTIM, OffsetSpec.latest())).all())
                .get(VICTIM)
                .offset();
    }

    private static int port() {
        return BROKER.process().brokerPort();
    }
}
