package io.millrace.perf.cluster;

import io.millrace.perf.target.ProcessView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One node, a process of Millrace or of Apache Kafka on a directory of its own. Used by one thread. */
final class ClusterNode {
    /** Which program. */
    enum Program {
        MILLRACE,
        KAFKA
    }

    private static final String CLUSTER_ID = "cIDmTE8wRVWaKx3uTt1a0g";
    private static final long STOP_SECONDS = 60;

    private final int id;
    private final Program program;
    private final Path directory;
    private final Path jar;
    private final int port;
    private final String heap;
    private @Nullable Process process;

    ClusterNode(int id, Program program, Path directory, Path jar, int port, String heap) {
        this.id = id;
        this.program = program;
        this.directory = directory;
        this.jar = jar;
        this.port = port;
        this.heap = heap;
    }

    /** Writes the settings, and formats where the program does not do that by itself. */
    void prepare(List<String> settings) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        List<String> lines = new ArrayList<>(settings);
        lines.add("log.dirs=" + dataDirectory());
        if (program == Program.MILLRACE) {
            lines.add("millrace.cluster.id=" + CLUSTER_ID);
        }
        Files.write(properties(), lines);
        if (program == Program.KAFKA) {
            String file = properties().toString();
            Process format = spawn(kafka("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", file));
            if (format.waitFor() != 0) {
                throw new IOException("kafka-storage format failed, see " + output());
            }
        }
    }

    private Path properties() {
        return directory.resolve("server.properties");
    }

    Path output() {
        return directory.resolve("output.txt");
    }

    Path dataDirectory() {
        return directory.resolve("data");
    }

    int id() {
        return id;
    }

    Program program() {
        return program;
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    /** Starts the process without waiting for it. */
    void start() throws IOException {
        String file = properties().toString();
        process = spawn(
                program == Program.KAFKA
                        ? kafka("kafka.Kafka", file)
                        : java("-jar", jar.toString(), "start", "-c", file));
    }

    private List<String> kafka(String... arguments) {
        List<String> command = java("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35");
        command.addAll(List.of("-XX:+ExplicitGCInvokesConcurrent", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(arguments));
        return command;
    }

    private List<String> java(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + heap);
        command.addAll(List.of(arguments));
        return command;
    }

    private Process spawn(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output().toFile()))
                .start();
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    private Process running() {
        Process started = process;
        if (started == null) {
            throw new IllegalStateException("node " + id + " was not started");
        }
        return started;
    }

    ProcessView view() {
        return new ProcessView(running().pid());
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        running().destroyForcibly().waitFor();
    }

    /** SIGTERM, without waiting. */
    void terminate() {
        running().destroy();
    }

    /** The end of {@link #terminate}; false where it had to be killed. */
    boolean awaitEnd() throws InterruptedException {
        if (running().waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            return true;
        }
        kill();
        return false;
    }

    /** SIGSTOP: it lives and does nothing. */
    void pause() throws IOException, InterruptedException {
        signal("-STOP");
    }

    /** SIGCONT. */
    void resume() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        String pid = Long.toString(running().pid());
        if (new ProcessBuilder("kill", name, pid).start().waitFor() != 0) {
            throw new IOException("kill " + name + " " + pid);
        }
    }
}
