package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.RawConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Topics are made, changed, trimmed and deleted, and their settings act: at creation and live. */
final class TopicSettingsIT {
    private static final Duration BOUND = Duration.ofSeconds(60);

    @RegisterExtension
    static final BrokerUnderTest BROKER =
            BrokerUnderTest.with("log.retention.check.interval.ms", "300", "log.initial.task.delay.ms", "100");

    private static Admin admin;
    private static KafkaProducer<byte[], byte[]> producer;

    @BeforeAll
    static void connect() {
        admin = Clients.admin(BROKER.bootstrap());
        producer = Clients.producer(
                BROKER.bootstrap(), Map.of("delivery.timeout.ms", "20000", "request.timeout.ms", "5000"));
    }

    @AfterAll
    static void disconnect() {
        producer.close();
        admin.close();
    }

    @Test
    void aTopicIsMadeByItsFirstUse() {
        RecordMetadata metadata = Clients.get(producer.send(value("made-by-use", "first")));
        assertEquals(0, metadata.offset());
        assertEquals(3, partitionCount("made-by-use"));
    }

    @Test
    void partitionsAreAddedAndTopicsDeleted() {
        Clients.createTopic(admin, "grown", 1, Map.of());
        Clients.get(admin.createPartitions(Map.of("grown", NewPartitions.increaseTo(4)))
                .all());
        Clients.awaitLeaders(admin, "grown", 4);
        Clients.get(producer.send(new ProducerRecord<>("grown", 3, null, Clients.bytes("in the new one"))));
        Clients.get(admin.deleteTopics(List.of("grown")).all());
        Await.until(
                "grown is gone",
                BOUND,
                () -> !Clients.get(admin.listTopics().names()).contains("grown"));
        Throwable failure =
                Clients.failure(admin.describeTopics(List.of("grown")).allTopicNames());
        assertInstanceOf(UnknownTopicOrPartitionException.class, failure);
    }

    @Test
    void retentionTimeActsWithoutRestart() {
        Clients.createTopic(admin, "short-lived", 1, Map.of("retention.ms", "-1"));
        TopicPartition partition = new TopicPartition("short-lived", 0);
        long old = System.currentTimeMillis() - Duration.ofDays(1).toMillis();
        for (int i = 0; i < 10; i++) {
            Clients.get(producer.send(new ProducerRecord<>("short-lived", 0, old, null, Clients.bytes("old " + i))));
        }
        assertEquals(0, earliest(partition));
        setConfig("short-lived", "retention.ms", "1000");
        Await.until("the old records are gone", BOUND, () -> earliest(partition), () -> earliest(partition) == 10);
        assertEquals(10, Clients.get(producer.send(value("short-lived", "new"))).offset());
    }

    @Test
    void retentionBytesAndSegmentSizeActWithoutRestart() {
        Clients.createTopic(admin, "bounded", 1, Map.of());
        TopicPartition partition = new TopicPartition("bounded", 0);
        setConfig("bounded", "segment.bytes", "1048576");
        for (int copy = 0; copy < 3; copy++) {
            Clients.produce(producer, "bounded", LogLines.all());
        }
        assertEquals(0, earliest(partition));
        setConfig("bounded", "retention.bytes", "1500000");
        Await.until("the log is cut", BOUND, () -> earliest(partition), () -> earliest(partition) > 12_000);
        List<ConsumerRecord<byte[], byte[]>> left = Clients.records(BROKER.bootstrap(), "bounded", Map.of());
        assertEquals(36_000 - earliest(partition), left.size());
    }

    @Test
    void deletedRecordsAreGone() {
        Clients.createTopic(admin, "trimmed", 1, Map.of());
        TopicPartition partition = new TopicPartition("trimmed", 0);
        Clients.produce(producer, "trimmed", LogLines.of(List.of("HDFS.log")));
        var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(1_234)));
        assertEquals(1_234, Clients.get(deleted.lowWatermarks().get(partition)).lowWatermark());
        assertEquals(1_234, earliest(partition));
        assertInstanceOf(
                OffsetOutOfRangeException.class,
                Clients.failure(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(9_999)))
                        .all()));
        assertEquals(766, Clients.readAll(BROKER.bootstrap(), "trimmed").size());
        Clients.get(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1)))
                .all());
        assertEquals(2_000, earliest(partition));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "snappy", "lz4", "zstd", "uncompressed"})
    void recordsRestInTheTopicsCodec(String codec) {
        String topic = "rests-in-" + codec;
        Clients.createTopic(admin, topic, 1, Map.of("compression.type", codec));
        String other = codec.equals("uncompressed") ? "lz4" : "none";
        try (KafkaProducer<byte[], byte[]> sender =
                Clients.producer(BROKER.bootstrap(), Map.of("compression.type", other))) {
            Clients.produce(sender, topic, LogLines.of(List.of("Linux.log")));
        }
        String expected = codec.equals("uncompressed") ? "none" : codec;
        Set<String> found = batches(topic).stream()
                .map(batch -> batch.compressionType().name)
                .collect(Collectors.toSet());
        assertEquals(Set.of(expected), found);
        assertEquals(2_000, Clients.readAll(BROKER.bootstrap(), topic).size());
    }

    @Test
    void logAppendTimeReplacesTheClientsTimestamp() {
        Clients.createTopic(admin, "append-time", 1, Map.of("message.timestamp.type", "LogAppendTime"));
        long before = System.currentTimeMillis();
        long sent = before - Duration.ofDays(2).toMillis();
        long answered = Clients.get(
                        producer.send(new ProducerRecord<>("append-time", 0, sent, null, Clients.bytes("value"))))
                .timestamp();
        assertTrue(answered >= before, "answered " + answered);
        ConsumerRecord<byte[], byte[]> record =
                Clients.records(BROKER.bootstrap(), "append-time", Map.of()).get(0);
        assertEquals(TimestampType.LOG_APPEND_TIME, record.timestampType());
        assertEquals(answered, record.timestamp());
    }

    @Test
    void createTimeIsKeptAndItsBoundsHold() {
        Clients.createTopic(
                admin,
                "create-time",
                1,
                Map.of("message.timestamp.before.max.ms", "60000", "message.timestamp.after.max.ms", "60000"));
        long now = System.currentTimeMillis();
        Clients.get(producer.send(new ProducerRecord<>("create-time", 0, now - 5_000, null, Clients.bytes("kept"))));
        for (long wrong : new long[] {now - 600_000, now + 600_000}) {
            assertInstanceOf(
                    InvalidTimestampException.class,
                    Clients.failure(producer.send(
                            new ProducerRecord<>("create-time", 0, wrong, null, Clients.bytes("refused")))));
        }
        List<ConsumerRecord<byte[], byte[]>> records = Clients.records(BROKER.bootstrap(), "create-time", Map.of());
        assertEquals(1, records.size());
        assertEquals(now - 5_000, records.get(0).timestamp());
        assertEquals(TimestampType.CREATE_TIME, records.get(0).timestampType());
    }

    @Test
    void offsetsAreFoundByTime() {
        Clients.createTopic(admin, "by-time", 1, Map.of("index.interval.bytes", "512"));
        TopicPartition partition = new TopicPartition("by-time", 0);
        long start = System.currentTimeMillis() - 3_600_000;
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            sent.add(producer.send(
                    new ProducerRecord<>("by-time", 0, start + i * 250L, null, Clients.bytes("value " + i))));
        }
        sent.forEach(Clients::get);
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(BROKER.bootstrap(), Map.of())) {
            for (int i : new int[] {0, 1, 777, 1_999}) {
                var exact = consumer.offsetsForTimes(Map.of(partition, start + i * 250L));
                assertEquals(i, exact.get(partition).offset());
                var after = consumer.offsetsForTimes(Map.of(partition, start + i * 250L - 100));
                assertEquals(i, after.get(partition).offset());
            }
            assertEquals(
                    null,
                    consumer.offsetsForTimes(Map.of(partition, start + 2_000 * 250L))
                            .get(partition));
        }
        var max = Clients.get(
                admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).all());
        assertEquals(1_999, max.get(partition).offset());
        assertEquals(start + 1_999 * 250L, max.get(partition).timestamp());
    }

    @Test
    void largeRecordsAreRefusedAndThenAllowed() {
        Clients.createTopic(admin, "sized", 1, Map.of("max.message.bytes", "10000"));
        byte[] large = new byte[50_000];
        assertInstanceOf(
                RecordTooLargeException.class, Clients.failure(producer.send(new ProducerRecord<>("sized", large))));
        setConfig("sized", "max.message.bytes", "100000");
        Await.until("the new bound", BOUND, () -> {
            Clients.get(producer.send(new ProducerRecord<>("sized", large)));
            return true;
        });
        assertEquals(
                large.length,
                Clients.records(BROKER.bootstrap(), "sized", Map.of()).get(0).value().length);
    }

    /** Kafka bounds the setting by the number of replicas: a lone replica is enough for a topic that has but one. */
    @Test
    void minInSyncReplicasIsBoundedByTheReplicasThereAre() {
        Clients.createTopic(admin, "guarded", 1, Map.of("min.insync.replicas", "2"));
        for (String acks : List.of("all", "1", "0")) {
            try (KafkaProducer<byte[], byte[]> sender =
                    Clients.producer(BROKER.bootstrap(), Map.of("enable.idempotence", "false", "acks", acks))) {
                long offset = Clients.get(sender.send(value("guarded", acks))).offset();
                assertEquals(acks.equals("0"), offset == -1);
            }
        }
        Await.until("three records", BOUND, () -> latest(new TopicPartition("guarded", 0)) == 3);
    }

    @Test
    void configsAreDescribedWithTheirSource() {
        Clients.createTopic(admin, "described", 1, Map.of("retention.ms", "12345"));
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "described");
        var configs = Clients.get(admin.describeConfigs(List.of(topic)).all()).get(topic);
        assertEquals("12345", configs.get("retention.ms").value());
        assertEquals(
                ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG,
                configs.get("retention.ms").source());
        assertEquals(
                ConfigEntry.ConfigSource.DEFAULT_CONFIG,
                configs.get("segment.bytes").source());
        assertThrows(
                IllegalStateException.class,
                () -> Clients.createTopic(admin, "wrong", 1, Map.of("no.such.setting", "1")));
    }

    private static ProducerRecord<byte[], byte[]> value(String topic, String text) {
        return new ProducerRecord<>(topic, Clients.bytes(text));
    }

    private static int partitionCount(String topic) {
        return Clients.get(admin.describeTopics(List.of(topic)).allTopicNames())
                .get(topic)
                .partitions()
                .size();
    }

    private static long earliest(TopicPartition partition) {
        return offset(partition, OffsetSpec.earliest());
    }

    private static long latest(TopicPartition partition) {
        return offset(partition, OffsetSpec.latest());
    }

    private static long offset(TopicPartition partition, OffsetSpec spec) {
        return Clients.get(admin.listOffsets(Map.of(partition, spec)).all())
                .get(partition)
                .offset();
    }

    private static void setConfig(String topic, String name, String value) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        AlterConfigOp set = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
        Clients.get(
                admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all());
    }

    private static List<RecordBatch> batches(String topic) {
        try (RawConnection connection = RawConnection.open(BROKER.process().brokerPort())) {
            return connection.batches(new TopicPartition(topic, 0), 0);
        }
    }
}
