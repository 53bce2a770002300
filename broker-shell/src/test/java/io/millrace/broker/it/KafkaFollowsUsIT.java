package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.KafkaProcess;
import io.millrace.broker.it.support.MillraceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Apache Kafka as a broker of a cluster whose controller and leader is Millrace: it replicates from it, leaves and joins the ISR, and holds
 * the same bytes.
 */
final class KafkaFollowsUsIT {
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final String BOTH = "both";
    private static final String GROWS = "grows";
    private static final int RECORDS = 2000;

    @TempDir
    private Path work;

    @Test
    void kafkaReplicatesFromUs() throws Exception {
        int controllerPort = BrokerProcess.freePort();
        Map<String, String> settings = Map.of(
                "millrace.cluster.id",
                KafkaProcess.CLUSTER_ID,
                "replica.lag.time.max.ms",
                "2000",
                "replica.fetch.wait.max.ms",
                "100");
        try (BrokerProcess ours = new MillraceProcess(work, work.resolve("ours"), controllerPort, settings);
                BrokerProcess kafka =
                        new KafkaProcess(work, work.resolve("kafka"), controllerPort, asBroker(settings))) {
            ours.start();
            kafka.start();
            run(ours, kafka);
            kafka.stop();
            ours.stop();
        }
        assertSameBytes(work.resolve("ours"), work.resolve("kafka"));
    }

    private static Map<String, String> asBroker(Map<String, String> settings) {
        return Map.of(
                "node.id", "2",
                "process.roles", "broker",
                "replica.fetch.wait.max.ms", settings.get("replica.fetch.wait.max.ms"));
    }

    private static void run(BrokerProcess ours, BrokerProcess kafka) throws Exception {
        try (Admin admin = Clients.admin(ours.bootstrap());
                KafkaProducer<String, String> producer = producer(ours)) {
            admin.createTopics(List.of(
                            topic(BOTH, List.of(1, 2)).configs(Map.of("min.insync.replicas", "2")),
                            topic(GROWS, List.of(1))))
                    .all()
                    .get();
            awaitIsr(admin, BOTH, Set.of(1, 2));
            send(producer, BOTH);
            send(producer, GROWS);

            kafka.kill();
            awaitIsr(admin, BOTH, Set.of(1));
            ExecutionException refused = assertThrows(
                    ExecutionException.class,
                    () -> producer.send(new ProducerRecord<>(BOTH, "refused")).get());
            assertInstanceOf(NotEnoughReplicasException.class, refused.getCause());
            kafka.start();
            awaitIsr(admin, BOTH, Set.of(1, 2));
            send(producer, BOTH);

            admin.alterPartitionReassignments(Map.of(
                            new TopicPartition(GROWS, 0), Optional.of(new NewPartitionReassignment(List.of(1, 2)))))
                    .all()
                    .get();
            awaitIsr(admin, GROWS, Set.of(1, 2));
            send(producer, GROWS);
        }
    }

    private static NewTopic topic(String name, List<Integer> replicas) {
        return new NewTopic(name, Map.of(0, replicas));
    }

    private static KafkaProducer<String, String> producer(BrokerProcess broker) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrap(),
                        "acks",
                        "all",
                        "enable.idempotence",
                        "false",
                        "retries",
                        "0"),
                new StringSerializer(),
                new StringSerializer());
    }

    private static void send(KafkaProducer<String, String> producer, String topic) throws Exception {
        for (int i = 0; i < RECORDS; i++) {
            var sent = producer.send(new ProducerRecord<>(topic, "key" + i, "value" + i));
            if (i == RECORDS - 1) {
                sent.get();
            }
        }
    }

    private static void awaitIsr(Admin admin, String topic, Set<Integer> wanted) {
        Await.until("ISR of " + topic + " is " + wanted, BOUND, () -> {
            TopicDescription described =
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            TopicPartitionInfo row = described.partitions().get(0);
            return row.isr().stream().map(Node::id).collect(Collectors.toSet()).equals(wanted);
        });
    }

    private static void assertSameBytes(Path ours, Path kafka) throws IOException {
        for (String topic : List.of(BOTH, GROWS)) {
            Path file = Path.of(topic + "-0", "00000000000000000000.log");
            byte[] expected = Files.readAllBytes(ours.resolve(file));
            assertArrayEquals(expected, Files.readAllBytes(kafka.resolve(file)), file.toString());
            assertTrue(expected.length > RECORDS * 10);
        }
    }
}
