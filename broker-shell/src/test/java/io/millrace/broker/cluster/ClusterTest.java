package io.millrace.broker.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.LineChecker;
import io.millrace.broker.it.support.LogLines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in one JVM: leaders go, followers come back, and nothing that was acknowledged is lost. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ClusterTest {
    private static final Map<String, String> PATIENT =
            Map.of("delivery.timeout.ms", "90000", "request.timeout.ms", "5000", "retry.backoff.ms", "50");

    @TempDir
    Path temp;

    @Test
    void leadersGoAndComeBackAndNothingAcknowledgedIsLost() {
        List<LogLines.Line> lines = LogLines.all();
        try (NodesInProcess nodes = NodesInProcess.start(temp, 3);
                Admin admin = nodes.admin()) {
            nodes.createTopic(admin, "logs", 3, Map.of("segment.bytes", "1048576"));
            AtomicInteger acknowledged = new AtomicInteger();
            CompletableFuture<Void> producing =
                    CompletableFuture.runAsync(() -> produce(nodes.bootstrap(), lines, acknowledged));
            for (int round = 1; round <= 2; round++) {
                int goal = lines.size() * round / 4;
                Await.until(
                        goal + " acknowledged",
                        NodesInProcess.BOUND,
                        acknowledged::get,
                        () -> acknowledged.get() >= goal);
                int leader = nodes.leaderOf(admin, "logs", 0);
                nodes.stop(leader);
                nodes.awaitLeaderOtherThan(admin, "logs", leader);
                nodes.restart(leader);
                nodes.awaitInSync(admin, "logs", 3);
            }
            producing.join();
            assertEquals(lines.size(), acknowledged.get());
            assertEquals(List.of(), LineChecker.once(lines).faults(Clients.readAll(nodes.bootstrap(), "logs")));
            nodes.awaitInSync(admin, "logs", 3);
        }
        ReplicaBytes.assertEqual(
                List.of(temp.resolve("node-1"), temp.resolve("node-2"), temp.resolve("node-3")), "logs", 3);
    }

    @Test
    void groupGoesOnWhereItWasWhenItsCoordinatorGoes() {
        List<LogLines.Line> lines = LogLines.all().subList(0, 1_000);
        try (NodesInProcess nodes = NodesInProcess.start(temp, 3);
                Admin admin = nodes.admin()) {
            nodes.createTopic(admin, "logs", 1, Map.of());
            try (KafkaProducer<byte[], byte[]> producer = Clients.producer(nodes.bootstrap(), PATIENT)) {
                Clients.produce(producer, "logs", lines);
            }
            TopicPartition partition = new TopicPartition("logs", 0);
            read(nodes.bootstrap(), 400);
            int coordinator = Clients.get(admin.describeConsumerGroups(List.of("readers"))
                            .describedGroups()
                            .get("readers"))
                    .coordinator()
                    .id();
            nodes.stop(coordinator);
            Await.until("another coordinator with the committed offset", NodesInProcess.BOUND, () -> {
                int next = admin.describeConsumerGroups(List.of("readers"))
                        .describedGroups()
                        .get("readers")
                        .get(5, TimeUnit.SECONDS)
                        .coordinator()
                        .id();
                assertNotEquals(coordinator, next);
                return true;
            });
            assertEquals(
                    400,
                    Clients.get(admin.listConsumerGroupOffsets("readers").partitionsToOffsetAndMetadata())
                            .get(partition)
                            .offset());
            read(nodes.bootstrap(), 600);
        }
    }

    private static void produce(String bootstrap, List<LogLines.Line> lines, AtomicInteger acknowledged) {
        Map<String, Object> small = new java.util.HashMap<>(PATIENT);
        small.put("batch.size", "2048");
        List<java.util.concurrent.Future<?>> all = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(bootstrap, small)) {
            for (LogLines.Line line : lines) {
                int sent = all.size();
                if (sent % 100 == 0) {
                    Await.until(
                            "acknowledgements",
                            Duration.ofSeconds(90),
                            acknowledged::get,
                            () -> acknowledged.get() > sent - 1_200);
                }
                all.add(producer.send(Clients.record("logs", line), (metadata, failure) -> {
                    if (failure == null) {
                        acknowledged.incrementAndGet();
                    }
                }));
            }
            all.forEach(Clients::get);
        }
    }

    /** Reads so many records as a member of the group and commits. */
    private static void read(String bootstrap, int count) {
        Map<String, String> settings =
                Map.of("group.id", "readers", "max.poll.records", "200", "auto.offset.reset", "earliest");
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(bootstrap, settings)) {
            consumer.subscribe(List.of("logs"));
            int[] read = new int[1];
            Await.until(count + " records", NodesInProcess.BOUND, () -> read[0], () -> {
                read[0] += consumer.poll(Duration.ofMillis(200)).count();
                return read[0] >= count;
            });
            assertEquals(count, read[0]);
            consumer.commitSync();
        }
    }
}
