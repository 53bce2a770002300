package io.millrace.broker.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.kraft.StartRefusal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class NodeTest {
    private static final long WAIT_MS = 30_000;

    @TempDir
    Path temp;

    @Test
    void topicsOutliveARestart() throws Exception {
        Uuid id;
        try (Node node = start();
                Admin admin = admin(node)) {
            assertTrue(node.facts().formattedNow());
            id = admin.createTopics(List.of(new NewTopic("logs", 3, (short) 1)))
                    .topicId("logs")
                    .get();
            assertEquals(0, send(node, "logs", "first"));
        }
        assertTrue(Files.exists(directory().resolve(".kafka_cleanshutdown")));
        try (Node node = start();
                Admin admin = admin(node)) {
            assertFalse(node.facts().formattedNow());
            assertTrue(node.facts().recovery().clean());
            assertEquals(3, node.facts().recovery().partitions());
            var topic =
                    admin.describeTopics(List.of("logs")).allTopicNames().get().get("logs");
            assertEquals(id, topic.topicId());
            topic.partitions().forEach(p -> assertEquals(1, p.leader().id()));
            assertEquals(1, send(node, "logs", "second"));
        }
    }

    @Test
    void topicIsThereWhenItsCreationIsAnswered() throws Exception {
        try (Node node = start();
                Admin admin = admin(node)) {
            for (String name : List.of("a", "b", "c")) {
                admin.createTopics(List.of(new NewTopic(name, 1, (short) 1)))
                        .all()
                        .get();
                assertTrue(admin.listTopics().names().get().contains(name));
                admin.deleteTopics(List.of(name)).all().get();
                assertFalse(admin.listTopics().names().get().contains(name));
            }
        }
    }

    @Test
    void secondNodeOnTheSameDirectoryIsRefused() {
        try (Node node = start()) {
            assertFalse(node.boundPorts().isEmpty());
            assertRefused("in use", config());
        }
    }

    @Test
    void directoryOfAnotherClusterIsRefused() {
        start().close();
        assertRefused("different clusters", config("millrace.cluster.id=another"));
    }

    @Test
    void directoryOfAnotherNodeIsRefused() {
        start().close();
        assertRefused("belongs to node 1, not 2", config("node.id=2"));
    }

    @Test
    void portInUseIsRefusedBeforeAnythingIsWritten() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            assertRefused(address, config("listeners=PLAINTEXT://" + address + ",CONTROLLER://127.0.0.1:0"));
        }
        assertFalse(Files.exists(directory().resolve("meta.properties")));
        start().close();
    }

    @Test
    void nodeThatFindsNoQuorumCanBeStopped() throws Exception {
        Node node = Node.of(config(
                "process.roles=broker",
                "node.id=7",
                "listeners=PLAINTEXT://127.0.0.1:0",
                "controller.quorum.bootstrap.servers=127.0.0.1:1",
                "millrace.cluster.id=" + Uuid.randomUuid()));
        CompletableFuture<Void> starting = CompletableFuture.runAsync(node::start);
        node.close();
        assertThrows(Exception.class, starting::join);
        node.awaitTermination();
    }

    @Test
    void brokerThatWasUnregisteredRegistersAgain() throws Exception {
        try (Node node = start();
                Admin admin = admin(node)) {
            admin.createTopics(List.of(new NewTopic("logs", 1, (short) 1)))
                    .all()
                    .get();
            admin.unregisterBroker(1).all().get();
            await(() -> send(node, "logs", "again") >= 0);
            assertTrue(node.fault().isEmpty());
        }
    }

    @Test
    void quorumIsThisNodeAlone() throws Exception {
        try (Node node = start();
                Admin admin = admin(node)) {
            QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
            assertEquals(1, quorum.leaderId());
            assertEquals(
                    Set.of(1),
                    Set.copyOf(quorum.voters().stream()
                            .map(QuorumInfo.ReplicaState::replicaId)
                            .toList()));
            assertEquals(
                    node.facts().clusterId(),
                    admin.describeCluster().clusterId().get());
        }
    }

    @Test
    void toolsMayAskTheControllerDirectly() throws Exception {
        try (Node node = start();
                Admin admin = Admin.create(Map.of(
                        "bootstrap.controllers",
                        "127.0.0.1:" + node.boundPorts().get("CONTROLLER")))) {
            await(() -> admin.describeCluster().nodes().get().size() == 1);
            assertEquals(1, admin.describeMetadataQuorum().quorumInfo().get().leaderId());
        }
    }

    @Test
    void brokersJoinAControllerElsewhere() throws Exception {
        String clusterId = "millrace.cluster.id=" + Uuid.randomUuid();
        try (Node controller = Node.start(
                elsewhere(10, clusterId, "process.roles=controller", "listeners=CONTROLLER://127.0.0.1:0"))) {
            String bootstrap = "controller.quorum.bootstrap.servers=127.0.0.1:"
                    + controller.boundPorts().get("CONTROLLER");
            String listeners = "listeners=PLAINTEXT://127.0.0.1:0";
            try (Node first = Node.start(elsewhere(20, clusterId, "process.roles=broker", bootstrap, listeners));
                    Node second = Node.start(elsewhere(21, clusterId, "process.roles=broker", bootstrap, listeners));
                    Admin admin = admin(first)) {
                assertEquals(2, admin.describeCluster().nodes().get().size());
                admin.createTopics(List.of(new NewTopic("spread", 4, (short) 1)))
                        .all()
                        .get();
                assertTrue(send(second, "spread", "value") >= 0);
            }
        }
    }

    private NodeConfig elsewhere(int nodeId, String... more) {
        List<String> settings = new ArrayList<>(List.of(more));
        settings.add("node.id=" + nodeId);
        settings.add("log.dirs=" + temp.resolve("node-" + nodeId));
        return NodeConfig.load(Optional.empty(), settings, Map.of());
    }

    private Path directory() {
        return temp.resolve("data");
    }

    private NodeConfig config(String... more) {
        List<String> settings = new ArrayList<>(
                List.of("log.dirs=" + directory(), "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0"));
        settings.addAll(List.of(more));
        return NodeConfig.load(Optional.empty(), settings, Map.of());
    }

    private Node start() {
        return Node.start(config());
    }

    private static Admin admin(Node node) {
        return Admin.create(Map.of("bootstrap.servers", bootstrap(node)));
    }

    private static String bootstrap(Node node) {
        return "127.0.0.1:" + node.boundPorts().get("PLAINTEXT");
    }

    private static void assertRefused(String expected, NodeConfig config) {
        StartRefusal refusal = assertThrows(StartRefusal.class, () -> Node.start(config));
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
        assertFalse(refusal.getMessage().contains("\n"), refusal.getMessage());
    }

    private static long send(Node node, String topic, String value) throws Exception {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrap(node), "linger.ms", 0, "max.block.ms", WAIT_MS);
        try (Producer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            return producer.send(new ProducerRecord<>(topic, 0, "key", value))
                    .get()
                    .offset();
        }
    }

    /** A condition that may take a while to hold; what it throws meanwhile does not count. */
    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) throws Exception {
        long deadlineNs = System.nanoTime() + Duration.ofMillis(WAIT_MS).toNanos();
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < deadlineNs, "took too long");
            Thread.onSpinWait();
        }
    }
}
