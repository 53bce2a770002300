package io.millrace.perf.scale;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What many partitions cost a node: creation through the admin client, an idle node, stop, start after the stop, start after SIGKILL.
 * A start is over when a record is acknowledged.
 *
 * <p>From the root of the repository, after {@code mvn package}:
 * {@code java -cp perf-tests/target/perf-tests.jar io.millrace.perf.scale.BrokerScale --partitions 1,1000,5000}
 */
@Command(
        name = "broker-scale",
        mixinStandardHelpOptions = true,
        description = "Measures how a node grows with the number of its partitions.")
public final class BrokerScale implements Callable<Integer> {
    private static final int PARTITIONS_OF_TOPIC_MAX = 100;
    private static final int BOUND_SECONDS = 300;
    private static final long IDLE_MS = 10_000;
    private static final long CLOCK_TICKS_PER_SECOND = 100;

    @Option(
            names = "--partitions",
            split = ",",
            defaultValue = "1,100,1000,5000",
            description = "How many partitions, in turn (${DEFAULT-VALUE}).")
    private List<Integer> counts = new ArrayList<>();

    @Option(
            names = "--jar",
            defaultValue = "broker-shell/target/millrace.jar",
            description = "The node (${DEFAULT-VALUE}).")
    private Path jar = Path.of("");

    @Mixin
    private ScaleOptions options = new ScaleOptions();

    private int port;
    private Path directory = Path.of("");
    private @Nullable Process node;

    /** Runs the command line and exits with its code. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BrokerScale()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Map<Integer, Map<String, Long>> figures = new LinkedHashMap<>();
        for (int count : counts) {
            figures.put(count, measure(count));
            System.out.println(count + " " + figures.get(count));
        }
        options.write("{" + ScaleOptions.members(figures) + "}\n");
        return 0;
    }

    private Map<String, Long> measure(int count) throws Exception {
        directory = options.makeDirectory();
        port = freePort();
        writeProperties(freePort());
        Map<String, Long> figures = new LinkedHashMap<>();
        try {
            start("first", figures);
            long startNs = System.nanoTime();
            create(count);
            figures.put("createMs", millisSince(startNs));
            probe("idle", figures);
            stop(figures);
            start("cleanStart", figures);
            appendToAll(count);
            probe("appended", figures);
            kill();
            start("crashStart", figures);
            stop(new LinkedHashMap<>());
            return figures;
        } finally {
            kill();
            ScaleOptions.remove(directory);
        }
    }

    private void writeProperties(int controllerPort) throws IOException {
        List<String> lines = List.of(
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.voters=1@127.0.0.1:" + controllerPort,
                "controller.listener.names=CONTROLLER",
                "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "log.dirs=" + directory.resolve("data"),
                "offsets.topic.replication.factor=1");
        Files.write(directory.resolve("server.properties"), lines);
    }

    private void start(String name, Map<String, Long> figures) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options.jvmFlags());
        command.addAll(List.of("-jar", jar.toString(), "start", "--config"));
        command.add(directory.resolve("server.properties").toString());
        long startNs = System.nanoTime();
        Process started = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".txt").toFile())
                .start();
        node = started;
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly, "reaper-" + started.pid()));
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            await(producer.send(new ProducerRecord<>("started", new byte[100])), started, name);
        }
        figures.put(name + "Ms", millisSince(startNs));
        figures.put(name + "Cpu", processorMs(started));
    }

    private void await(Future<?> acknowledgement, Process started, String name) throws Exception {
        for (int second = 0; second < BOUND_SECONDS; second++) {
            try {
                acknowledgement.get(1, TimeUnit.SECONDS);
                return;
            } catch (TimeoutException e) {
                if (!started.isAlive()) {
                    break;
                }
            } catch (ExecutionException e) {
                throw new IOException("a record was refused", e);
            }
        }
        throw new IOException("the node did not start:\n" + Files.readString(directory.resolve(name + ".txt")));
    }

    private KafkaProducer<byte[], byte[]> producer() {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap(),
                // The client asks again every 20 ms, so that its own waiting is not measured.
                "reconnect.backoff.ms", "20",
                "reconnect.backoff.max.ms", "20",
                "retry.backoff.ms", "20",
                "retry.backoff.max.ms", "20",
                "delivery.timeout.ms", Integer.toString(BOUND_SECONDS * 1_000),
                "max.block.ms", Integer.toString(BOUND_SECONDS * 1_000));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private String bootstrap() {
        return "127.0.0.1:" + port;
    }

    /** Topics of up to a hundred partitions, in one request; every partition has a leader at the end. */
    private void create(int count) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (int made = 0; made < count; made += PARTITIONS_OF_TOPIC_MAX) {
            int partitions = Math.min(PARTITIONS_OF_TOPIC_MAX, count - made);
            topics.add(new NewTopic(topic(made), partitions, (short) 1));
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap(), "request.timeout.ms", "120000"))) {
            admin.createTopics(topics).all().get(BOUND_SECONDS, TimeUnit.SECONDS);
        }
        appendToAll(count);
    }

    private static String topic(int firstPartition) {
        return "scale-" + firstPartition / PARTITIONS_OF_TOPIC_MAX;
    }

    private void appendToAll(int count) throws Exception {
        List<Future<?>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(
                        new ProducerRecord<>(topic(i), i % PARTITIONS_OF_TOPIC_MAX, null, new byte[100])));
            }
            for (Future<?> each : sent) {
                each.get(BOUND_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    private void probe(String when, Map<String, Long> figures) throws IOException, InterruptedException {
        Process running = running();
        Thread.sleep(IDLE_MS); // what the last step began, such as the collection of an idle node, comes to its end
        long startCpuMs = processorMs(running);
        Thread.sleep(IDLE_MS);
        figures.put(when + "CpuPermille", (processorMs(running) - startCpuMs) * 1_000 / IDLE_MS);
        Path proc = Path.of("/proc", Long.toString(running.pid()));
        try (Stream<Path> handles = Files.list(proc.resolve("fd"));
                Stream<String> mappings = Files.lines(proc.resolve("maps"))) {
            figures.put(when + "Handles", handles.count());
            figures.put(when + "Mappings", mappings.count());
        }
        try (Stream<String> lines = Files.lines(proc.resolve("status"))) {
            figures.put(
                    when + "ResidentKib",
                    lines.filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum());
        }
        figures.put(when + "DiskBytes", Probe.diskBytes(directory.resolve("data")));
    }

    private Process running() {
        Process running = node;
        if (running == null) {
            throw new IllegalStateException("no node");
        }
        return running;
    }

    /** User and system time so far: fields 14 and 15 of /proc/pid/stat, counted after the name, which may hold blanks. */
    private static long processorMs(Process process) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        long ticks = Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12));
        return ticks * 1_000 / CLOCK_TICKS_PER_SECOND;
    }

    private void stop(Map<String, Long> figures) throws IOException, InterruptedException {
        Process running = running();
        long startNs = System.nanoTime();
        running.destroy();
        if (!running.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("the node did not stop");
        }
        figures.put("stopMs", millisSince(startNs));
    }

    private void kill() throws InterruptedException {
        Process running = node;
        if (running != null) {
            running.destroyForcibly();
            running.waitFor();
        }
    }

    private static long millisSince(long startNs) {
        return (System.nanoTime() - startNs) / 1_000_000;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
