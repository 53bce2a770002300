package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.KafkaProcess;
import io.millrace.broker.it.support.KafkaTool;
import io.millrace.broker.it.support.TestFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compacted topics as clients see them, and the offsets of groups, which are one: compacted while they are written, over a kill, over a
 * change of the policy, and then opened by Apache Kafka and its tools.
 */
final class CompactionIT {
    private static final Duration BOUND = Duration.ofSeconds(90);
    private static final String TOPIC = "latest";
    private static final String LIVE = "live-change";
    private static final int KEYS = 10;
    private static final int GROUP_PARTITIONS = 60;
    private static final Map<String, String> SETTINGS = Map.of(
            "log.cleaner.backoff.ms", "200",
            "log.cleaner.threads", "2",
            "log.cleaner.dedupe.buffer.size", "4194304",
            "log.cleaner.delete.retention.ms", "100",
            "log.cleaner.min.cleanable.ratio", "0.01",
            "log.segment.delete.delay.ms", "500",
            "offsets.topic.num.partitions", "1",
            "offsets.topic.segment.bytes", "1048576");

    @TempDir
    private Path work;

    @Test
    void keepsTheLastValues() throws IOException {
        int controllerPort = BrokerProcess.freePort();
        Map<TopicPartition, Long> committed;
        try (BrokerProcess ours = BrokerUnderTest.create(work, work.resolve("data"), controllerPort, SETTINGS)) {
            ours.start();
            try (Admin admin = Clients.admin(ours.bootstrap())) {
                Map<String, String> rollsSoon = Map.of("segment.ms", "300", "max.compaction.lag.ms", "1000");
                Clients.createTopic(admin, TOPIC, 1, with(rollsSoon, "cleanup.policy", "compact"));
                Clients.createTopic(admin, LIVE, 1, with(rollsSoon, "cleanup.policy", "delete"));
                Map<String, String> expected = produce(ours, TOPIC);
                awaitCompacted(ours, TOPIC, expected);
                tombstonesGo(ours, expected);
                policyChangesLive(ours, admin);
                committed = commit(admin);
            }
            awaitOffsetsCompacted();
            ours.kill();
            ours.start();
            assertEquals(committed, committed(ours));
            ours.stop();
        }
        dump();
        try (BrokerProcess kafka = new KafkaProcess(work, work.resolve("data"), controllerPort, SETTINGS)) {
            kafka.start();
            assertEquals(committed, committed(kafka));
            assertEquals(
                    KEYS - 1,
                    state(Clients.records(kafka.bootstrap(), TOPIC, Map.of())).size());
            kafka.stop();
        }
    }

    private static Map<String, String> with(Map<String, String> settings, String name, String value) {
        Map<String, String> all = new HashMap<>(settings);
        all.put(name, value);
        return all;
    }

    /** Each key many times over, by producers of different codecs. */
    private static Map<String, String> produce(BrokerProcess broker, String topic) {
        Map<String, String> last = new TreeMap<>();
        for (String codec : List.of("none", "zstd", "gzip", "lz4", "snappy")) {
            Map<String, Object> settings = Map.of("compression.type", codec, "batch.size", "2000", "linger.ms", "1");
            try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker.bootstrap(), settings)) {
                List<Future<?>> acknowledged = new ArrayList<>();
                for (int i = 0; i < 400; i++) {
                    String value = codec + "-" + i + "-" + "z".repeat(i % 50);
                    last.put("key-" + i % KEYS, value);
                    acknowledged.add(producer.send(record(topic, "key-" + i % KEYS, value)));
                }
                acknowledged.forEach(Clients::get);
            }
        }
        return last;
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String key, String value) {
        return new ProducerRecord<>(topic, Clients.bytes(key), value == null ? null : Clients.bytes(value));
    }

    private static void awaitCompacted(BrokerProcess broker, String topic, Map<String, String> expected) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        Await.until("one record a key", BOUND, records::size, () -> {
            records.clear();
            records.addAll(Clients.records(broker.bootstrap(), topic, Map.of()));
            assertEquals(expected, state(records));
            return records.size() == expected.size();
        });
    }

    private static Map<String, String> state(List<ConsumerRecord<byte[], byte[]>> records) {
        Map<String, String> state = new TreeMap<>();
        long next = 0;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            assertTrue(record.offset() >= next, "offsets ascend");
            next = record.offset() + 1;
            String key = new String(record.key(), StandardCharsets.UTF_8);
            if (record.value() == null) {
                state.remove(key);
            } else {
                state.put(key, new String(record.value(), StandardCharsets.UTF_8));
            }
        }
        return state;
    }

    private static void tombstonesGo(BrokerProcess broker, Map<String, String> expected) {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker.bootstrap(), Map.of())) {
            Clients.get(producer.send(record(TOPIC, "key-0", null)));
            expected.remove("key-0");
            Await.until("the tombstone is gone", BOUND, () -> {
                // Something new, or there would be nothing to clean.
                Clients.get(producer.send(record(TOPIC, "key-1", expected.get("key-1"))));
                List<ConsumerRecord<byte[], byte[]>> records = Clients.records(broker.bootstrap(), TOPIC, Map.of());
                assertEquals(expected, state(records));
                return records.stream()
                        .noneMatch(record -> new String(record.key(), StandardCharsets.UTF_8).equals("key-0"));
            });
        }
    }

    private static void policyChangesLive(BrokerProcess broker, Admin admin) {
        Map<String, String> expected = produce(broker, LIVE);
        assertEquals(2000, Clients.records(broker.bootstrap(), LIVE, Map.of()).size());
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, LIVE);
        AlterConfigOp compact =
                new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.SET);
        Clients.get(
                admin.incrementalAlterConfigs(Map.of(topic, List.of(compact))).all());
        awaitCompacted(broker, LIVE, expected);
    }

    /** More than a segment of commits, of which only the last count. */
    private static Map<TopicPartition, Long> commit(Admin admin) {
        Clients.createTopic(admin, "committed", GROUP_PARTITIONS, Map.of());
        Map<TopicPartition, Long> last = new HashMap<>();
        for (int round = 0; round < 400; round++) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (int p = 0; p < GROUP_PARTITIONS; p++) {
                TopicPartition partition = new TopicPartition("committed", p);
                offsets.put(partition, new OffsetAndMetadata(round * 100L + p));
                last.put(partition, round * 100L + p);
            }
            Clients.get(admin.alterConsumerGroupOffsets("group", offsets).all());
        }
        return last;
    }

    private static Map<TopicPartition, Long> committed(BrokerProcess broker) {
        try (Admin admin = Clients.admin(broker.bootstrap())) {
            Map<TopicPartition, Long> all = new HashMap<>();
            Clients.get(admin.listConsumerGroupOffsets("group").partitionsToOffsetAndMetadata())
                    .forEach((partition, offset) -> all.put(partition, offset.offset()));
            return all;
        }
    }

    /** The first segment, of a mebibyte when it was written, holds next to nothing. */
    private void awaitOffsetsCompacted() {
        Path first = work.resolve("data/__consumer_offsets-0/00000000000000000000.log");
        Await.until(
                "__consumer_offsets is compacted",
                BOUND,
                () -> first.toFile().length(),
                () -> cleanedTo("__consumer_offsets 0 ") > 0 && Files.size(first) < 200_000);
    }

    private long cleanedTo(String prefix) throws IOException {
        Path checkpoint = work.resolve("data/cleaner-offset-checkpoint");
        return Files.exists(checkpoint)
                ? Files.readAllLines(checkpoint).stream()
                        .filter(line -> line.startsWith(prefix))
                        .mapToLong(line -> Long.parseLong(line.substring(prefix.length())))
                        .findFirst()
                        .orElse(0)
                : 0;
    }

    private void dump() {
        List<Path> segments = TestFiles.list(work.resolve("data"), ".log").stream()
                .filter(file -> !file.toString().contains("__cluster_metadata"))
                .toList();
        String names = segments.stream().map(Path::toString).collect(Collectors.joining(","));
        KafkaTool.Result result = KafkaTool.run(
                work,
                "org.apache.kafka.tools.DumpLogSegments",
                List.of("--files", names, "--deep-iteration"),
                Duration.ofMinutes(2));
        assertEquals(0, result.exitCode(), result::output);
        List<String> complaints = result.output()
                .lines()
                .filter(line -> Stream.of("invalid", "Exception", "corrupt", "isvalid: false")
                        .anyMatch(line::contains))
                .limit(20)
                .toList();
        assertEquals(List.of(), complaints);
    }
}
