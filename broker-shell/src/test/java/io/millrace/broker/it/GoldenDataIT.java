package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.GoldenManifest;
import io.millrace.broker.it.support.RawConnection;
import io.millrace.broker.it.support.TestFiles;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The broker starts on directories that Apache Kafka 4.3.1 left, after a clean stop and after SIGKILL, as the node that wrote them,
 * and serves what its manifest says: batch by batch over the wire, and record by record to an ordinary consumer.
 */
final class GoldenDataIT {
    /** Where the voter in the golden metadata log is to be found. */
    private static final int CONTROLLER_PORT = 28_001;

    private static final TopicPartition TRANSACTIONAL = new TopicPartition("txn", 0);

    @TempDir
    private Path work;

    @ParameterizedTest
    @ValueSource(strings = {"clean", "unclean"})
    void servesWhatKafkaWrote(String kind) {
        TestFiles.unpack(TestFiles.golden("data-" + kind + ".tar.gz"), work);
        try (BrokerProcess broker = BrokerUnderTest.create(work, work.resolve("data"), CONTROLLER_PORT, asWriter())) {
            broker.start();
            try {
                check(broker, GoldenManifest.read(TestFiles.golden("manifest-" + kind + ".csv")));
            } catch (RuntimeException | AssertionError e) {
                System.err.println(broker.child().outputTail());
                throw e;
            }
        }
    }

    /** The quorum is dynamic: its only voter, the node itself, stands in the metadata log. */
    private static Map<String, String> asWriter() {
        return Map.of(
                "controller.quorum.voters", "", "controller.quorum.bootstrap.servers", "127.0.0.1:" + CONTROLLER_PORT);
    }

    private static void check(BrokerProcess broker, List<GoldenManifest.Entry> manifest) {
        try (Admin admin = Clients.admin(broker.bootstrap());
                RawConnection connection = RawConnection.open(broker.brokerPort());
                KafkaConsumer<byte[], byte[]> consumer =
                        Clients.consumer(broker.bootstrap(), Map.of("exclude.internal.topics", "false"))) {
            for (GoldenManifest.Entry expected : manifest) {
                Clients.awaitLeaders(admin, expected.partition());
                List<RecordBatch> batches = connection.batches(expected.partition(), 0);
                batches.removeIf(batch -> batch.baseOffset() > expected.lastOffset());
                assertEquals(expected, GoldenManifest.of(expected.partition(), batches));
                if (!expected.partition().topic().startsWith("__")
                        && !expected.partition().equals(TRANSACTIONAL)) {
                    assertEquals(expected.sha256(), sumOf(consumer, expected.partition()));
                }
            }
            checkTransactions(broker);
            checkGroup(admin);
            checkAppend(broker);
        }
    }

    private static String sumOf(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition) {
        MessageDigest digest = GoldenManifest.sha256();
        for (ConsumerRecord<byte[], byte[]> record : Clients.records(consumer, Set.of(partition))) {
            digest.update(GoldenManifest.line(record.offset(), record.timestamp(), record.key(), record.value()));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Twenty transactions of ten records, every fourth aborted. */
    private static void checkTransactions(BrokerProcess broker) {
        Map<String, String> committed = Map.of("isolation.level", "read_committed");
        assertEquals(150, Clients.records(broker.bootstrap(), "txn", committed).size());
        assertEquals(200, Clients.records(broker.bootstrap(), "txn", Map.of()).size());
    }

    private static void checkGroup(Admin admin) {
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Clients.get(admin.listConsumerGroupOffsets("golden-group").partitionsToOffsetAndMetadata());
        assertTrue(offsets.keySet().stream()
                .allMatch(partition -> partition.topic().equals("logs-none")));
        assertEquals(
                5_000,
                offsets.values().stream().mapToLong(OffsetAndMetadata::offset).sum());
    }

    private static void checkAppend(BrokerProcess broker) {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker.bootstrap(), Map.of())) {
            var record = new ProducerRecord<byte[], byte[]>("logs-zstd", 1, null, Clients.bytes("one more"));
            assertEquals(4_972, Clients.get(producer.send(record)).offset());
        }
    }
}
