package io.millrace.perf.target;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.target.BrokerSpec.Launch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A broker under load: one that was started here, on loopback with a directory of its own, or one that is only connected to. Owned by a
 * run, which closes it: what was started is stopped, and its directory removed.
 */
public final class Broker implements AutoCloseable {
    private static final long READY_NS = TimeUnit.SECONDS.toNanos(90);
    private static final int STOP_SECONDS = 60;
    private static final int LOOK_MS = 20;

    private final BrokerSpec spec;
    private final Launch launch;
    private final String bootstrap;
    private final @Nullable Path directory;
    private final int port;
    private volatile @Nullable Process process;
    private long startedNs;

    private Broker(BrokerSpec spec, Launch launch, String bootstrap, int port, @Nullable Path directory) {
        this.spec = spec;
        this.launch = launch;
        this.bootstrap = bootstrap;
        this.port = port;
        this.directory = directory;
    }

    /** Starts the broker on an empty directory and waits until it accepts connections; only looks whether a given address answers. */
    public static Broker open(BrokerSpec spec, Launch launch) throws LoadFailure {
        if (!spec.started()) {
            return new Broker(spec, launch, spec.text(), 0, null);
        }
        try {
            int port = freePort();
            Path directory = Files.createTempDirectory(launch.parent(), "perf-tests-");
            Broker broker = new Broker(spec, launch, "127.0.0.1:" + port, port, directory);
            Runtime.getRuntime().addShutdownHook(new Thread(broker::abandon, "reaper-" + port));
            broker.prepare();
            return broker;
        } catch (IOException e) {
            throw new LoadFailure("cannot prepare a directory for " + spec.text() + ": " + LoadFailure.lineOf(e), e);
        }
    }

    /** Opens and starts, ready for clients. */
    public static Broker running(BrokerSpec spec, Launch launch) throws LoadFailure {
        Broker broker = open(spec, launch);
        try {
            if (spec.started()) {
                broker.start();
                broker.awaitPort();
            }
            return broker;
        } catch (LoadFailure e) {
            broker.close();
            throw e;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Path directory() {
        if (directory == null) {
            throw new IllegalStateException(spec.text() + " was not started here");
        }
        return directory;
    }

    private void prepare() throws IOException, LoadFailure {
        int controller = freePort();
        List<String> lines = new ArrayList<>(List.of(
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.voters=1@127.0.0.1:" + controller,
                "controller.listener.names=CONTROLLER",
                "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller,
                "log.dirs=" + directory().resolve("data"),
                "offsets.topic.replication.factor=1",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1"));
        lines.addAll(launch.settings());
        Path properties = Files.write(directory().resolve("server.properties"), lines);
        if (spec.type() == BrokerSpec.Type.KAFKA) {
            List<String> format = java(List.of("-Xshare:auto"));
            format.addAll(List.of("-cp", System.getProperty("java.class.path"), "kafka.tools.StorageTool", "format"));
            format.addAll(List.of("-t", "cIDmTE8wRVWaKx3uTt1a0g", "-c", properties.toString()));
            Process formatting = spawn(format, directory().resolve("format.txt"));
            try {
                if (formatting.waitFor() != 0) {
                    throw new LoadFailure(
                            "kafka-storage format: " + lastLine(directory().resolve("format.txt")));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LoadFailure("interrupted", e);
            }
        }
    }

    private static List<String> java(List<String> flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        return command;
    }

    private List<String> command() {
        Path properties = directory().resolve("server.properties");
        List<String> command = java(launch.jvmFlags());
        switch (spec.type()) {
            case KAFKA -> {
                // The flags of kafka-server-start.sh beside the heap.
                command.addAll(List.of("-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"));
                command.addAll(List.of("-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"));
                command.addAll(
                        List.of("-cp", System.getProperty("java.class.path"), "kafka.Kafka", properties.toString()));
            }
            case MILLRACE ->
                command.addAll(
                        List.of("-jar", launch.millraceJar().toString(), "start", "--config", properties.toString()));
            default -> {
                String line = spec.text()
                        .replace("{port}", Integer.toString(port))
                        .replace("{dir}", directory().toString())
                        .replace("{properties}", properties.toString());
                return List.of("sh", "-c", "exec " + line);
            }
        }
        return command;
    }

    private static Process spawn(List<String> command, Path output) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
    }

    /** Starts the process, on what its directory holds, without waiting for it. */
    public void start() throws LoadFailure {
        if (!spec.started()) {
            throw new LoadFailure(spec.text() + " is only connected to: it cannot be started or stopped from here");
        }
        try {
            startedNs = System.nanoTime();
            process = spawn(command(), output());
        } catch (IOException e) {
            throw new LoadFailure(spec.text() + " cannot be started: " + LoadFailure.lineOf(e), e);
        }
    }

    private Path output() {
        return directory().resolve("output.txt");
    }

    /** Waits until the port answers. */
    public void awaitPort() throws LoadFailure {
        long deadlineNs = System.nanoTime() + READY_NS;
        while (!answers()) {
            requireAlive();
            if (System.nanoTime() - deadlineNs > 0) {
                throw new LoadFailure(spec.text() + " did not listen on port " + port + " within 90 s");
            }
            sleep(LOOK_MS);
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void sleep(long ms) throws LoadFailure {
        try {
            TimeUnit.MILLISECONDS.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoadFailure("interrupted", e);
        }
    }

    /** Fails when the broker's process is gone, with the last line of what it printed; all of it is kept. */
    public void requireAlive() throws LoadFailure {
        Process running = process;
        if (running == null || !running.isAlive()) {
            throw new LoadFailure(spec.text() + " ended: " + lastLine(output()) + kept());
        }
    }

    /** Saves what the broker printed from the removal of its directory; says where. */
    private String kept() {
        Path copy = launch.parent().resolve("perf-tests-" + port + "-output.txt");
        try {
            Files.copy(output(), copy, StandardCopyOption.REPLACE_EXISTING);
            return " (all of it is in " + copy + ")";
        } catch (IOException e) {
            return "";
        }
    }

    private static String lastLine(Path output) {
        try {
            List<String> lines = Files.readAllLines(output).stream()
                    .filter(line -> !line.isBlank())
                    .toList();
            return lines.isEmpty() ? "it printed nothing" : lines.get(lines.size() - 1);
        } catch (IOException e) {
            return "what it printed cannot be read";
        }
    }

    /** What was asked for. */
    public BrokerSpec spec() {
        return spec;
    }

    /** Where clients begin. */
    public String bootstrap() {
        return bootstrap;
    }

    /** {@link System#nanoTime()} right before the process was last started. */
    public long startedNs() {
        return startedNs;
    }

    /** Its process, where it runs on this machine. */
    public Optional<ProcessView> process() {
        Process running = process;
        return running != null
                ? Optional.of(new ProcessView(running.pid()))
                : ProcessView.listeningOn(Integer.parseInt(bootstrap.split(",", -1)[0].replaceAll(".*:", "")));
    }

    /** A connection to the cluster. */
    public Cluster connect(Map<String, String> clientSettings) throws LoadFailure {
        return Cluster.connect(bootstrap, clientSettings);
    }

    /** Ends the process in good order and waits for it. */
    public void stop() throws LoadFailure {
        end(Process::destroy);
    }

    /** Ends the process as kill -9 does. */
    public void kill() throws LoadFailure {
        end(Process::destroyForcibly);
    }

    private void end(java.util.function.Consumer<Process> signal) throws LoadFailure {
        Process running = process;
        if (running == null) {
            throw new LoadFailure(spec.text() + " is only connected to: it cannot be stopped from here");
        }
        signal.accept(running);
        try {
            if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                running.destroyForcibly();
                throw new LoadFailure(spec.text() + " did not stop within " + STOP_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new LoadFailure("interrupted", e);
        }
    }

    /** Lets the process stand still for a while: SIGSTOP, then SIGCONT. */
    public void pause(long ms) throws LoadFailure {
        signal("-STOP");
        try {
            sleep(ms);
        } finally {
            signal("-CONT");
        }
    }

    private void signal(String name) throws LoadFailure {
        Process running = process;
        if (running == null) {
            throw new LoadFailure(spec.text() + " is only connected to: it cannot be paused from here");
        }
        try {
            new ProcessBuilder("kill", name, Long.toString(running.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new LoadFailure("kill " + name + ": " + LoadFailure.lineOf(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoadFailure("interrupted", e);
        }
    }

    /** This program is being ended: nothing of the broker stays behind. */
    private void abandon() {
        try {
            Process running = process;
            if (running != null) {
                running.destroyForcibly().waitFor();
            }
            removeDirectory();
        } catch (LoadFailure e) {
            // There is nobody left to tell.
            assert e != null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws LoadFailure {
        try {
            if (process != null && process.isAlive()) {
                stop();
            }
        } finally {
            removeDirectory();
        }
    }

    private void removeDirectory() throws LoadFailure {
        if (directory == null || !Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new LoadFailure("cannot remove " + directory + ": " + LoadFailure.lineOf(e), e);
        }
    }
}
