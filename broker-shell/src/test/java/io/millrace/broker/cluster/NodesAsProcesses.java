package io.millrace.broker.cluster;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.KafkaProcess;
import io.millrace.broker.it.support.MillraceProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;

/** Combined nodes of one cluster, each a process of Millrace or of Apache Kafka, ids from 1 on. Used by one thread. */
final class NodesAsProcesses implements AutoCloseable {
    /** A program that a node can be. */
    enum Program {
        MILLRACE,
        KAFKA
    }

    static final Duration BOUND = Duration.ofSeconds(90);

    /** What {@link KafkaProcess} formats with. */
    private static final String CLUSTER_ID = "cIDmTE8wRVWaKx3uTt1a0g";

    private final List<BrokerProcess> nodes = new ArrayList<>();

    private NodesAsProcesses() {}

    /** Starts all at once and waits until each serves. */
    static NodesAsProcesses start(Path directory, List<Program> programs, Map<String, String> settings) {
        NodesAsProcesses cluster = new NodesAsProcesses();
        int[] controllers =
                programs.stream().mapToInt(each -> BrokerProcess.freePort()).toArray();
        String voters = IntStream.range(0, controllers.length)
                .mapToObj(i -> (i + 1) + "@127.0.0.1:" + controllers[i])
                .collect(Collectors.joining(","));
        for (int i = 0; i < controllers.length; i++) {
            Map<String, String> all = new LinkedHashMap<>(Map.of(
                    "node.id", Integer.toString(i + 1),
                    "controller.quorum.voters", voters,
                    "millrace.cluster.id", CLUSTER_ID,
                    "default.replication.factor", "3",
                    "min.insync.replicas", "2",
                    "offsets.topic.replication.factor", "3",
                    "broker.session.timeout.ms", "3000",
                    "broker.heartbeat.interval.ms", "500"));
            all.putAll(settings);
            cluster.nodes.add(process(programs.get(i), directory.resolve("node-" + (i + 1)), controllers[i], all));
        }
        try {
            cluster.nodes.forEach(BrokerProcess::launch);
            cluster.nodes.forEach(BrokerProcess::awaitServing);
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
        return cluster;
    }

    private static BrokerProcess process(Program program, Path work, int controller, Map<String, String> settings) {
        try {
            Files.createDirectories(work);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path data = work.resolve("data");
        return program == Program.KAFKA
                ? new KafkaProcess(work, data, controller, settings)
                : new MillraceProcess(work, data, controller, settings);
    }

    BrokerProcess node(int id) {
        return nodes.get(id - 1);
    }

    String bootstrap() {
        return nodes.stream().map(BrokerProcess::bootstrap).collect(Collectors.joining(","));
    }

    List<Path> dataDirectories() {
        return nodes.stream().map(BrokerProcess::dataDirectory).toList();
    }

    void awaitInSync(Admin admin, String topic, int replicas) {
        await(admin, topic, replicas + " in sync", each -> each.isr().size() == replicas && each.leader() != null);
    }

    void awaitLedBy(Admin admin, String topic, Set<Integer> ids) {
        await(
                admin,
                topic,
                "led by one of " + ids,
                each -> each.leader() != null && ids.contains(each.leader().id()));
        Clients.awaitLeaders(
                admin,
                topic,
                Clients.get(admin.describeTopics(Set.of(topic)).allTopicNames())
                        .get(topic)
                        .partitions()
                        .size());
    }

    private void await(Admin admin, String topic, String what, Predicate<TopicPartitionInfo> wanted) {
        TopicDescription[] last = new TopicDescription[1];
        Await.until(topic + " " + what, BOUND, () -> last[0] + outputs(), () -> {
            last[0] = admin.describeTopics(Set.of(topic))
                    .allTopicNames()
                    .get(10, TimeUnit.SECONDS)
                    .get(topic);
            return last[0].partitions().stream().allMatch(wanted);
        });
    }

    /** What they have printed last, for a test that fails. */
    String outputs() {
        return nodes.stream()
                .map(each -> "\n--- " + each.bootstrap() + "\n" + each.child().outputTail())
                .collect(Collectors.joining());
    }

    /** In order, one after the other, so that the logs end as they are closed; the last ones are without a quorum. */
    void stopAll() {
        List<Thread> stopping = nodes.stream()
                .filter(BrokerProcess::isAlive)
                .map(each -> new Thread(each::stop, "stop"))
                .toList();
        stopping.forEach(Thread::start);
        stopping.forEach(NodesAsProcesses::join);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        nodes.forEach(BrokerProcess::close);
    }
}
