package io.millrace.perf;

import java.time.Duration;
import java.util.List;

/**
 * How much of everything a run does.
 *
 * @param rounds interleaved rounds of both servers
 * @param produceRecords records of 1 KiB for kafka-producer-perf-test
 * @param pingPongRecords records for kafka-e2e-latency
 * @param ratePerSecond records of 1 KiB a second of the open loop
 * @param openLoop how long the open loop is measured, after a warm-up of a quarter of it
 * @param idle how long the server is left alone before its memory is read
 * @param jvmFlags given to both servers
 */
record Load(
        int rounds,
        int produceRecords,
        int pingPongRecords,
        int ratePerSecond,
        Duration openLoop,
        Duration idle,
        List<String> jvmFlags) {
    static final int RECORD_BYTES = 1_024;

    Load {
        jvmFlags = List.copyOf(jvmFlags);
    }
}
