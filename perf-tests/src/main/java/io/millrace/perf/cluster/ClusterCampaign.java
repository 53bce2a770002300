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
import java.util.Random;
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
 * Faults on a seeded schedule under three nodes, while records are written with acks=all; at the end everything is read back and the
 * replicas are compared. From the root of the repository, after {@code mvn package}:
 * {@code java -cp perf-tests/target/perf-tests.jar io.millrace.perf.cluster.ClusterCampaign --rounds 100}
 */
@Command(
        name = "cluster-campaign",
        mixinStandardHelpOptions = true,
        description = "Kills, stops and pauses nodes of a cluster under load, and checks what was acknowledged.")
public final class ClusterCampaign implements Callable<Integer> {
    private static final Logger CLIENT_LOG = Logger.getLogger("org.apache.kafka");
    private static final String TOPIC = "campaign";
    private static final int EXIT_VIOLATED = 1;
    private static final int PAUSE_MS_MAX = 8_000;
    private static final int BETWEEN = 500;

    /** What is done to a node. */
    private enum Fault {
        KILL,
        PAUSE,
        TERMINATE
    }

    @Option(names = "--rounds", defaultValue = "10", description = "Faults, one after the other (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--nodes",
            split = ",",
            defaultValue = "millrace,millrace,millrace",
            description = "millrace or kafka for each node (${DEFAULT-VALUE}).")
    private List<String> programs = new ArrayList<>();

    @Option(names = "--seed", description = "Repeats a schedule; random unless told.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--partitions", defaultValue = "6", description = "Of the topic (${DEFAULT-VALUE}).")
    private int partitions;

    @Option(names = "--rate", defaultValue = "2000", description = "Records a second (${DEFAULT-VALUE}).")
    private int rate;

    @Option(names = "--record-bytes", defaultValue = "200", description = "Of a value (${DEFAULT-VALUE}).")
    private int recordBytes;

    @Option(
            names = "--session-ms",
            defaultValue = "3000",
            description = "broker.session.timeout.ms (${DEFAULT-VALUE}).")
    private int sessionMs;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "A setting of every node; may be repeated.")
    private List<String> settings = new ArrayList<>();

    @Option(
            names = "--jar",
            defaultValue = "broker-shell/target/millrace.jar",
            description = "The node (${DEFAULT-VALUE}).")
    private Path jar = Path.of("");

    @Option(names = "--heap", defaultValue = "512m", description = "Java heap of a node (${DEFAULT-VALUE}).")
    private String heap = "";

    @Option(names = "--dir", defaultValue = "/tmp", description = "Where data is kept meanwhile (${DEFAULT-VALUE}).")
    private Path parent = Path.of("");

    @Option(names = "--report", description = "A file for the results as JSON.")
    private Optional<Path> report = Optional.empty();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final List<Map<String, Object>> done = new ArrayList<>();

    /** Runs the command line and exits with its code: 0, or 1 where something was lost, doubled, moved, changed or differs. */
    public static void main(String[] arguments) {
        CLIENT_LOG.setLevel(Level.OFF);
        System.exit(new CommandLine(new ClusterCampaign()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        long chosen = seed.orElseGet(() -> new Random().nextLong() & 0xFFFF_FFFFL);
        out().println("seed " + chosen);
        Ledger ledger = new Ledger(partitions, recordBytes);
        LedgerCheck check = new LedgerCheck(ledger);
        List<String> differences;
        long failed;
        try (LocalCluster cluster = LocalCluster.start(kinds(), parent, jar.toAbsolutePath(), heap, nodeSettings());
                Admin admin = cluster.admin()) {
            cluster.createTopic(admin, TOPIC, partitions, Map.of("segment.bytes", "4194304"));
            Writer writer = Writer.start(cluster.bootstrap(), TOPIC, ledger, rate);
            try (writer) {
                for (int round = 1; round <= rounds; round++) {
                    ledger.awaitMore(BETWEEN);
                    round(round, cluster, admin, ledger, new Random(chosen + round));
                }
            }
            failed = writer.failed();
            check.run(cluster.bootstrap(), TOPIC);
            cluster.awaitInSync(admin, TOPIC);
            cluster.stopAll();
            differences = ReplicaFiles.differences(cluster.nodes(), TOPIC, partitions);
        }
        return finish(chosen, check, differences, failed);
    }

    private List<Program> kinds() {
        return programs.stream()
                .map(name -> Program.valueOf(name.toUpperCase(Locale.ROOT)))
                .toList();
    }

    private List<String> nodeSettings() {
        List<String> all = new ArrayList<>(List.of(
                "broker.session.timeout.ms=" + sessionMs,
                "broker.heartbeat.interval.ms=" + Math.max(100, sessionMs / 6)));
        all.addAll(settings);
        return all;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private void round(int number, LocalCluster cluster, Admin admin, Ledger ledger, Random random)
            throws IOException, InterruptedException {
        Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
        ClusterNode victim = cluster.node(1 + random.nextInt(cluster.nodes().size()));
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("round", number);
        row.put("fault", fault.name());
        row.put("node", victim.id());
        row.put("program", victim.program().name());
        row.put("led", ledBy(admin, victim));
        row.put("controller", controllerIs(admin, victim));
        ledger.resetGaps();
        long startNs = System.nanoTime();
        switch (fault) {
            case KILL -> {
                victim.kill();
                ledger.awaitMore(BETWEEN);
                victim.start();
            }
            case TERMINATE -> {
                victim.terminate();
                row.put("inOrder", victim.awaitEnd());
                ledger.awaitMore(BETWEEN);
                victim.start();
            }
            case PAUSE -> {
                victim.pause();
                TimeUnit.MILLISECONDS.sleep(1 + random.nextInt(PAUSE_MS_MAX));
                victim.resume();
                ledger.awaitMore(BETWEEN);
            }
        }
        cluster.awaitInSync(admin, TOPIC);
        row.put("longestGapMs", ledger.longestGapMs());
        row.put("inSyncAfterMs", (System.nanoTime() - startNs) / 1_000_000);
        done.add(row);
        out().println(row);
        out().flush();
    }

    private static long ledBy(Admin admin, ClusterNode node) throws InterruptedException {
        try {
            return LocalCluster.partitions(admin, TOPIC).stream()
                    .filter(each -> each.leader() != null && each.leader().id() == node.id())
                    .count();
        } catch (ExecutionException | TimeoutException e) {
            return -1;
        }
    }

    private static boolean controllerIs(Admin admin, ClusterNode node) throws InterruptedException {
        try {
            return admin.describeMetadataQuorum()
                            .quorumInfo()
                            .get(5, TimeUnit.SECONDS)
                            .leaderId()
                    == node.id();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    private int finish(long chosen, LedgerCheck check, List<String> differences, long failed) throws IOException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("seed", chosen);
        json.put("nodes", programs);
        json.put("rounds", done);
        json.put("records", check.json());
        json.put("givenUp", failed);
        json.put("replicasDiffer", differences);
        json.put("jdk", System.getProperty("java.vm.version"));
        json.put("kernel", System.getProperty("os.version"));
        if (report.isPresent()) {
            new ObjectMapper()
                    .writerWithDefaultPrettyPrinter()
                    .writeValue(report.get().toFile(), json);
        }
        boolean clean = check.isClean() && differences.isEmpty();
        out().println(check.json() + " replicas differ: " + differences);
        out().println(clean ? "nothing lost, doubled, reordered, moved or changed" : "VIOLATED");
        return clean ? 0 : EXIT_VIOLATED;
    }
}
