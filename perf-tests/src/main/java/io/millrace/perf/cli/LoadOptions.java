package io.millrace.perf.cli;

import io.millrace.perf.load.LoadSpec;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** The options that shape a load, as text under their names: what a scenario file says too, and what a flag overrides. */
final class LoadOptions {
    private final Map<String, String> given = new TreeMap<>();

    /** The load: a command's own defaults, over them a scenario's values, over those what was given here. */
    LoadSpec spec(Map<String, String> defaults, Map<String, String> scenario) {
        Map<String, String> merged = new TreeMap<>(defaults);
        merged.putAll(scenario);
        merged.putAll(given);
        return LoadSpec.of(merged);
    }

    @Option(
            names = "--path",
            paramLabel = "lean|real",
            description = "Pre-encoded requests on sockets, or kafka-clients (lean).")
    void path(String value) {
        given.put("path", value);
    }

    @Option(names = "--record-size", paramLabel = "BYTES", description = "Of a record's value (1024).")
    void recordSize(String value) {
        given.put("record-size", value);
    }

    @Option(names = "--batch", paramLabel = "RECORDS", description = "Records in a request, lean path (1).")
    void batch(String value) {
        given.put("batch", value);
    }

    @Option(names = "--key-size", paramLabel = "BYTES", description = "Of a record's key; 0 is none (0).")
    void keySize(String value) {
        given.put("key-size", value);
    }

    @Option(names = "--compression", paramLabel = "CODEC", description = "none, gzip, snappy, lz4, zstd (none).")
    void compression(String value) {
        given.put("compression", value);
    }

    @Option(names = "--acks", paramLabel = "1|all", description = "What an answer promises (1).")
    void acks(String value) {
        given.put("acks", value);
    }

    @Option(names = "--connections", paramLabel = "N", description = "Sockets that produce; real: producers (1).")
    void connections(String value) {
        given.put("connections", value);
    }

    @Option(names = "--in-flight", paramLabel = "N", description = "Requests without an answer on a connection (32).")
    void inFlight(String value) {
        given.put("in-flight", value);
    }

    @Option(names = "--partitions", paramLabel = "N", description = "Of the topic; requests go round them (1).")
    void partitions(String value) {
        given.put("partitions", value);
    }

    @Option(names = "--readers", paramLabel = "N", description = "Who each read all partitions.")
    void readers(String value) {
        given.put("readers", value);
    }

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Open loop: requests (real: records) a second in all, latency from the time each was due."
                    + " Without it a closed loop, as fast as it goes.")
    void rate(String value) {
        given.put("rate", value);
    }

    @Option(names = "--warm-up", paramLabel = "SECONDS", description = "Not measured (10).")
    void warmUp(String value) {
        given.put("warm-up", value);
    }

    @Option(names = "--seconds", paramLabel = "SECONDS", description = "Measured (10).")
    void seconds(String value) {
        given.put("seconds", value);
    }

    @Option(names = "--preload-mb", paramLabel = "MIB", description = "Written before cold readers start (512).")
    void preloadMb(String value) {
        given.put("preload-mb", value);
    }

    @Option(names = "--linger-ms", paramLabel = "MS", description = "Of the real producer (5, Kafka's default).")
    void lingerMs(String value) {
        given.put("linger-ms", value);
    }

    @Option(names = "--kill-every", paramLabel = "SECONDS", description = "soak: kill -9 and start; 0 is never.")
    void killEvery(String value) {
        given.put("kill-every", value);
    }

    @Option(names = "--pause-every", paramLabel = "SECONDS", description = "soak: the broker stands still; 0 is never.")
    void pauseEvery(String value) {
        given.put("pause-every", value);
    }

    @Option(names = "--pause-ms", paramLabel = "MS", description = "soak: how long it stands still (2000).")
    void pauseMs(String value) {
        given.put("pause-ms", value);
    }
}
