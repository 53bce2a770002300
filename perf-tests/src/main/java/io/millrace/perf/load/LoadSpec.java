package io.millrace.perf.load;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * A load, complete and possible: every option has a value, and values that cannot be run were refused with the reason.
 *
 * @param path lean or real
 * @param acks what an answer promises: 1 or -1 (all)
 * @param shape one request
 * @param width how much of it at once
 * @param timing how fast and how long
 * @param faults what happens to the broker meanwhile
 * @param options every option as text, under its name: what a report repeats
 */
public record LoadSpec(
        LoadPath path,
        short acks,
        Shape shape,
        Width width,
        Timing timing,
        Faults faults,
        Map<String, String> options) {
    /**
     * One produce request.
     *
     * @param recordBytes bytes of a record's value
     * @param batchRecords records in its one batch
     * @param keyBytes bytes of a record's key, 0 for none
     * @param compression codec of the batch
     */
    public record Shape(int recordBytes, int batchRecords, int keyBytes, CompressionType compression) {
        /** Bytes of keys and values in a request, uncompressed: what MB/s counts. */
        public long payloadBytes() {
            return (long) batchRecords * (recordBytes + keyBytes);
        }
    }

    /**
     * How much at once.
     *
     * @param connections lean: sockets that produce; real: producers
     * @param inFlight requests without an answer on one of them
     * @param partitions of the topic
     * @param readers who each read all partitions
     */
    public record Width(int connections, int inFlight, int partitions, int readers) {}

    /**
     * How fast and how long.
     *
     * @param ratePerSecond open loop: requests (real: records) a second in all; 0 is a closed loop
     * @param warmUp what is not measured
     * @param measured what is
     * @param preloadMb written before the readers of old records start
     * @param lingerMs of the real producer
     */
    public record Timing(long ratePerSecond, Duration warmUp, Duration measured, int preloadMb, int lingerMs) {
        /** Whether requests are due at fixed times, whatever became of the ones before. */
        public boolean openLoop() {
            return ratePerSecond > 0;
        }
    }

    /**
     * What is done to the broker, on a schedule.
     *
     * @param killEverySeconds kill -9 and a start; 0 is never
     * @param pauseEverySeconds stand still; 0 is never
     * @param pauseMs how long it stands still
     */
    public record Faults(int killEverySeconds, int pauseEverySeconds, int pauseMs) {
        /** Whether there are any. */
        public boolean any() {
            return killEverySeconds > 0 || pauseEverySeconds > 0;
        }
    }

    /** The names of all options with the values that they have when nobody says otherwise. */
    public static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("path", "lean"),
            Map.entry("record-size", "1024"),
            Map.entry("batch", "1"),
            Map.entry("key-size", "0"),
            Map.entry("compression", "none"),
            Map.entry("acks", "1"),
            Map.entry("connections", "1"),
            Map.entry("in-flight", "32"),
            Map.entry("partitions", "1"),
            Map.entry("readers", "1"),
            Map.entry("warm-up", "10"),
            Map.entry("seconds", "10"),
            Map.entry("preload-mb", "512"),
            Map.entry("linger-ms", "5"),
            Map.entry("kill-every", "0"),
            Map.entry("pause-every", "0"),
            Map.entry("pause-ms", "2000"));

    /** Above this an interval is shorter than reading the clock is exact. */
    private static final long RATE_MAX = 10_000_000;

    /** A broker refuses larger requests unless it is told otherwise: {@code message.max.bytes}, with room for headers. */
    private static final long BATCH_BYTES_MAX = 64L << 20;

    public LoadSpec {
        options = Map.copyOf(options);
    }

    /**
     * Reads options by their names; those that are not given have their defaults.
     *
     * @throws IllegalArgumentException with the reason why the load is impossible
     */
    public static LoadSpec of(Map<String, String> given) {
        Options options = new Options(given);
        Shape shape = new Shape(
                options.between("record-size", 1, 1 << 26),
                options.between("batch", 1, 1_000_000),
                options.between("key-size", 0, 1 << 16),
                options.compression());
        Width width = new Width(
                options.between("connections", 1, 10_000),
                options.between("in-flight", 1, 1 << 16),
                options.between("partitions", 1, 1_000_000),
                options.between("readers", 0, 1_000));
        Timing timing = new Timing(
                options.rate(),
                options.seconds("warm-up", 0),
                options.seconds("seconds", 1),
                options.between("preload-mb", 1, 1 << 20),
                options.between("linger-ms", 0, 60_000));
        Faults faults = new Faults(
                options.between("kill-every", 0, 1_000_000),
                options.between("pause-every", 0, 1_000_000),
                options.between("pause-ms", 1, 600_000));
        LoadSpec spec = new LoadSpec(options.path(), options.acks(), shape, width, timing, faults, options.all());
        spec.requirePossible();
        return spec;
    }

    private void requirePossible() {
        if (shape.payloadBytes() > BATCH_BYTES_MAX) {
            throw new IllegalArgumentException("a batch of " + shape.batchRecords() + " records of "
                    + shape.recordBytes() + " bytes is more than " + (BATCH_BYTES_MAX >> 20) + " MiB in one request");
        }
        if (path == LoadPath.REAL && shape.batchRecords() > 1) {
            throw new IllegalArgumentException(
                    "--batch is for the lean path: a real producer makes its batches itself (--linger-ms)");
        }
    }

    /** The words of a progress line: lean, 1 x 1024 B, 32 in flight … */
    public String words() {
        return path.name().toLowerCase(Locale.ROOT) + ", " + shape.batchRecords() + "×" + shape.recordBytes() + " B"
                + (shape.keyBytes() == 0 ? "" : " with keys of " + shape.keyBytes() + " B")
                + (shape.compression() == CompressionType.NONE ? "" : " " + shape.compression().name)
                + ", acks=" + (acks == -1 ? "all" : Short.toString(acks)) + ", " + width.connections()
                + (path == LoadPath.LEAN ? " connections of " + width.inFlight() + " in flight" : " producers") + ", "
                + width.partitions() + " partitions"
                + (timing.openLoop() ? ", " + timing.ratePerSecond() + "/s" : ", closed loop");
    }

    /** Options by name, read as what they mean. Used by one thread, during construction. */
    private static final class Options {
        private final Map<String, String> values = new TreeMap<>(DEFAULTS);

        Options(Map<String, String> given) {
            given.forEach((name, value) -> {
                if (!DEFAULTS.containsKey(name) && !name.equals("rate")) {
                    throw new IllegalArgumentException("no such option: " + name);
                }
                values.put(name, value.trim());
            });
        }

        Map<String, String> all() {
            return values;
        }

        private String of(String name) {
            return values.getOrDefault(name, "");
        }

        int between(String name, int least, int most) {
            long value = number(name);
            if (value < least || value > most) {
                throw new IllegalArgumentException(
                        "--" + name + "=" + value + " is not between " + least + " and " + most);
            }
            return (int) value;
        }

        private long number(String name) {
            try {
                return Long.parseLong(of(name));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("--" + name + "=" + of(name) + " is not a whole number", e);
            }
        }

        Duration seconds(String name, int least) {
            return Duration.ofSeconds(between(name, least, 1_000_000));
        }

        long rate() {
            if (!values.containsKey("rate")) {
                return 0;
            }
            long rate = number("rate");
            if (rate < 1 || rate > RATE_MAX) {
                throw new IllegalArgumentException("--rate=" + rate + " is not between 1 and " + RATE_MAX
                        + " a second; leave it out for a closed loop");
            }
            return rate;
        }

        CompressionType compression() {
            try {
                return CompressionType.forName(of("compression"));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "--compression=" + of("compression") + " is none of none, gzip, snappy, lz4, zstd", e);
            }
        }

        short acks() {
            return switch (of("acks")) {
                case "1" -> 1;
                case "all", "-1" -> -1;
                case "0" ->
                    throw new IllegalArgumentException(
                            "--acks=0 has no answers: there is neither a latency nor a window to measure");
                default -> throw new IllegalArgumentException("--acks=" + of("acks") + " is none of 1, all");
            };
        }

        LoadPath path() {
            return switch (of("path")) {
                case "lean" -> LoadPath.LEAN;
                case "real" -> LoadPath.REAL;
                default -> throw new IllegalArgumentException("--path=" + of("path") + " is none of lean, real");
            };
        }
    }
}
