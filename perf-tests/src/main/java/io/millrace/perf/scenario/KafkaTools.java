package io.millrace.perf.scenario;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Metric;
import io.millrace.perf.load.Topic;
import io.millrace.perf.target.Cluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kafka's own {@code kafka-producer-perf-test} and {@code kafka-e2e-latency}, each in a JVM of its own; the figures are the ones that they
 * print. Used by one thread.
 */
final class KafkaTools {
    private static final Pattern PRODUCED =
            Pattern.compile("records sent, [0-9.]+ records/sec \\(([0-9.]+) MB/sec\\).* ([0-9]+) ms 99th");
    private static final Pattern ROUND_TRIP = Pattern.compile("Avg latency: ([0-9.]+) ms");
    private static final int ROUND_TRIPS_PER_SECOND = 250;

    private final Bench bench;
    private final LoadSpec spec;

    KafkaTools(Bench bench, LoadSpec spec) {
        this.bench = bench;
        this.spec = spec;
    }

    Measurement measure() throws LoadFailure {
        Map<Metric, Double> figures = new LinkedHashMap<>();
        try (Cluster cluster = bench.connect()) {
            Topic topic = Bench.topic(cluster, Kind.KAFKA_TOOLS, spec.width().partitions());
            Optional<Usage> usage = bench.broker().process().flatMap(Usage::begin);
            measureProducer(topic.name(), figures);
            usage.flatMap(Usage::end)
                    .ifPresent(spent -> figures.put(
                            Metric.less("broker processor for a MB produced", "ms"),
                            spent.processorSeconds() * 1e3 / spec.timing().preloadMb()));
            measureRoundTrips(Bench.topic(cluster, Kind.KAFKA_TOOLS, 1).name(), figures);
        }
        return Measurement.ofFigures(figures);
    }

    /** The producer's own defaults, as fast as it goes, {@code --preload-mb} of records. */
    private void measureProducer(String topic, Map<Metric, Double> figures) throws LoadFailure {
        long records = ((long) spec.timing().preloadMb() << 20) / spec.shape().recordBytes();
        String output = run(
                "org.apache.kafka.tools.ProducerPerformance",
                "--bootstrap-server " + bench.broker().bootstrap() + " --topic " + topic + " --num-records " + records
                        + " --record-size " + spec.shape().recordBytes() + " --throughput -1 --command-property acks="
                        + (spec.acks() == -1 ? "all" : Short.toString(spec.acks())));
        Matcher produced = last(PRODUCED, output);
        figures.put(Metric.more("kafka-producer-perf-test", "MB/s"), Double.parseDouble(produced.group(1)));
        figures.put(Metric.less("kafka-producer-perf-test p99", "ms"), Double.parseDouble(produced.group(2)));
    }

    /** One record at a time, sent and received. */
    private void measureRoundTrips(String topic, Map<Metric, Double> figures) throws LoadFailure {
        long records = ROUND_TRIPS_PER_SECOND * spec.timing().measured().toSeconds();
        String output = run(
                "org.apache.kafka.tools.EndToEndLatency",
                "--bootstrap-server " + bench.broker().bootstrap() + " --topic " + topic + " --num-records " + records
                        + " --producer-acks 1 --record-size " + spec.shape().recordBytes());
        figures.put(
                Metric.less("kafka-e2e-latency, acks=1, average", "ms"),
                Double.parseDouble(last(ROUND_TRIP, output).group(1)));
    }

    private static String run(String mainClass, String arguments) throws LoadFailure {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(List.of(arguments.split(" ")));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new LoadFailure(mainClass + " failed: "
                        + output.lines().reduce((first, second) -> second).orElse("it printed nothing"));
            }
            return output;
        } catch (IOException e) {
            throw new LoadFailure(mainClass + " cannot be run: " + LoadFailure.lineOf(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoadFailure("interrupted", e);
        }
    }

    /** The last match: the tools print progress in the words of the result. */
    private static Matcher last(Pattern pattern, String output) throws LoadFailure {
        Matcher matcher = pattern.matcher(output);
        int end = -1;
        while (matcher.find()) {
            end = matcher.start();
        }
        if (end < 0 || !matcher.find(end)) {
            throw new LoadFailure("no result in what the tool printed: "
                    + output.lines().reduce((first, second) -> second).orElse("nothing"));
        }
        return matcher;
    }
}
