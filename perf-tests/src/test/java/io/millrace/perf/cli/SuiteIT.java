package io.millrace.perf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.perf.target.Broker;
import io.millrace.perf.target.BrokerSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Every command runs through, for a second each, and what cannot be run is said in one line. The figures mean nothing. */
final class SuiteIT {
    private static final Path JAR = Path.of(System.getProperty(
                    "millrace.jar",
                    Path.of(System.getProperty("basedir", "."), "..", "broker-shell", "target", "millrace.jar")
                            .toString()))
            .toAbsolutePath();

    @TempDir
    private static Path shared;

    @TempDir
    private Path temp;

    private static Broker broker;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void start() throws Exception {
        broker = Broker.running(
                BrokerSpec.parse("millrace"), new BrokerSpec.Launch(JAR, List.of("-Xmx512m"), List.of(), shared));
    }

    @AfterAll
    static void stop() throws Exception {
        broker.close();
    }

    private int run(String... arguments) {
        CommandLine line =
                Suite.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        line.getSubcommands()
                .values()
                .forEach(command -> command.setOut(line.getOut()).setErr(line.getErr()));
        return line.execute(arguments);
    }

    private int load(String command, String... more) {
        List<String> arguments = new ArrayList<>(
                List.of(command, "--target=" + broker.bootstrap(), "--warm-up=0", "--seconds=1", "--no-limits"));
        arguments.addAll(Arrays.asList(more));
        return run(arguments.toArray(String[]::new));
    }

    private String said() {
        return out + "\n" + err;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "produce",
                "produce --connections=3 --partitions=4 --batch=10 --compression=lz4 --key-size=8",
                "produce --rate=500 --acks=all",
                "produce --path=real --rate=500",
                "end-to-end --rate=200 --partitions=3",
                "end-to-end --rate=200 --path=real --compression=zstd",
                "fan-out --rate=200 --readers=3",
                "catch-up --preload-mb=2 --readers=2",
                "catch-up --preload-mb=2 --path=real",
                "mixed --preload-mb=2 --rate=200",
                "partitions --partitions=20",
                "soak --kill-every=0 --pause-every=0 --rate=200"
            })
    void everyLoadRunsThrough(String line) {
        String[] words = line.split(" ", -1);
        assertEquals(0, load(words[0], Arrays.copyOfRange(words, 1, words.length)), this::said);
        assertTrue(out.toString().contains("requests"), this::said);
    }

    @ParameterizedTest
    @CsvSource({"idle, idle resident", "kafka-tools --preload-mb=5, kafka-e2e-latency"})
    void whatIsNoSteadyLoadRunsThrough(String line, String figure) {
        String[] words = line.split(" ", -1);
        assertEquals(0, load(words[0], Arrays.copyOfRange(words, 1, words.length)), this::said);
        assertTrue(out.toString().contains(figure), this::said);
    }

    @Test
    void everyFormOfTheReportIsWritten() throws Exception {
        Path json = temp.resolve("r.json");
        Path html = temp.resolve("r.html");
        Path hlog = temp.resolve("r.hlog");
        assertEquals(0, load("end-to-end", "--json=" + json, "--html=" + html, "--hlog=" + hlog), this::said);
        assertTrue(Files.readString(json).contains("\"read p99\""));
        assertTrue(Files.readString(html).contains("<svg"));
        assertTrue(Files.readString(hlog).contains("Tag="));
    }

    @Test
    void anUnreachableAddressIsOneLine() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        assertEquals(3, run("produce", "--target=127.0.0.1:" + port), this::said);
        assertEquals(1, err.toString().lines().count(), this::said);
        assertTrue(err.toString().contains("no bootstrap address can be reached"), this::said);
    }

    @Test
    void aTopicThatCannotBeCreatedIsOneLine() {
        assertEquals(3, load("produce", "--partitions=1000000"), this::said);
        assertTrue(err.toString().contains("cannot be created"), this::said);
        assertEquals(1, err.toString().lines().count(), this::said);
    }

    @Test
    void theImpossibleIsRefusedWithTheReason() {
        assertEquals(2, load("produce", "--rate=0"), this::said);
        assertTrue(err.toString().startsWith("--rate=0 is not between"), this::said);
        assertEquals(2, run("compare", "--rounds=0"), this::said);
        assertEquals(2, run("compare", "--scenario=nothing"), this::said);
        assertEquals(2, load("produce", "--client=security.protocol=SSL"), this::said);
    }

    @Test
    void aBrokerThatDiesInTheMiddleLeavesWhatWasMeasured() throws Exception {
        Path json = temp.resolve("died.json");
        String jar = JAR.toString();
        Thread killer = new Thread(() -> killWhenItRuns());
        killer.start();
        int code = run(
                "produce",
                "--target=millrace",
                "--millrace-jar=" + jar,
                "--data-dir=" + temp,
                "--jvm-flag=-Xmx512m",
                "--warm-up=0",
                "--seconds=120",
                "--no-limits",
                "--json=" + json);
        killer.join();
        assertEquals(3, code, this::said);
        assertTrue(err.toString().startsWith("failed: "), this::said);
        assertTrue(Files.readString(json).contains("\"produce requests\""), this::said);
    }

    /** Once a second of load was printed, the broker of this test's directory is killed. */
    private void killWhenItRuns() {
        while (!out.toString().contains("measured 1/120")) {
            LockSupport.parkNanos(10_000_000);
        }
        ProcessHandle.current()
                .children()
                .filter(child -> child.info()
                        .arguments()
                        .map(all -> String.join(" ", all).contains(temp.toString()))
                        .orElse(false))
                .forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void twoBrokersAreComparedInTurns() throws Exception {
        String address = "--a=" + broker.bootstrap();
        Path html = temp.resolve("compare.html");
        int code = run(
                "compare",
                address,
                "--b=" + broker.bootstrap(),
                "--scenario=produce-100b",
                "--rounds=3",
                "--warm-up=0",
                "--seconds=1",
                "--html=" + html);
        assertEquals(0, code, this::said);
        assertTrue(out.toString().contains("ratio"), this::said);
        assertTrue(out.toString().contains("loopback TCP"), this::said);
        assertTrue(Files.readString(html).contains("Limits of this machine"));
    }
}
