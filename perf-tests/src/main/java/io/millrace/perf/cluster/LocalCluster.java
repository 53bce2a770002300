package io.millrace.perf.cluster;

import io.millrace.perf.cluster.ClusterNode.Program;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartitionInfo;

/** Combined nodes on loopback, ids from 1 on, under a directory that goes with it. Used by one thread. */
final class LocalCluster implements AutoCloseable {
    private static final long BOUND_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long LOOK_MS = 20;
    private static final int REPLICAS = 3;

    private final Path directory;
    private final List<ClusterNode> nodes = new ArrayList<>();
    private final Thread reaper = new Thread(this::abandon, "reaper");

    private LocalCluster(Path directory) {
        this.directory = directory;
    }

    /**
     * Starts all at once and waits until they know one another.
     *
     * @param settings of every node, {@code name=value}
     */
    static LocalCluster start(List<Program> programs, Path parent, Path jar, String heap, List<String> settings)
            throws IOException, InterruptedException {
        LocalCluster cluster = new LocalCluster(Files.createTempDirectory(parent, "cluster-"));
        Runtime.getRuntime().addShutdownHook(cluster.reaper);
        try {
            cluster.startAll(programs, jar, heap, settings);
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private void startAll(List<Program> programs, Path jar, String heap, List<String> settings)
            throws IOException, InterruptedException {
        int[] controllers = new int[programs.size()];
        for (int i = 0; i < controllers.length; i++) {
            controllers[i] = freePort();
        }
        String voters = IntStream.range(0, controllers.length)
                .mapToObj(i -> (i + 1) + "@127.0.0.1:" + controllers[i])
                .collect(Collectors.joining(","));
        for (int i = 0; i < controllers.length; i++) {
            int port = freePort();
            ClusterNode node =
                    new ClusterNode(i + 1, programs.get(i), directory.resolve("node-" + (i + 1)), jar, port, heap);
            List<String> all = new ArrayList<>(List.of(
                    "node.id=" + (i + 1),
                    "process.roles=broker,controller",
                    "controller.quorum.voters=" + voters,
                    "controller.listener.names=CONTROLLER",
                    "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllers[i],
                    "default.replication.factor=3",
                    "min.insync.replicas=2",
                    "offsets.topic.replication.factor=3"));
            all.addAll(settings);
            node.prepare(all);
            nodes.add(node);
        }
        for (ClusterNode node : nodes) {
            node.start();
        }
        try (Admin admin = admin()) {
            await(
                    "all nodes in the cluster",
                    () -> admin.describeCluster()
                                    .nodes()
                                    .get(5, TimeUnit.SECONDS)
                                    .size()
                            == nodes.size());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    List<ClusterNode> nodes() {
        return nodes;
    }

    ClusterNode node(int id) {
        return nodes.get(id - 1);
    }

    String bootstrap() {
        return nodes.stream().map(ClusterNode::address).collect(Collectors.joining(","));
    }

    Admin admin() {
        return Admin.create(Map.of(
                "bootstrap.servers", bootstrap(), "request.timeout.ms", "5000", "default.api.timeout.ms", "10000"));
    }

    /** Makes a topic of three replicas and waits until all are in sync. */
    void createTopic(Admin admin, String topic, int partitions, Map<String, String> configs)
            throws InterruptedException {
        NewTopic wanted = new NewTopic(topic, partitions, (short) REPLICAS).configs(configs);
        await("topic " + topic, () -> {
            admin.createTopics(List.of(wanted)).all().get(10, TimeUnit.SECONDS);
            return true;
        });
        awaitInSync(admin, topic);
    }

    void awaitInSync(Admin admin, String topic) throws InterruptedException {
        awaitPartitions(
                admin,
                topic,
                "all replicas in sync",
                each -> each.leader() != null
                        && each.isr().size() == each.replicas().size());
    }

    void awaitPartitions(Admin admin, String topic, String what, Predicate<TopicPartitionInfo> wanted)
            throws InterruptedException {
        await(topic + ": " + what, () -> partitions(admin, topic).stream().allMatch(wanted));
    }

    static List<TopicPartitionInfo> partitions(Admin admin, String topic)
            throws InterruptedException, ExecutionException, TimeoutException {
        var described = admin.describeTopics(Set.of(topic))
                .allTopicNames()
                .get(10, TimeUnit.SECONDS)
                .get(topic);
        return described == null ? List.of() : described.partitions();
    }

    /** Something that clients can tell. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws InterruptedException, ExecutionException, TimeoutException;
    }

    /** Waits for it, up to two minutes; what clients fail with meanwhile does not count. */
    static void await(String what, Condition condition) throws InterruptedException {
        long deadlineNs = System.nanoTime() + BOUND_NS;
        String last = "";
        while (System.nanoTime() - deadlineNs < 0) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (ExecutionException | TimeoutException e) {
                last = " (" + e.getMessage() + ")";
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
        throw new IllegalStateException("not within two minutes: " + what + last);
    }

    /** Ends all in order, so that the files are whole; returns whether none had to be killed. */
    boolean stopAll() throws InterruptedException {
        boolean inOrder = true;
        for (ClusterNode node : nodes) {
            if (node.isAlive()) {
                node.terminate();
            }
        }
        for (ClusterNode node : nodes) {
            inOrder &= node.awaitEnd();
        }
        return inOrder;
    }

    private void abandon() {
        try {
            for (ClusterNode node : nodes) {
                if (node.isAlive()) {
                    node.kill();
                }
            }
            removeDirectory();
        } catch (IOException e) {
            System.err.println("left behind: " + directory + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void removeDirectory() throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    @Override
    public void close() {
        abandon();
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException e) {
            assert e != null : "the process is ending: the hook is what brought us here";
        }
    }
}
