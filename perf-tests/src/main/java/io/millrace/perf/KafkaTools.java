package io.millrace.perf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Kafka's own load tools, each in a JVM of its own, with their printed results. Stateless. */
final class KafkaTools {
    private static final Pattern PRODUCED =
            Pattern.compile("records sent, [0-9.]+ records/sec \\(([0-9.]+) MB/sec\\).* ([0-9]+) ms 99th");
    private static final Pattern ROUND_TRIP = Pattern.compile("Avg latency: ([0-9.]+) ms");

    private KafkaTools() {}

    /** Throughput and latency that kafka-producer-perf-test reports. */
    record Produced(double mbPerSecond, double p99Ms) {}

    /** The producer's own defaults, as fast as it goes. */
    static Produced produce(String bootstrap, String topic, int records) throws IOException, InterruptedException {
        String output = run(
                "org.apache.kafka.tools.ProducerPerformance",
                List.of(
                        "--bootstrap-server",
                        bootstrap,
                        "--topic",
                        topic,
                        "--num-records",
                        Integer.toString(records),
                        "--record-size",
                        Integer.toString(Load.RECORD_BYTES),
                        "--throughput",
                        "-1",
                        "--command-property",
                        "acks=all"));
        Matcher matcher = last(PRODUCED, output);
        return new Produced(Double.parseDouble(matcher.group(1)), Double.parseDouble(matcher.group(2)));
    }

    /** Average of one record at a time, sent and received, in milliseconds. */
    static double roundTripMs(String bootstrap, String topic, int records) throws IOException, InterruptedException {
        String output = run(
                "org.apache.kafka.tools.EndToEndLatency",
                List.of(
                        "--bootstrap-server",
                        bootstrap,
                        "--topic",
                        topic,
                        "--num-records",
                        Integer.toString(records),
                        "--producer-acks",
                        "1",
                        "--record-size",
                        Integer.toString(Load.RECORD_BYTES)));
        return Double.parseDouble(last(ROUND_TRIP, output).group(1));
    }

    private static String run(String mainClass, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(ServerKind.java(List.of("-Xmx512m")));
        command.addAll(List.of("-cp", ServerKind.classPath(), mainClass));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(mainClass + " failed:\n" + output);
        }
        return output;
    }

    /** The last match: the tools print progress in the words of the result. */
    private static Matcher last(Pattern pattern, String output) throws IOException {
        Matcher matcher = pattern.matcher(output);
        int end = -1;
        while (matcher.find()) {
            end = matcher.start();
        }
        if (end < 0 || !matcher.find(end)) {
            throw new IOException("no result in:\n" + output);
        }
        return matcher;
    }
}
