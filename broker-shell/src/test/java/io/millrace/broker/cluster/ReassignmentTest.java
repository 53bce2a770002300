package io.millrace.broker.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.ChildProcess;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.KafkaTool;
import io.millrace.broker.it.support.LineChecker;
import io.millrace.broker.it.support.LogLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replicas are moved, leaders elected and replicas compared by Apache Kafka's own tools, on three nodes in one JVM. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ReassignmentTest {
    private static final String TOPIC = "moves";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final String PLAN =
            "{\"version\":1,\"partitions\":[{\"topic\":\"moves\",\"partition\":0,\"replicas\":[3,2]}]}";

    @TempDir
    Path temp;

    @Test
    void replicasMoveAndTheToolsSeeIt() throws IOException {
        List<LogLines.Line> lines = LogLines.all().subList(0, 1_000);
        try (NodesInProcess nodes = NodesInProcess.start(
                        temp, 3, "replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector");
                Admin admin = nodes.admin()) {
            Clients.get(admin.createTopics(List.of(new NewTopic(TOPIC, Map.of(0, List.of(1, 2)))))
                    .all());
            nodes.awaitInSync(admin, TOPIC, 2);
            produce(nodes, lines.subList(0, 500));
            move(nodes, admin);
            produce(nodes, lines.subList(500, 1_000));
            elect(nodes, admin);
            readFromTheRack(nodes, lines);
            compare(nodes);
            nodes.awaitInSync(admin, TOPIC, 2);
        }
        ReplicaBytes.assertEqual(List.of(temp.resolve("node-2"), temp.resolve("node-3")), TOPIC, 1);
    }

    private static void produce(NodesInProcess nodes, List<LogLines.Line> lines) {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(nodes.bootstrap(), Map.of())) {
            Clients.produce(producer, TOPIC, lines);
        }
    }

    /** From 1 and 2 to 3 and 2: the leader goes, and its log with it. */
    private void move(NodesInProcess nodes, Admin admin) throws IOException {
        Path plan = Files.writeString(temp.resolve("plan.json"), PLAN);
        assertTrue(Files.exists(nodes.dataDirectory(1).resolve("moves-0")));
        reassign(nodes, plan, "--execute", "--throttle", "100000000");
        Await.until(
                "the reassignment is completed",
                NodesInProcess.BOUND,
                () -> reassign(nodes, plan, "--verify").contains("is completed"));
        assertEquals(Map.of(), Clients.get(admin.listPartitionReassignments().reassignments()));
        nodes.awaitInSync(admin, TOPIC, 2);
        Await.until(
                "the log has gone from node 1",
                NodesInProcess.BOUND,
                () -> !Files.exists(nodes.dataDirectory(1).resolve("moves-0")));
        Clients.awaitLeaders(admin, TOPIC, 1);
    }

    private String reassign(NodesInProcess nodes, Path plan, String... action) {
        List<String> arguments = new ArrayList<>(
                List.of("--bootstrap-server", nodes.bootstrap(), "--reassignment-json-file", plan.toString()));
        arguments.addAll(List.of(action));
        return tool("org.apache.kafka.tools.reassign.ReassignPartitionsCommand", arguments);
    }

    private String tool(String mainClass, List<String> arguments) {
        KafkaTool.Result result = KafkaTool.run(temp, mainClass, arguments, NodesInProcess.BOUND);
        assertEquals(0, result.exitCode(), result.output());
        return result.output();
    }

    /** A stop in order moves the leader; the preferred one leads again when it is asked for. */
    private void elect(NodesInProcess nodes, Admin admin) {
        assertEquals(3, nodes.leaderOf(admin, TOPIC, 0));
        nodes.stop(3);
        nodes.awaitLeaderOtherThan(admin, TOPIC, 3);
        nodes.restart(3);
        nodes.awaitInSync(admin, TOPIC, 2);
        assertEquals(2, nodes.leaderOf(admin, TOPIC, 0));
        tool(
                "org.apache.kafka.tools.LeaderElectionCommand",
                List.of(
                        "--bootstrap-server",
                        nodes.bootstrap(),
                        "--election-type",
                        "preferred",
                        "--topic",
                        TOPIC,
                        "--partition",
                        "0"));
        nodes.awaitLeaderOtherThan(admin, TOPIC, 2);
    }

    private static void readFromTheRack(NodesInProcess nodes, List<LogLines.Line> lines) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                Clients.consumer(nodes.bootstrap(), Map.of("client.rack", "rack-2"))) {
            var read = Clients.records(consumer, java.util.Set.of(PARTITION));
            assertEquals(lines.size(), read.size());
            Await.until("the consumer reads from node 2", NodesInProcess.BOUND, () -> preferred(consumer), () -> {
                consumer.poll(Duration.ofMillis(100));
                return preferred(consumer) == 2;
            });
        }
        assertEquals(List.of(), LineChecker.once(lines).faults(Clients.readAll(nodes.bootstrap(), TOPIC)));
    }

    private static int preferred(KafkaConsumer<?, ?> consumer) {
        return consumer.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("preferred-read-replica"))
                .mapToInt(metric -> ((Number) metric.metricValue()).intValue())
                .max()
                .orElse(-1);
    }

    private void compare(NodesInProcess nodes) {
        Path output = temp.resolve("verification.txt");
        ChildProcess tool = KafkaTool.start(
                temp,
                "org.apache.kafka.tools.ReplicaVerificationTool",
                List.of(
                        "--broker-list",
                        nodes.bootstrap(),
                        "--topics-include",
                        TOPIC,
                        "--time",
                        "-2",
                        "--report-interval-ms",
                        "200"),
                output);
        try {
            Await.until(
                    "replicas compared up to the end",
                    NodesInProcess.BOUND,
                    tool::outputTail,
                    () -> tool.output().contains("max lag is 0 for partition moves-0 at offset 1000"));
            assertFalse(tool.output().contains("unmatched"), tool.output());
        } finally {
            tool.kill();
        }
    }
}
