package io.millrace.broker.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.config.ConfigException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
@ExtendWith(EmbeddedBrokerExtension.class)
class EmbeddedBrokerTest {
    @TempDir
    private Path temp;

    @Test
    void anyClientWritesAndReads(EmbeddedBroker broker) throws Exception {
        broker.createTopic("orders", 2);
        send(broker, "orders", "a", "1");
        assertEquals(List.of("a=1"), read(broker, "orders", 1));
    }

    @Test
    void theTestsOfAClassShareOne(EmbeddedBroker broker, EmbeddedBroker again) {
        assertEquals(broker.port(), again.port());
    }

    @Test
    void nothingIsLeftAfterAClose() throws Exception {
        // The first of a JVM leaves threads of the JVM itself, such as the one that watches references.
        EmbeddedBroker.start().close();
        Set<Thread> before = threads();
        Path directory;
        int port;
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            directory = broker.directory();
            port = broker.port();
            broker.createTopic("orders", 1);
            send(broker, "orders", "a", "1");
        }
        assertFalse(Files.exists(directory));
        new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
        while (!before.containsAll(threads())) { // a thread that was told to end may be at its last instruction
            LockSupport.parkNanos(1_000_000);
        }
        assertEquals(List.of(), openFilesUnder(directory));
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.getName().matches("junit-.*|Common-Cleaner|ForkJoinPool.*"))
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static List<String> openFilesUnder(Path directory) throws Exception {
        List<String> open = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : descriptors.toList()) {
                if (Files.isSymbolicLink(each)
                        && Files.readSymbolicLink(each).toString().startsWith(directory.toString())) {
                    open.add(Files.readSymbolicLink(each).toString());
                }
            }
        }
        Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains(directory.toString()))
                .forEach(open::add);
        return open;
    }

    @Test
    void retentionRunsWhenTheClockIsSetForward() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            broker.createTopic("orders", 1);
            send(broker, "orders", "a", "1");
            broker.advance(Duration.ofDays(6));
            assertEquals(0, offset(broker, "orders", OffsetSpec.earliest()));
            broker.advance(Duration.ofDays(2));
            assertEquals(1, offset(broker, "orders", OffsetSpec.earliest()));
            send(broker, "orders", "b", "2");
            assertEquals(2, offset(broker, "orders", OffsetSpec.latest()));
        }
    }

    @Test
    void compactionRunsWhenTheClockIsSetForward() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            broker.createTopic(
                    "last",
                    1,
                    Map.of(
                            "cleanup.policy", "compact",
                            "segment.ms", "60000",
                            "min.compaction.lag.ms", "3600000",
                            "min.cleanable.dirty.ratio", "0.01"));
            for (int i = 0; i < 10; i++) {
                send(broker, "last", "k", Integer.toString(i));
            }
            broker.advance(Duration.ofMinutes(5));
            send(broker, "last", "other", "x"); // the log rolls by age, and this record keeps the active segment
            broker.advance(Duration.ofHours(2));
            assertEquals(List.of("k=9", "other=x"), read(broker, "last", 2));
        }
    }

    @Test
    void aFullDiskRefusesAndHeals() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            broker.createTopic("orders", 1);
            send(broker, "orders", "a", "1");
            broker.faults().diskFull();
            assertInstanceOf(KafkaException.class, sendUntilRefused(broker, "orders"));
            assertTrue(read(broker, "orders", 1).contains("a=1"));
            broker.faults().heal();
            send(broker, "orders", "b", "2");
        }
    }

    @Test
    void whatWasAcknowledgedOutlivesACrash() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            broker.createTopic("orders", 1);
            List<String> sent = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                send(broker, "orders", "k" + i, "v");
                sent.add("k" + i + "=v");
            }
            broker.crash();
            assertFalse(Files.exists(broker.directory().resolve(".kafka_cleanshutdown")));
            broker.restart();
            assertEquals(sent, read(broker, "orders", 50));
        }
    }

    @Test
    void aGivenDirectoryStays() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.builder().directory(temp).start()) {
            broker.createTopic("orders", 1);
            send(broker, "orders", "a", "1");
        }
        try (EmbeddedBroker broker = EmbeddedBroker.builder().directory(temp).start()) {
            assertEquals(List.of("a=1"), read(broker, "orders", 1));
        }
    }

    @Test
    void whatCannotBeStartedLeavesNothing() throws Exception {
        assertThrows(
                ConfigException.class,
                () -> EmbeddedBroker.builder().setting("num.partitions", "-3").start());
        try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            List<Path> own = left.filter(path -> path.getFileName().toString().startsWith("millrace-embedded-"))
                    .filter(path -> !Files.exists(path.resolve("meta.properties")))
                    .toList();
            assertEquals(List.of(), own);
        }
    }

    private static void send(EmbeddedBroker broker, String topic, String key, String value) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers(), "linger.ms", 0);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, 0, key, value)).get();
        }
    }

    /** What the appends have room for is bounded by what was prepared for them; then there is an answer. */
    private static Throwable sendUntilRefused(EmbeddedBroker broker, String topic) throws InterruptedException {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "request.timeout.ms", 2_000,
                "delivery.timeout.ms", 3_000,
                "linger.ms", 0);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            while (true) {
                producer.send(new ProducerRecord<>(topic, 0, "x", "x".repeat(900_000)))
                        .get();
            }
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    private static long offset(EmbeddedBroker broker, String topic, OffsetSpec which) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            return admin.listOffsets(Map.of(partition, which))
                    .partitionResult(partition)
                    .get()
                    .offset();
        }
    }

    /** The first so many records of partition 0, as key=value. */
    private static List<String> read(EmbeddedBroker broker, String topic, int count) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", broker.bootstrapServers(), "auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            List<String> all = new ArrayList<>();
            while (all.size() < count) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    all.add(record.key() + "=" + record.value());
                }
            }
            return all.subList(0, count);
        }
    }
}
