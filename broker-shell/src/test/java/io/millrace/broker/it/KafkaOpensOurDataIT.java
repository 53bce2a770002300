package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.GroupMember;
import io.millrace.broker.it.support.KafkaProcess;
import io.millrace.broker.it.support.KafkaTool;
import io.millrace.broker.it.support.LineChecker;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.Received;
import io.millrace.broker.it.support.TestFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What this broker wrote is Kafka's: kafka-dump-log finds nothing wrong in any file, Apache Kafka starts on the directory and
 * serves the same records and group offsets, appends to them, and this broker takes the directory back.
 */
final class KafkaOpensOurDataIT {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    private static final Duration TOOL_BOUND = Duration.ofMinutes(2);

    /** The tool takes the first offset of every segment but the first for a gap. */
    private static final String FIRST_OF_A_FILE = "  -1 is followed by";

    /** Twenty index entries fill an index: the segments are many and small. */
    private static final Map<String, String> SMALL_SEGMENTS =
            Map.of("index.interval.bytes", "512", "segment.index.bytes", "240", "retention.ms", "-1");

    @TempDir
    private Path work;

    private final List<LogLines.Line> lines = LogLines.all();

    @Test
    void goesToKafkaAndBack() {
        int controllerPort = BrokerProcess.freePort();
        Map<TopicPartition, Long> committed;
        try (BrokerProcess ours = BrokerUnderTest.create(work, work.resolve("data"), controllerPort, Map.of())) {
            ours.start();
            write(ours);
            committed = committed(ours);
            ours.stop();
        }
        dump();
        try (BrokerProcess kafka = new KafkaProcess(work, work.resolve("data"), controllerPort, Map.of())) {
            serves(kafka, committed, 1);
            append(kafka);
            kafka.stop();
        }
        try (BrokerProcess ours = BrokerUnderTest.create(work, work.resolve("data"), controllerPort, Map.of())) {
            serves(ours, committed, 2);
            ours.stop();
        }
    }

    private void write(BrokerProcess broker) {
        try (Admin admin = Clients.admin(broker.bootstrap())) {
            CODECS.forEach(codec -> Clients.createTopic(admin, topic(codec), 2, SMALL_SEGMENTS));
        }
        append(broker);
        for (String protocol : List.of("classic", "consumer")) {
            Queue<Received> sink = new ConcurrentLinkedQueue<>();
            Map<String, String> settings = Map.of("group.protocol", protocol);
            try (GroupMember member = GroupMember.join(broker.bootstrap(), protocol, topic("none"), sink, settings)) {
                Await.until("all lines", Duration.ofSeconds(60), sink::size, () -> sink.size() == lines.size());
                assertTrue(!member.assignment().isEmpty());
            }
        }
    }

    /** Every line once more to every topic, by an idempotent producer of each codec. */
    private void append(BrokerProcess broker) {
        for (String codec : CODECS) {
            Map<String, Object> settings = Map.of("compression.type", codec, "batch.size", "4096");
            try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker.bootstrap(), settings)) {
                Clients.produce(producer, topic(codec), lines);
            }
        }
    }

    private void serves(BrokerProcess broker, Map<TopicPartition, Long> committed, int copies) {
        broker.start();
        try (Admin admin = Clients.admin(broker.bootstrap())) {
            for (String codec : CODECS) {
                Clients.awaitLeaders(admin, topic(codec), 2);
                List<Received> received = Clients.readAll(broker.bootstrap(), topic(codec));
                assertEquals(lines.size() * copies, received.size());
                List<Received> firstCopy = firstOf(received);
                assertEquals(List.of(), LineChecker.once(lines).faults(firstCopy));
            }
        }
        assertEquals(committed, committed(broker));
    }

    /** Each partition's records up to the first repetition of a key. */
    private static List<Received> firstOf(List<Received> received) {
        Map<String, Received> first = new HashMap<>();
        received.forEach(record -> first.merge(record.key(), record, (a, b) -> a.offset() < b.offset() ? a : b));
        return List.copyOf(first.values());
    }

    private static Map<TopicPartition, Long> committed(BrokerProcess broker) {
        Map<TopicPartition, Long> all = new HashMap<>();
        try (Admin admin = Clients.admin(broker.bootstrap())) {
            for (String group : List.of("classic", "consumer")) {
                Map<TopicPartition, OffsetAndMetadata> offsets =
                        Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
                offsets.forEach((partition, offset) -> all.put(
                        new TopicPartition(group + "/" + partition.topic(), partition.partition()), offset.offset()));
            }
        }
        assertEquals(24_000, all.values().stream().mapToLong(Long::longValue).sum());
        return all;
    }

    private void dump() {
        List<Path> segments = files(".log");
        assertTrue(segments.size() > 20, () -> "too few segments: " + segments);
        dump(segments, "--deep-iteration");
        dump(files(".index"), "--index-sanity-check");
        dump(files(".index"), "--verify-index-only");
        dump(files(".timeindex"), "--index-sanity-check");
        dump(files(".timeindex"), "--verify-index-only");
        dump(files(".snapshot"), "--deep-iteration");
    }

    private List<Path> files(String suffix) {
        return TestFiles.list(work.resolve("data"), suffix).stream()
                .filter(file -> !file.toString().contains("__cluster_metadata"))
                .toList();
    }

    /** The tool says what is wrong in words and ends with success all the same. */
    private void dump(List<Path> files, String mode) {
        String names = files.stream().map(Path::toString).collect(Collectors.joining(","));
        KafkaTool.Result result = KafkaTool.run(
                work, "org.apache.kafka.tools.DumpLogSegments", List.of("--files", names, mode), TOOL_BOUND);
        assertEquals(0, result.exitCode(), result::output);
        List<String> complaints = result.output()
                .lines()
                .filter(line -> Stream.of(
                                "mismatch",
                                "Mismatches",
                                "is followed by",
                                "invalid",
                                "Exception",
                                "corrupt",
                                "out of order")
                        .anyMatch(line::contains))
                .filter(line -> !line.contains("isvalid: true") && !line.startsWith(FIRST_OF_A_FILE))
                .limit(20)
                .toList();
        assertEquals(List.of(), complaints, mode);
        assertTrue(
                result.output()
                                .lines()
                                .filter(line -> line.startsWith("Dumping "))
                                .count()
                        == files.size(),
                mode);
    }

    private static String topic(String codec) {
        return "ours-" + codec;
    }
}
