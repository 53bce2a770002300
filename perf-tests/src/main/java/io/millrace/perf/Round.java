package io.millrace.perf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** All figures of one server, from its start on an empty directory to its stop. Used by one thread. */
final class Round {
    private static final double NS_PER_MS = 1e6;

    private final Load load;
    private final Map<Figure, Double> figures = new EnumMap<>(Figure.class);

    private Round(Load load) {
        this.load = load;
    }

    static Map<Figure, Double> measure(ServerKind kind, Path jar, Path directory, Load load)
            throws IOException, InterruptedException {
        Round round = new Round(load);
        try (Server server = Server.start(kind, jar, directory, load.jvmFlags())) {
            round.measure(server);
        }
        return round.figures;
    }

    private void measure(Server server) throws IOException, InterruptedException {
        figures.put(Figure.START_MS, FirstRecord.awaitMs(server, "first"));
        figures.put(Figure.START_CPU_MS, server.processorMs());
        measureIdle(server);
        createTopics(server);
        measureThroughput(server);
        figures.put(
                Figure.E2E_TOOL_AVG_MS,
                KafkaTools.roundTripMs(server.bootstrap(), "ping-pong", load.pingPongRecords()));
        measureOpenLoop(server);
        figures.put(Figure.LOADED_RSS_MB, server.residentMb());
    }

    private void measureIdle(Server server) throws IOException {
        long untilNs = System.nanoTime() + load.idle().toNanos();
        while (System.nanoTime() < untilNs) {
            LockSupport.parkNanos(untilNs - System.nanoTime());
        }
        figures.put(Figure.IDLE_RSS_MB, server.residentMb());
        figures.put(Figure.IDLE_THREADS, server.threads());
    }

    private static void createTopics(Server server) throws IOException, InterruptedException {
        List<NewTopic> topics = List.of(topic("throughput"), topic("ping-pong"), topic("open-loop"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", server.bootstrap()))) {
            admin.createTopics(topics).all().get(60, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("topics not made", e);
        }
    }

    private static NewTopic topic(String name) {
        return new NewTopic(name, 1, (short) 1);
    }

    private void measureThroughput(Server server) throws IOException, InterruptedException {
        double processorMs = server.processorMs();
        KafkaTools.Produced produced = KafkaTools.produce(server.bootstrap(), "throughput", load.produceRecords());
        double mb = load.produceRecords() * (double) Load.RECORD_BYTES / (1 << 20);
        figures.put(Figure.PRODUCE_MB_S, produced.mbPerSecond());
        figures.put(Figure.PRODUCE_P99_MS, produced.p99Ms());
        figures.put(Figure.SERVER_CPU_MS_PER_MB, (server.processorMs() - processorMs) / mb);
    }

    private void measureOpenLoop(Server server) throws IOException, InterruptedException {
        Histogram latencies = OpenLoop.run(server.bootstrap(), "open-loop", load.ratePerSecond(), load.openLoop());
        figures.put(Figure.OPEN_LOOP_P50_MS, latencies.getValueAtPercentile(50) / NS_PER_MS);
        figures.put(Figure.OPEN_LOOP_P99_MS, latencies.getValueAtPercentile(99) / NS_PER_MS);
        figures.put(Figure.OPEN_LOOP_P999_MS, latencies.getValueAtPercentile(99.9) / NS_PER_MS);
        figures.put(Figure.OPEN_LOOP_MAX_MS, latencies.getMaxValue() / NS_PER_MS);
    }
}
