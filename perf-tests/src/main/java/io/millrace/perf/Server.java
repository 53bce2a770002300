package io.millrace.perf;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A running server in a child process with a directory of its own, on loopback, with default settings but for ports and the
 * replication factors of a single node. Owned by one round, which closes it; used by one thread.
 */
final class Server implements AutoCloseable {
    private static final Duration STOP_BOUND = Duration.ofSeconds(30);
    private static final long CLOCK_TICKS_PER_SECOND = 100;

    private final Process process;
    private final int port;
    private final Path output;
    private final long startedNs;

    private Server(Process process, int port, Path output, long startedNs) {
        this.process = process;
        this.port = port;
        this.output = output;
        this.startedNs = startedNs;
    }

    /** Formats a fresh directory where the server wants that done before, and starts the server without waiting for it. */
    static Server start(ServerKind kind, Path jar, Path directory, List<String> jvmFlags)
            throws IOException, InterruptedException {
        int port = freePort();
        Path properties = writeProperties(directory, port, freePort());
        if (kind == ServerKind.KAFKA) {
            format(directory, properties);
        }
        Path output = directory.resolve("output.txt");
        long startedNs = System.nanoTime();
        Process process = spawn(kind.command(jar, properties, jvmFlags), output);
        return new Server(process, port, output, startedNs);
    }

    private static Process spawn(List<String> command, Path output) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "reaper-" + process.pid()));
        return process;
    }

    private static Path writeProperties(Path directory, int port, int controllerPort) throws IOException {
        List<String> lines = List.of(
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.voters=1@127.0.0.1:" + controllerPort,
                "controller.listener.names=CONTROLLER",
                "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "log.dirs=" + directory.resolve("data"),
                "offsets.topic.replication.factor=1",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1");
        return Files.write(directory.resolve("server.properties"), lines);
    }

    private static void format(Path directory, Path properties) throws IOException, InterruptedException {
        List<String> command = ServerKind.java(List.of());
        command.addAll(List.of("-cp", ServerKind.classPath(), "kafka.tools.StorageTool", "format"));
        command.addAll(List.of("-t", "cIDmTE8wRVWaKx3uTt1a0g", "-c", properties.toString()));
        Process format = spawn(command, directory.resolve("format.txt"));
        if (format.waitFor() != 0) {
            throw new IOException("kafka-storage format: " + Files.readString(directory.resolve("format.txt")));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    /** {@link System#nanoTime()} right before the process was started. */
    long startedNs() {
        return startedNs;
    }

    /** Throws with what the server printed when it is not running any more. */
    void requireAlive() throws IOException {
        if (!process.isAlive()) {
            throw new IOException("the server ended:\n" + Files.readString(output));
        }
    }

    double residentMb() throws IOException {
        return statusKb("VmRSS:") / 1_024.0;
    }

    double threads() throws IOException {
        return statusKb("Threads:");
    }

    private double statusKb(String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            if (line.startsWith(field)) {
                return Double.parseDouble(
                        line.substring(field.length()).replace("kB", "").trim());
            }
        }
        throw new IOException("no " + field + " of process " + process.pid());
    }

    /** User and system time so far: fields 14 and 15 of /proc/pid/stat, counted after the name, which may hold blanks. */
    double processorMs() throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        long ticks = Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12));
        return ticks * 1_000.0 / CLOCK_TICKS_PER_SECOND;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(STOP_BOUND.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("the server did not stop:\n" + Files.readString(output));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
