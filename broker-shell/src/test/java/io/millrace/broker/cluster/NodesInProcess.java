package io.millrace.broker.cluster;

import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.node.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;

/** Combined nodes of one cluster in this JVM, on loopback, ids from 1 on. Used by one thread. */
final class NodesInProcess implements AutoCloseable {
    static final Duration BOUND = Duration.ofSeconds(60);

    private final Path directory;
    private final int count;
    private final String clusterId = Uuid.randomUuid().toString();
    private final int[] brokerPorts;
    private final int[] controllerPorts;
    private final Map<Integer, Node> running = new TreeMap<>();
    private final List<String> settings;

    private NodesInProcess(Path directory, int count, List<String> settings) {
        this.directory = directory;
        this.count = count;
        this.settings = settings;
        this.brokerPorts =
                IntStream.range(0, count).map(i -> BrokerProcess.freePort()).toArray();
        this.controllerPorts =
                IntStream.range(0, count).map(i -> BrokerProcess.freePort()).toArray();
    }

    /** Starts all of them at once, as a quorum has to. */
    static NodesInProcess start(Path directory, int count, String... settings) {
        NodesInProcess nodes = new NodesInProcess(directory, count, List.of(settings));
        List<CompletableFuture<Node>> starting = IntStream.rangeClosed(1, count)
                .mapToObj(id -> CompletableFuture.supplyAsync(
                        () -> Node.start(nodes.config(id)), task -> new Thread(task, "start-" + id).start()))
                .toList();
        for (int id = 1; id <= count; id++) {
            nodes.running.put(id, starting.get(id - 1).join());
        }
        return nodes;
    }

    private NodeConfig config(int id) {
        List<String> all = new ArrayList<>(List.of(
                "node.id=" + id,
                "process.roles=broker,controller",
                "millrace.cluster.id=" + clusterId,
                "listeners=PLAINTEXT://127.0.0.1:" + brokerPorts[id - 1] + ",CONTROLLER://127.0.0.1:"
                        + controllerPorts[id - 1],
                "controller.listener.names=CONTROLLER",
                "controller.quorum.voters="
                        + IntStream.rangeClosed(1, count)
                                .mapToObj(each -> each + "@127.0.0.1:" + controllerPorts[each - 1])
                                .collect(Collectors.joining(",")),
                "log.dirs=" + dataDirectory(id),
                "broker.rack=rack-" + id,
                "default.replication.factor=3",
                "min.insync.replicas=2",
                "offsets.topic.replication.factor=3",
                "offsets.topic.num.partitions=4",
                "group.initial.rebalance.delay.ms=0",
                "broker.heartbeat.interval.ms=500",
                "broker.session.timeout.ms=3000"));
        all.addAll(settings);
        return NodeConfig.load(Optional.empty(), all, Map.of());
    }

    Path dataDirectory(int id) {
        return directory.resolve("node-" + id);
    }

    List<Path> dataDirectories() {
        return IntStream.rangeClosed(1, count).mapToObj(this::dataDirectory).toList();
    }

    String bootstrap() {
        return IntStream.of(brokerPorts).mapToObj(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }

    Admin admin() {
        return Clients.admin(bootstrap());
    }

    void stop(int id) {
        Node node = running.remove(id);
        if (node != null) {
            node.close();
        }
    }

    void restart(int id) {
        running.put(id, Node.start(config(id)));
    }

    /** Makes a topic with a replica on each node, and waits until all are in sync. */
    void createTopic(Admin admin, String topic, int partitions, Map<String, String> configs) {
        Clients.get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) count).configs(configs)))
                .all());
        awaitInSync(admin, topic, count);
        Clients.awaitLeaders(admin, topic, partitions);
    }

    void awaitInSync(Admin admin, String topic, int replicas) {
        await(admin, topic, replicas + " in sync", each -> each.isr().size() == replicas);
    }

    void awaitLeaderOtherThan(Admin admin, String topic, int id) {
        await(
                admin,
                topic,
                "led by others than " + id,
                each -> each.leader() != null && each.leader().id() != id);
    }

    private void await(Admin admin, String topic, String what, Predicate<TopicPartitionInfo> wanted) {
        TopicDescription[] last = new TopicDescription[1];
        Await.until(topic + " " + what, BOUND, () -> last[0], () -> {
            last[0] = admin.describeTopics(Set.of(topic))
                    .allTopicNames()
                    .get(10, TimeUnit.SECONDS)
                    .get(topic);
            return last[0].partitions().stream().allMatch(wanted);
        });
    }

    int leaderOf(Admin admin, String topic, int partition) {
        return Clients.get(admin.describeTopics(Set.of(topic)).allTopicNames())
                .get(topic)
                .partitions()
                .get(partition)
                .leader()
                .id();
    }

    /** All at once: the last ones alone would wait for a quorum that is gone. */
    @Override
    public void close() {
        List<CompletableFuture<Void>> closing = running.values().stream()
                .map(node -> CompletableFuture.runAsync(node::close, task -> new Thread(task, "stop").start()))
                .toList();
        closing.forEach(CompletableFuture::join);
        running.clear();
    }
}
