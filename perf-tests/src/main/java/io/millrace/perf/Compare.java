package io.millrace.perf;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command that compares: rounds of both servers in turns, then a table of medians.
 *
 * <p>From the root of the repository, after {@code mvn package}:
 * {@code java -jar perf-tests/target/perf-tests.jar tools --rounds 5 --json target/compare.json}
 */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = "Measures Millrace and Apache Kafka beside each other on this machine.")
public final class Compare implements Callable<Integer> {
    /** Held, so that the level stays: the clients' log would be mixed into the report. */
    private static final Logger CLIENT_LOG = Logger.getLogger("org.apache.kafka");

    @Option(names = "--rounds", defaultValue = "3", description = "Rounds of each server (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--records", defaultValue = "1000000", description = "Records to produce (${DEFAULT-VALUE}).")
    private int records;

    @Option(names = "--round-trips", defaultValue = "5000", description = "Records there and back (${DEFAULT-VALUE}).")
    private int roundTrips;

    @Option(names = "--rate", defaultValue = "10000", description = "Records a second, open loop (${DEFAULT-VALUE}).")
    private int rate;

    @Option(names = "--seconds", defaultValue = "20", description = "Length of the open loop (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--idle", defaultValue = "5", description = "Seconds left alone before idle (${DEFAULT-VALUE}).")
    private int idleSeconds;

    @Option(
            names = "--jvm-flag",
            defaultValue = "-Xmx1g",
            description = "For both servers; may be repeated (${DEFAULT-VALUE}).")
    private List<String> jvmFlags = new ArrayList<>();

    @Mixin
    private final RunOptions run = new RunOptions();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Runs the command line and exits with its code. */
    public static void main(String[] arguments) {
        CLIENT_LOG.setLevel(Level.SEVERE);
        System.exit(new CommandLine(new Compare()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path jar = run.jar(spec);
        Load load = new Load(
                rounds,
                records,
                roundTrips,
                rate,
                Duration.ofSeconds(seconds),
                Duration.ofSeconds(idleSeconds),
                jvmFlags);
        Report report = new Report(environment(load));
        measure(jar, load, report);
        out().println(report.markdown());
        run.write(report.json());
        return 0;
    }

    /** Rounds in turns; who comes first changes, so that neither always finds the warmer or the fuller machine. */
    private void measure(Path jar, Load load, Report report) throws IOException, InterruptedException {
        List<ServerKind> order = new ArrayList<>(List.of(ServerKind.values()));
        for (int round = 1; round <= load.rounds(); round++) {
            for (ServerKind kind : order) {
                Path directory = Files.createTempDirectory("millrace-perf-");
                try {
                    Map<Figure, Double> figures = Round.measure(kind, jar, directory, load);
                    report.add(kind, figures);
                    out().println("round " + round + " " + kind + " " + figures);
                } finally {
                    deleteRecursively(directory);
                }
            }
            Collections.reverse(order);
        }
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private static Map<String, String> environment(Load load) throws IOException, InterruptedException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("commit", commit());
        facts.put("JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        facts.put(
                "machine",
                Runtime.getRuntime().availableProcessors() + " processors, " + System.getProperty("os.name") + " "
                        + System.getProperty("os.version"));
        facts.put("load", load.toString());
        return facts;
    }

    private static String commit() throws IOException, InterruptedException {
        Process git = new ProcessBuilder("git", "describe", "--always", "--dirty")
                .redirectErrorStream(true)
                .start();
        String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        return git.waitFor() == 0 ? text : "unknown";
    }

    private static void deleteRecursively(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
