package io.millrace.perf.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.perf.cluster.ClusterNode.Program;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How fast replicas are, Millrace and Apache Kafka in turns: acks=all at replication factor 3 as much as possible and at a rate, and how
 * fast a follower that was away catches up. From the root of the repository, after {@code mvn package}:
 * {@code java -cp perf-tests/target/perf-tests.jar io.millrace.perf.cluster.ReplicationSpeed --rounds 3}
 */
@Command(
        name = "replication-speed",
        mixinStandardHelpOptions = true,
        description = "Measures acks=all at replication factor 3, and the catch-up of a follower.")
public final class ReplicationSpeed implements Callable<Integer> {
    private static final Logger CLIENT_LOG = Logger.getLogger("org.apache.kafka");
    private static final int AWAY = 3;
    private static final long LOOK_MS = 10;
    private static final long BOUND_NS = TimeUnit.MINUTES.toNanos(5);
    private static final double MB = 1e6;

    @Option(names = "--rounds", defaultValue = "3", description = "Of each program, in turns (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--programs",
            split = ",",
            defaultValue = "millrace,kafka",
            description = "Which (${DEFAULT-VALUE}).")
    private List<String> programs = new ArrayList<>();

    @Option(names = "--partitions", defaultValue = "6", description = "Of each topic (${DEFAULT-VALUE}).")
    private int partitions;

    @Option(names = "--record-bytes", defaultValue = "1024", description = "Of a value (${DEFAULT-VALUE}).")
    private int recordBytes;

    @Option(
            names = "--catch-up-mb",
            defaultValue = "1024",
            description = "What the follower misses (${DEFAULT-VALUE}).")
    private int catchUpMb;

    @Option(names = "--write-mb", defaultValue = "512", description = "Written as fast as possible (${DEFAULT-VALUE}).")
    private int writeMb;

    @Option(
            names = "--rate",
            defaultValue = "1000",
            description = "Records a second for the latencies (${DEFAULT-VALUE}).")
    private int rate;

    @Option(
            names = "--seconds",
            defaultValue = "15",
            description = "At that rate, a third to warm up (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "A setting of every node; may be repeated.")
    private List<String> settings = new ArrayList<>();

    @Option(
            names = "--jar",
            defaultValue = "broker-shell/target/millrace.jar",
            description = "The node (${DEFAULT-VALUE}).")
    private Path jar = Path.of("");

    @Option(names = "--heap", defaultValue = "1g", description = "Java heap of a node (${DEFAULT-VALUE}).")
    private String heap = "";

    @Option(names = "--dir", defaultValue = "/tmp", description = "Where data is kept meanwhile (${DEFAULT-VALUE}).")
    private Path parent = Path.of("");

    @Option(names = "--report", description = "A file for the results as JSON.")
    private Optional<Path> report = Optional.empty();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Runs the command line and exits with its code. */
    public static void main(String[] arguments) {
        CLIENT_LOG.setLevel(Level.OFF);
        System.exit(new CommandLine(new ReplicationSpeed()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException, TimeoutException {
        PrintWriter out = spec.commandLine().getOut();
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            for (String program : programs) {
                Map<String, Object> row = measure(Program.valueOf(program.toUpperCase(Locale.ROOT)));
                row.put("round", round);
                rows.add(row);
                out.println(row);
                out.flush();
            }
        }
        if (report.isPresent()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("arguments", spec.commandLine().getParseResult().originalArgs());
            json.put("jdk", System.getProperty("java.vm.version"));
            json.put("kernel", System.getProperty("os.version"));
            json.put("processors", Runtime.getRuntime().availableProcessors());
            json.put("rows", rows);
            new ObjectMapper()
                    .writerWithDefaultPrettyPrinter()
                    .writeValue(report.get().toFile(), json);
        }
        return 0;
    }

    private Map<String, Object> measure(Program program)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("program", program.name().toLowerCase(Locale.ROOT));
        List<Program> three = List.of(program, program, program);
        try (LocalCluster cluster = LocalCluster.start(three, parent, jar.toAbsolutePath(), heap, settings);
                Admin admin = cluster.admin()) {
            cluster.createTopic(admin, "warm", partitions, Map.of());
            ReplicatedLoad.write(cluster.bootstrap(), "warm", recordBytes, writeMb * 250_000L);
            cluster.createTopic(admin, "write", partitions, Map.of());
            double before = processorSeconds(cluster);
            double took = ReplicatedLoad.write(cluster.bootstrap(), "write", recordBytes, writeMb * 1_000_000L);
            row.put("writeMbPerSecond", writeMb / took);
            row.put("processorSecondsPerGb", (processorSeconds(cluster) - before) * 1_000 / writeMb);
            cluster.createTopic(admin, "rate", partitions, Map.of());
            row.put("atRate", ReplicatedLoad.atRate(cluster.bootstrap(), "rate", recordBytes, rate, seconds));
            row.put("catchUp", catchUp(cluster, admin));
            cluster.stopAll();
        }
        return row;
    }

    private static double processorSeconds(LocalCluster cluster) throws IOException {
        double sum = 0;
        for (ClusterNode node : cluster.nodes()) {
            sum += node.view().processorSeconds();
        }
        return sum;
    }

    /** A node stops, the others are written to, and it comes back: from its start, and from the first byte seen, to its last. */
    private Map<String, Object> catchUp(LocalCluster cluster, Admin admin)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        String topic = "catch-up";
        cluster.createTopic(admin, topic, partitions, Map.of());
        ClusterNode away = cluster.node(AWAY);
        away.terminate();
        if (!away.awaitEnd()) {
            throw new IllegalStateException("node " + AWAY + " did not stop, see " + away.output());
        }
        ReplicatedLoad.write(cluster.bootstrap(), topic, recordBytes, catchUpMb * 1_000_000L);
        int other = 1;
        long goal = bytesOn(admin, other, topic);
        long startNs = System.nanoTime();
        away.start();
        long deadlineNs = System.nanoTime() + BOUND_NS;
        long begunNs = System.nanoTime();
        double processorBefore = 0;
        long had = 0;
        long first = 0;
        while (had < goal) {
            long before = had;
            had = bytesOn(admin, AWAY, topic);
            if (before == 0) {
                begunNs = System.nanoTime();
                processorBefore = processorSeconds(cluster);
                first = had;
            }
            if (System.nanoTime() - deadlineNs > 0 || !away.isAlive()) {
                throw new IllegalStateException("the follower has " + had + " bytes of " + goal);
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
        double took = (System.nanoTime() - begunNs) / 1e9;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("megabytes", goal / MB);
        json.put("secondsFromStart", (System.nanoTime() - startNs) / 1e9);
        if (goal > first) {
            // A node that serves clients only when it has caught up shows no first byte: then only the whole counts.
            json.put("megabytesSeen", (goal - first) / MB);
            json.put("mbPerSecond", (goal - first) / MB / took);
            json.put("processorSecondsPerGb", (processorSeconds(cluster) - processorBefore) * 1e9 / (goal - first));
        }
        cluster.awaitInSync(admin, topic);
        return json;
    }

    /** What a node says that its replicas of the topic hold; 0 while it does not answer. */
    private static long bytesOn(Admin admin, int node, String topic) throws InterruptedException {
        try {
            var directories = admin.describeLogDirs(List.of(node))
                    .allDescriptions()
                    .get(2, TimeUnit.SECONDS)
                    .getOrDefault(node, Map.of());
            return directories.values().stream()
                    .flatMap(directory -> directory.replicaInfos().entrySet().stream())
                    .filter(each -> each.getKey().topic().equals(topic))
                    .mapToLong(each -> each.getValue().size())
                    .sum();
        } catch (ExecutionException | TimeoutException e) {
            return 0;
        }
    }
}
