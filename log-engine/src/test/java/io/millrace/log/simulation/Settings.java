package io.millrace.log.simulation;

import io.millrace.log.HousekeepingIntervals;
import io.millrace.log.LogConfig;
import java.util.Random;

/**
 * What differs from history to history and stays within one.
 *
 * @param config of all logs
 * @param intervals of the housekeeping
 * @param partitions number of logs
 * @param steps length of the history
 * @param valueBytesMax size of the largest value of a record
 * @param aligned batches fill whole kilobytes
 * @param crashes the machine and the process end unexpectedly
 * @param faults files fail
 */
record Settings(
        LogConfig config,
        HousekeepingIntervals intervals,
        int partitions,
        int steps,
        int valueBytesMax,
        boolean aligned,
        boolean crashes,
        boolean faults) {
    private static final int[] SEGMENT_BYTES = {3_000, 12_000, 40_000, 300_000};

    static Settings random(Random random) {
        int segmentBytes = SEGMENT_BYTES[random.nextInt(SEGMENT_BYTES.length)] + random.nextInt(3_000);
        boolean retention = random.nextInt(3) == 0;
        LogConfig config = LogConfig.builder()
                .segmentBytes(segmentBytes)
                .segmentMs(random.nextInt(4) == 0 ? 60_000 : Long.MAX_VALUE)
                .indexIntervalBytes(random.nextInt(4) * 700)
                .indexBytesMax(120 + random.nextInt(4_000))
                .retentionMs(retention && random.nextBoolean() ? 120_000 : -1)
                .retentionBytes(retention ? 3L * segmentBytes : -1)
                .flushMessages(random.nextInt(3) == 0 ? 1 + random.nextInt(60) : Long.MAX_VALUE)
                .flushMs(random.nextInt(3) == 0 ? 1_000 : Long.MAX_VALUE)
                .fileDeleteDelayMs(random.nextInt(3) * 30_000L)
                .producerIdExpirationMs(Long.MAX_VALUE / 4)
                .timestampAfterMaxMs(Long.MAX_VALUE)
                .build();
        long interval = random.nextBoolean() ? 0 : 5_000;
        return new Settings(
                config,
                new HousekeepingIntervals(interval, interval, interval, interval, interval),
                1 + random.nextInt(2),
                60 + random.nextInt(200),
                random.nextInt(3) == 0 ? 3_000 : 300,
                random.nextInt(3) == 0,
                random.nextInt(8) > 0,
                random.nextInt(3) == 0);
    }

    /** The same with what the kind of the history asks for. */
    Settings with(Extras extras) {
        return switch (extras.kind()) {
            case PLAIN, TRANSACTIONS -> this;
            case COMPACTED -> with(compacted(extras), 300, steps + 50);
            case RECYCLED -> with(recycled(extras.random()), 12_000, steps + 100);
        };
    }

    private Settings with(LogConfig other, int valueBytes, int length) {
        return new Settings(other, intervals, partitions, length, valueBytes, aligned, crashes, faults);
    }

    /** Many small segments, so that there is always something to be cleaned; tombstones go at once or never. */
    private LogConfig compacted(Extras extras) {
        return config.toBuilder()
                .segmentBytes(2_000 + extras.random().nextInt(6_000))
                .deletePolicy(false)
                .compactPolicy(true)
                .retentionMs(-1)
                .retentionBytes(-1)
                .minCleanableDirtyRatio(0)
                .deleteRetentionMs(extras.tombstonesStay() ? Long.MAX_VALUE / 4 : 0)
                .build();
    }

    /** Files of smaller segments are not recycled. */
    private LogConfig recycled(Random random) {
        int segmentBytes = (128 << 10) + random.nextInt(40_000);
        return config.toBuilder()
                .segmentBytes(segmentBytes)
                .indexBytesMax(4_000)
                .retentionMs(-1)
                .retentionBytes((long) (segmentBytes * (0.5 + random.nextDouble())))
                .fileDeleteDelayMs(30_000)
                .build();
    }

    boolean tombstonesStay() {
        return config.deleteRetentionMs() > 0;
    }
}
