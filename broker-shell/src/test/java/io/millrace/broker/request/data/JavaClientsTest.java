package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.LogConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ordinary Java producer and consumer against the data path. */
@Timeout(120)
class JavaClientsTest {
    private static final int RECORDS = 2000;

    @TempDir
    Path directory;

    private TestBroker broker;

    @BeforeEach
    void start() throws IOException {
        broker = new TestBroker(directory);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void whatIsProducedIsConsumedInOrder(String codec) throws Exception {
        broker.createTopic("t", 3);
        roundTrip("t", 3, codec, 100, true);
    }

    @ParameterizedTest
    @CsvSource({"none,gzip", "gzip,none", "zstd,lz4", "lz4,snappy", "snappy,zstd"})
    void aTopicStoresItsOwnCodec(String producers, String topics) throws Exception {
        Compression target = Compression.of(topics).build();
        broker.createTopic("t", 1, new TopicSettings(LogConfig.DEFAULTS, 1, target));
        roundTrip("t", 1, producers, 100, true);
        try (var slice = broker.partition("t", 0).log().read(0, 1 << 20, Long.MAX_VALUE, true)) {
            int attributes = slice.copy().getShort(21);
            assertEquals(target.type().id, attributes & 7);
        }
    }

    @Test
    @Timeout(60)
    void largeResponsesGoBySendfile() throws Exception {
        broker.createTopic("t", 2);
        roundTrip("t", 2, "none", 20_000, false);
    }

    @Test
    void syncedTopicsAcknowledgeFlushedBytes() throws Exception {
        LogConfig sync = LogConfig.builder().syncBeforeAck(true).build();
        broker.createTopic("t", 1, new TopicSettings(sync, 1, null));
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("linger.ms", 0))) {
            for (int i = 0; i < 50; i++) {
                long offset = producer.send(new ProducerRecord<>("t", new byte[100]))
                        .get()
                        .offset();
                assertEquals(i, offset);
                assertEquals(true, broker.partition("t", 0).log().flushedOffset() > offset);
            }
        }
    }

    @Test
    void appendTimeIsGivenAndTold() throws Exception {
        LogConfig config = LogConfig.builder().logAppendTime(true).build();
        for (String codec : List.of("none", "zstd")) {
            broker.createTopic(codec, 1, new TopicSettings(config, 1, null));
            try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("compression.type", codec))) {
                long before = System.currentTimeMillis();
                RecordMetadata told = producer.send(new ProducerRecord<>(codec, 0, 17L, null, new byte[10]))
                        .get();
                assertEquals(true, told.timestamp() >= before && told.timestamp() <= System.currentTimeMillis());
                List<ConsumerRecord<byte[], byte[]>> read = consume(codec, 1, 1);
                assertEquals(told.timestamp(), read.get(0).timestamp());
            }
        }
    }

    @Test
    void refusalsReachTheProducer() {
        broker.createTopic("compacted", 1, settings(LogConfig.builder().compactPolicy(true)));
        broker.createTopic("small", 1, settings(LogConfig.builder().maxMessageBytes(500)));
        for (String codec : List.of("none", "gzip")) {
            try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("compression.type", codec))) {
                assertInstanceOf(InvalidRecordException.class, failure(producer, "compacted", new byte[10]));
                assertInstanceOf(RecordTooLargeException.class, failure(producer, "small", random(1000)));
            }
        }
        assertEquals(0, broker.partition("compacted", 0).log().logEndOffset());
        assertEquals(0, broker.partition("small", 0).log().logEndOffset());
    }

    @Test
    void offsetsAreFoundByTime() throws Exception {
        broker.createTopic("t", 1);
        long base = System.currentTimeMillis() - 1_000_000;
        List<Future<RecordMetadata>> acks = new ArrayList<>();
        for (String codec : List.of("none", "gzip")) {
            try (KafkaProducer<byte[], byte[]> producer =
                    producer(Map.of("compression.type", codec, "linger.ms", 50))) {
                for (int i = 0; i < 100; i++) {
                    acks.add(producer.send(new ProducerRecord<>("t", 0, base + i * 10L, null, new byte[10])));
                }
            }
            base += 1000;
        }
        for (Future<RecordMetadata> ack : acks) {
            ack.get();
        }
        TopicPartition tp = new TopicPartition("t", 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            long start = base - 2000;
            assertEquals(
                    0, consumer.offsetsForTimes(Map.of(tp, start - 5)).get(tp).offset());
            assertEquals(
                    50,
                    consumer.offsetsForTimes(Map.of(tp, start + 495)).get(tp).offset());
            assertEquals(
                    177,
                    consumer.offsetsForTimes(Map.of(tp, start + 1770)).get(tp).offset());
            assertEquals(
                    null, consumer.offsetsForTimes(Map.of(tp, start + 5000)).get(tp));
            assertEquals(200, consumer.endOffsets(List.of(tp)).get(tp));
            assertEquals(0, consumer.beginningOffsets(List.of(tp)).get(tp));
        }
    }

    private void roundTrip(String topic, int partitions, String codec, int valueBytes, boolean idempotent)
            throws Exception {
        Map<TopicPartition, List<byte[]>> sent = new HashMap<>();
        Random random = new Random(42);
        List<Future<RecordMetadata>> acks = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer =
                producer(Map.of("compression.type", codec, "enable.idempotence", idempotent))) {
            for (int i = 0; i < RECORDS; i++) {
                byte[] value = (i + "-" + "x".repeat(random.nextInt(valueBytes))).getBytes(StandardCharsets.UTF_8);
                int partition = i % partitions;
                sent.computeIfAbsent(new TopicPartition(topic, partition), tp -> new ArrayList<>())
                        .add(value);
                acks.add(producer.send(new ProducerRecord<>(topic, partition, null, value)));
            }
        }
        for (Future<RecordMetadata> ack : acks) {
            ack.get();
        }
        Map<TopicPartition, List<byte[]>> received = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : consume(topic, partitions, RECORDS)) {
            received.computeIfAbsent(new TopicPartition(topic, record.partition()), tp -> new ArrayList<>())
                    .add(record.value());
        }
        assertEquals(sent.keySet(), received.keySet());
        sent.forEach((tp, values) ->
                assertArrayEquals(values.toArray(), received.get(tp).toArray()));
    }

    private List<ConsumerRecord<byte[], byte[]>> consume(String topic, int partitions, int count) {
        List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> assigned = new ArrayList<>();
            for (int i = 0; i < partitions; i++) {
                assigned.add(new TopicPartition(topic, i));
            }
            consumer.assign(assigned);
            consumer.seekToBeginning(assigned);
            long deadlineNs = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (all.size() < count && System.nanoTime() < deadlineNs) {
                consumer.poll(Duration.ofMillis(500)).forEach(all::add);
            }
        }
        assertEquals(count, all.size());
        return all;
    }

    private static Throwable failure(KafkaProducer<byte[], byte[]> producer, String topic, byte[] value) {
        return assertThrows(
                        ExecutionException.class,
                        () -> producer.send(new ProducerRecord<>(topic, 0, null, value))
                                .get())
                .getCause();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    private static TopicSettings settings(LogConfig.Builder log) {
        return new TopicSettings(log.build(), 1, null);
    }

    private KafkaProducer<byte[], byte[]> producer(Map<String, Object> extra) {
        Map<String, Object> config = new HashMap<>(extra);
        config.put("bootstrap.servers", broker.bootstrap());
        config.put("delivery.timeout.ms", 30_000);
        config.put("request.timeout.ms", 20_000);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> config = Map.of("bootstrap.servers", broker.bootstrap(), "enable.auto.commit", false);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
