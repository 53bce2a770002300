package io.millrace.perf.target;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.Topic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;

/** A cluster as a client sees it: its topics, and where their leaders are. Owned by one run; used by one thread. */
public final class Cluster implements AutoCloseable {
    private static final int CONNECT_MS = 3_000;
    private static final int CALL_SECONDS = 60;
    private static final long LEADERS_NS = TimeUnit.SECONDS.toNanos(120);

    private final String bootstrap;
    private final Map<String, Object> settings;
    private final Admin admin;
    private final List<String> made = new ArrayList<>();

    private Cluster(String bootstrap, Map<String, Object> settings, Admin admin) {
        this.bootstrap = bootstrap;
        this.settings = settings;
        this.admin = admin;
    }

    /**
     * Connects to the first of the addresses that listens.
     *
     * @param clientSettings for every client of this run, TLS among them
     */
    public static Cluster connect(String bootstrap, Map<String, String> clientSettings) throws LoadFailure {
        requireReachable(bootstrap);
        Map<String, Object> settings = new HashMap<>(clientSettings);
        settings.put("bootstrap.servers", bootstrap);
        Map<String, Object> forAdmin = new HashMap<>(settings);
        forAdmin.put("default.api.timeout.ms", CALL_SECONDS * 1_000);
        try {
            return new Cluster(bootstrap, settings, Admin.create(forAdmin));
        } catch (KafkaException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new LoadFailure("cannot connect to " + bootstrap + ": " + LoadFailure.lineOf(cause), e);
        }
    }

    private static void requireReachable(String bootstrap) throws LoadFailure {
        List<String> refusals = new ArrayList<>();
        for (String address : bootstrap.split(",", -1)) {
            InetSocketAddress parsed = parse(address.trim());
            try (Socket socket = new Socket()) {
                socket.connect(parsed, CONNECT_MS);
                return;
            } catch (IOException e) {
                refusals.add(address.trim() + ": " + LoadFailure.lineOf(e));
            }
        }
        throw new LoadFailure("no bootstrap address can be reached: " + String.join("; ", refusals));
    }

    private static InetSocketAddress parse(String address) throws LoadFailure {
        int colon = address.lastIndexOf(':');
        try {
            String host = address.substring(0, Math.max(0, colon));
            InetSocketAddress parsed = new InetSocketAddress(host, Integer.parseInt(address.substring(colon + 1)));
            if (parsed.isUnresolved()) {
                throw new LoadFailure("unknown host in the bootstrap address " + address);
            }
            return parsed;
        } catch (IllegalArgumentException e) {
            throw new LoadFailure("a bootstrap address is host:port, not " + address, e);
        }
    }

    /** Where clients begin. */
    public String bootstrap() {
        return bootstrap;
    }

    /** What every client of this run is told, the bootstrap address included. */
    public Map<String, Object> settings() {
        return settings;
    }

    /** The process that listens on the first bootstrap port, where it runs on this machine. */
    public java.util.Optional<ProcessView> process() throws LoadFailure {
        return ProcessView.listeningOn(parse(bootstrap.split(",", -1)[0].trim()).getPort());
    }

    /** Makes a topic of one replica with the cluster's defaults and waits until every partition's leader serves it. */
    public Topic create(String name, int partitions) throws LoadFailure {
        String what = "topic " + name + " with " + partitions + " partitions cannot be created";
        await(
                admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                        .all(),
                what);
        made.add(name);
        Topic topic = await(name, partitions);
        awaitLeadership(name, partitions);
        return topic;
    }

    /** A broker is named the leader before it leads; the admin client asks for offsets until each leader gives them. */
    private void awaitLeadership(String name, int partitions) throws LoadFailure {
        Map<TopicPartition, OffsetSpec> ends = IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicPartition(name, partition))
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
        await(admin.listOffsets(ends).all(), "topic " + name + " has partitions whose leaders do not serve them");
    }

    private Topic await(String name, int partitions) throws LoadFailure {
        long deadlineNs = System.nanoTime() + LEADERS_NS;
        while (true) {
            try {
                TopicDescription description = admin.describeTopics(List.of(name))
                        .allTopicNames()
                        .get(CALL_SECONDS, TimeUnit.SECONDS)
                        .get(name);
                if (description != null && led(description) == partitions) {
                    return topic(description);
                }
            } catch (ExecutionException | TimeoutException e) {
                // Not known to this node yet.
                assert e != null;
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new LoadFailure("topic " + name + " has partitions without a leader");
            }
            sleep();
        }
    }

    private static void sleep() throws LoadFailure {
        try {
            TimeUnit.MILLISECONDS.sleep(20);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static long led(TopicDescription description) {
        return description.partitions().stream()
                .filter(partition ->
                        partition.leader() != null && !partition.leader().isEmpty())
                .count();
    }

    private static Topic topic(TopicDescription description) {
        List<InetSocketAddress> leaders = description.partitions().stream()
                .map(partition -> address(partition.leader()))
                .toList();
        return new Topic(description.name(), description.topicId(), leaders);
    }

    private static InetSocketAddress address(Node node) {
        return new InetSocketAddress(node.host(), node.port());
    }

    /** Deletes the topics made here: for a cluster that goes on living. */
    public void deleteTopics() throws LoadFailure {
        if (!made.isEmpty()) {
            await(admin.deleteTopics(made).all(), "topics " + made + " cannot be deleted");
            made.clear();
        }
    }

    private static void await(Future<?> call, String what) throws LoadFailure {
        try {
            call.get(CALL_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new LoadFailure(what + ": " + LoadFailure.lineOf(cause), e);
        } catch (TimeoutException e) {
            throw new LoadFailure(what + ": no answer within " + CALL_SECONDS + " s", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static LoadFailure interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new LoadFailure("interrupted", e);
    }

    @Override
    public void close() {
        admin.close(java.time.Duration.ofSeconds(2));
    }
}
