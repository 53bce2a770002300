package io.millrace.perf.scenario;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What can be run against a broker; each is a command. */
public enum Kind {
    PRODUCE("Produces: as fast as it goes, or at a fixed rate with --rate.", "readers=0"),
    END_TO_END(
            "Produces at a fixed rate and reads: latency from the time a record was due to its reader.", "rate=1000"),
    FAN_OUT("One writer at a fixed rate, several readers of all.", "rate=1000 readers=10"),
    CATCH_UP("Reads what was written before, as fast as it goes, again and again.", "readers=1"),
    MIXED("Readers of the tail at a fixed rate while a cold reader reads old records.", "rate=1000"),
    STARTUP("Start to the first acknowledged record: empty, after a clean stop, after kill -9.", "acks=all"),
    PARTITIONS(
            "1, 10, 100 … up to --partitions: creation, first touch, settled, what they cost.",
            "partitions=1000 seconds=5 warm-up=2"),
    IDLE("Left alone after its first record: memory, threads, processor.", "warm-up=5 seconds=20"),
    KAFKA_TOOLS(
            "Kafka's own kafka-producer-perf-test, --preload-mb of records, and kafka-e2e-latency.",
            "path=real acks=all"),
    SOAK(
            "A rate over a long time with faults on a schedule; counts what was acknowledged and not read.",
            "path=real rate=1000 acks=all seconds=3600 kill-every=600 pause-every=300");

    private final String words;
    private final String defaults;

    Kind(String words, String defaults) {
        this.words = words;
        this.defaults = defaults;
    }

    /** What it does, one sentence. */
    public String words() {
        return words;
    }

    /** The options in which it differs from the general defaults. */
    public Map<String, String> defaults() {
        return Arrays.stream(defaults.split(" "))
                .map(option -> option.split("=", 2))
                .collect(Collectors.toMap(option -> option[0], option -> option[1]));
    }

    /** Whether it is one steady load, of which a recording of the broker's JVM says something. */
    public boolean loads() {
        return switch (this) {
            case PRODUCE, END_TO_END, FAN_OUT, CATCH_UP, MIXED -> true;
            case STARTUP, PARTITIONS, SOAK, IDLE, KAFKA_TOOLS -> false;
        };
    }

    /** The name of its command. */
    public String command() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The kind with a name.
     *
     * @throws IllegalArgumentException with the names that there are
     */
    public static Kind named(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.command().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no kind of load is called " + name + "; there are "
                        + Arrays.stream(values()).map(Kind::command).collect(Collectors.joining(", "))));
    }
}
