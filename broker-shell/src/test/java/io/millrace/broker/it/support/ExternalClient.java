package io.millrace.broker.it.support;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A client of another language, driven as a child process. The first use in a test JVM installs the missing ones; one that
 * is not to be had skips its test and says so.
 */
public enum ExternalClient {
    KCAT("kcat -V"),
    CONFLUENT_PYTHON("/usr/bin/python3 -c 'import confluent_kafka'"),
    KAFKA_PYTHON("/usr/bin/python3 -c 'import kafka'"),
    KAFKAJS("node -e 'require(\"kafkajs\")'");

    private static final Path TARGET =
            Path.of(System.getProperty("basedir", "."), "target").toAbsolutePath();
    private static final Duration INSTALL_BOUND = Duration.ofMinutes(4);
    private static final Duration RUN_BOUND = Duration.ofSeconds(90);
    private static boolean installed;

    /** A shell command that succeeds where the client is installed. */
    private final String probe;

    ExternalClient(String probe) {
        this.probe = probe;
    }

    /** Installs what is missing, once; skips the calling test when this client is not there. */
    public void assumeInstalled() {
        if (!works()) {
            install();
        }
        assumeTrue(works(), () -> name() + " is not installed and could not be installed here");
    }

    /** The same for a module of Node that is no client of topics. */
    public static void assumeNodeModule(String module) {
        List<String> probe = List.of("node", "-e", "require('" + module + "')");
        if (run(probe).exitCode() != 0) {
            install();
        }
        assumeTrue(run(probe).exitCode() == 0, () -> module + " is not installed and could not be installed here");
    }

    private static synchronized void install() {
        if (installed) {
            return;
        }
        installed = true;
        List<String> command =
                List.of("bash", TestFiles.resource("clients/install-clients.sh").toString(), nodeDirectory());
        System.err.println(KafkaTool.run(TARGET, command, INSTALL_BOUND).output());
    }

    private boolean works() {
        return run(List.of("bash", "-c", probe)).exitCode() == 0;
    }

    /** Produces a file of "key TAB value" lines, in order, to the topic; the client partitions by murmur2. */
    public void produce(String bootstrap, String topic, Path keyedLines) {
        KafkaTool.Result result = run(
                switch (this) {
                    case KCAT ->
                        kcat(
                                "-P",
                                "-b",
                                bootstrap,
                                "-t",
                                topic,
                                "-K",
                                "\t",
                                "-z",
                                "snappy",
                                "-X",
                                "topic.partitioner=murmur2_random",
                                "-l",
                                keyedLines.toString());
                    case CONFLUENT_PYTHON -> python("produce_confluent.py", bootstrap, topic, keyedLines.toString());
                    case KAFKA_PYTHON -> python("produce_kafka_python.py", bootstrap, topic, keyedLines.toString());
                    case KAFKAJS -> node("produce_kafkajs.js", bootstrap, topic, keyedLines.toString());
                });
        if (result.exitCode() != 0) {
            throw new AssertionError(name() + " produce: exit code " + result.exitCode() + "\n" + result.output());
        }
    }

    /** A group member that prints what it gets until it is asked to leave. */
    public Member join(String bootstrap, String topic, String group) {
        List<String> command = switch (this) {
            case KCAT ->
                kcat(
                        "-u",
                        "-b",
                        bootstrap,
                        "-X",
                        "auto.offset.reset=earliest",
                        "-X",
                        "session.timeout.ms=10000",
                        "-f",
                        "%p\\t%o\\t%k\\t%s\\n",
                        "-G",
                        group,
                        topic);
            case CONFLUENT_PYTHON -> python("consume_confluent.py", bootstrap, topic, group);
            case KAFKA_PYTHON -> python("consume_kafka_python.py", bootstrap, topic, group);
            case KAFKAJS -> node("consume_kafkajs.js", bootstrap, topic, group);
        };
        return new Member(command);
    }

    /** Runs a command to its end with this build's node modules in reach. */
    public static KafkaTool.Result run(List<String> command) {
        try {
            Path output = Files.createTempFile("client-", ".txt");
            ChildProcess child = ChildProcess.start(command, TARGET, output, environment());
            int code = child.waitForExit(RUN_BOUND);
            KafkaTool.Result result = new KafkaTool.Result(code, child.output());
            Files.delete(output);
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command, e);
        }
    }

    private static List<String> kcat(String... arguments) {
        List<String> command = new ArrayList<>(List.of("kcat", "-q"));
        command.addAll(List.of(arguments));
        return command;
    }

    private static List<String> python(String script, String... arguments) {
        return script("/usr/bin/python3", script, arguments);
    }

    private static List<String> node(String script, String... arguments) {
        return script("node", script, arguments);
    }

    private static List<String> script(String interpreter, String script, String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(interpreter, TestFiles.resource("clients/" + script).toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static Map<String, String> environment() {
        return Map.of("NODE_PATH", nodeDirectory() + "/node_modules", "KAFKAJS_NO_PARTITIONER_WARNING", "1");
    }

    private static String nodeDirectory() {
        return TARGET.resolve("clients").toString();
    }

    /** A running group member of another language. Owned by the test; {@link #leave} ends it. */
    public static final class Member implements AutoCloseable {
        private final ChildProcess child;
        private final Path output;

        private Member(List<String> command) {
            try {
                output = Files.createTempFile("member-", ".txt");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            child = ChildProcess.start(command, TARGET, output, environment());
        }

        /** The records printed so far; a line that is still being written is left out. */
        public List<Received> received() {
            List<Received> records = new ArrayList<>();
            String text = child.output();
            for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1)) {
                if (!line.isEmpty() && Character.isDigit(line.charAt(0))) {
                    records.add(Received.parse(line));
                }
            }
            return records;
        }

        public String output() {
            return child.outputTail();
        }

        /** SIGTERM: the client leaves its group and ends. */
        public void leave() {
            child.terminate(Duration.ofSeconds(30));
        }

        @Override
        public void close() {
            if (child.isAlive()) {
                child.kill();
            }
            try {
                Files.deleteIfExists(output);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
