package io.millrace.perf;

/** What is measured, in what unit, and which way is better. The order is that of the report. */
enum Figure {
    START_MS("start to the first acknowledged record", "ms", false),
    START_CPU_MS("processor time of that start", "ms", false),
    IDLE_RSS_MB("resident memory, idle after the first record", "MB", false),
    IDLE_THREADS("threads, idle", "threads", false),
    PRODUCE_MB_S("kafka-producer-perf-test, records of 1 KiB, acks=all", "MB/s", true),
    PRODUCE_P99_MS("the same, 99th percentile of its latency", "ms", false),
    SERVER_CPU_MS_PER_MB("the same, processor time of the server for a MB", "ms/MB", false),
    E2E_TOOL_AVG_MS("kafka-e2e-latency, acks=1, average", "ms", false),
    OPEN_LOOP_P50_MS("end to end at a fixed rate, linger.ms=0, 50th percentile", "ms", false),
    OPEN_LOOP_P99_MS("the same, 99th percentile", "ms", false),
    OPEN_LOOP_P999_MS("the same, 99.9th percentile", "ms", false),
    OPEN_LOOP_MAX_MS("the same, maximum", "ms", false),
    LOADED_RSS_MB("resident memory after the load", "MB", false);

    private final String words;
    private final String unit;
    private final boolean moreIsBetter;

    Figure(String words, String unit, boolean moreIsBetter) {
        this.words = words;
        this.unit = unit;
        this.moreIsBetter = moreIsBetter;
    }

    String words() {
        return words;
    }

    String unit() {
        return unit;
    }

    boolean moreIsBetter() {
        return moreIsBetter;
    }
}
