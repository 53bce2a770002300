package io.millrace.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.cli.Cli.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is asked wrongly is one line on standard error, nothing on standard output, and exit code 2. */
class CommandLineTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "start --frob | millrace start: unknown option: '--frob' (see millrace start --help)",
                "--sett a=b | millrace: unknown options: '--sett', 'a=b', did you mean --set? (see millrace --help)",
                "topicss | millrace: unmatched argument at index 0: 'topicss', did you mean topics? (see millrace --help)",
                "start --set num.partitions=x | millrace start: num.partitions=x: not a number of type INT (--set)",
                "start --set num.partitions | millrace start: --set num.partitions: not of the form name=value",
                "start --config /no/such | millrace start: cannot read /no/such: no such file",
                "start --log-level loud | millrace start: --log-level loud: one of error, warn, info, debug, trace",
                "topics --create | millrace topics: --topic is missing",
                "topics --create --topic t --partitions 0 | millrace topics: --partitions 0: must be at least 1",
                "topics --create --topic t --config a | millrace topics: --config a: not of the form name=value",
                "topics --list --bootstrap-server here | millrace topics: --bootstrap-server here: not of the form host:port",
                "topics --list --command-property x.y=1 | millrace topics: --command-property x.y: unknown client property",
                "topics --list --command-config /no/such | millrace topics: --command-config /no/such: no such file",
                "produce --topic t --property parse.kye=true | millrace produce: --property parse.kye: unknown reader property,"
                        + " did you mean parse.key?",
                "produce --topic t --property parse.key=ja | millrace produce: --property parse.key=ja: neither true nor false",
                "produce --topic t --file /no/such | millrace produce: --file /no/such: no such file",
                "consume | millrace consume: one of --topic and --include is needed",
                "consume --topic t --offset 3 | millrace consume: --offset needs --partition",
                "consume --topic t --partition 0 --offset x | millrace consume: --offset x: earliest, latest or a number",
                "consume --topic t --property print.kye=true | millrace consume: --property print.kye: unknown formatter"
                        + " property, did you mean print.key?",
                "groups --describe | millrace groups: --group is missing (or --all-groups)",
                "groups --reset-offsets --group g --topic t --to-datetime x | millrace groups: --to-datetime x: not a time like"
                        + " 2026-01-31T12:00:00.000",
                "format --feature x | millrace format: --feature x: not of the form name=value"
            })
    void wrongUsage(final String commandLine, final String message) {
        final Result result = Cli.run(commandLine.split(" ", -1));
        assertEquals(message, result.errLine());
        assertEquals(2, result.code());
        assertEquals("", result.out());
    }

    @Test
    void aBrokerThatIsNotThereIsToldAtOnce() throws IOException {
        final int port = freePort();
        for (final List<String> command : List.of(
                List.of("topics", "--list"),
                List.of("produce", "--topic", "t"),
                List.of("consume", "--topic", "t"),
                List.of("groups", "--list"))) {
            final long startNs = System.nanoTime();
            final List<String> all = new ArrayList<>(command);
            all.addAll(List.of("--bootstrap-server", "127.0.0.1:" + port));
            final Result result = Cli.run(all.toArray(String[]::new));
            assertEquals(
                    "millrace " + command.get(0) + ": no broker reached: 127.0.0.1:" + port + ": connection refused",
                    result.errLine());
            assertEquals(1, result.code());
            assertTrue(System.nanoTime() - startNs < TimeUnit.SECONDS.toNanos(10));
        }
    }

    @Test
    void aServerThatNeverAnswersIsGivenUpInTime() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            final Result result = Cli.run(
                    "topics",
                    "--list",
                    "--timeout",
                    "1500",
                    "--bootstrap-server",
                    "127.0.0.1:" + silent.getLocalPort());
            assertEquals(1, result.code());
            assertTrue(result.errLine().startsWith("millrace topics: "), result.err());
            try (Socket unused = silent.accept()) {
                assertTrue(unused.isConnected(), "somebody knocked");
            }
        }
    }

    @Test
    void helpAndVersionArePleasant() {
        assertTrue(Cli.run("--version").out().matches("millrace \\S+ \\(Kafka 4\\.3\\.1, Java .*\\)\\R"));
        for (final String command : List.of("start", "format", "topics", "produce", "consume", "groups")) {
            final Result help = Cli.run(command, "--help");
            assertEquals(0, help.code());
            assertTrue(help.out().startsWith("Usage: millrace " + command), help.out());
        }
    }

    @Test
    void formatMakesADirectoryOnce() throws IOException {
        final Path data = directory.resolve("data");
        final Result first =
                Cli.run("format", "--set", "log.dirs=" + data, "--set", "node.id=7", "--cluster-id", "abc");
        assertEquals(
                "formatted " + data + " for node 7 of cluster abc", first.out().strip(), first.err());
        assertTrue(Files.exists(data.resolve("meta.properties")));
        final Result second = Cli.run("format", "--set", "log.dirs=" + data, "--set", "node.id=7");
        assertEquals(2, second.code());
        assertTrue(second.errLine().contains("already formatted"), second.err());
    }

    @Test
    void anUnformattedDirectoryIsRefusedWhereThatIsAsked() {
        final Result result = Cli.run(
                "start",
                "--set",
                "log.dirs=" + directory.resolve("data"),
                "--set",
                "listeners=PLAINTEXT://127.0.0.1:0",
                "--set",
                "millrace.auto.format=false");
        assertEquals(2, result.code());
        assertTrue(result.errLine().contains("millrace.auto.format=false: run millrace format"), result.err());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
