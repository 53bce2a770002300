package io.millrace.log;

import java.util.stream.LongStream;

/**
 * How often the housekeeping of a data directory does what, in milliseconds, with Kafka's names and defaults. 0 is: in
 * every round.
 *
 * @param retentionMs {@code log.retention.check.interval.ms}
 * @param expiryMs {@code producer.id.expiration.check.interval.ms}
 * @param recoveryPointMs {@code log.flush.offset.checkpoint.interval.ms}
 * @param logStartMs {@code log.flush.start.offset.checkpoint.interval.ms}
 * @param highWatermarkMs {@code replica.high.watermark.checkpoint.interval.ms}
 */
public record HousekeepingIntervals(
        long retentionMs, long expiryMs, long recoveryPointMs, long logStartMs, long highWatermarkMs) {
    /** Kafka's defaults. */
    public static final HousekeepingIntervals DEFAULTS =
            new HousekeepingIntervals(300_000, 600_000, 60_000, 60_000, 5_000);

    private static final long PERIOD_MAX_MS = 1_000;
    private static final long PERIOD_MIN_MS = 10;

    /** Checks the ranges. */
    public HousekeepingIntervals {
        if (shortest(retentionMs, expiryMs, recoveryPointMs, logStartMs, highWatermarkMs) < 0) {
            throw new IllegalArgumentException("an interval of the housekeeping is negative");
        }
    }

    /** How often to look whether something is due: often enough for the shortest interval, and for what has none. */
    long periodMs() {
        long wanted = shortest(retentionMs, expiryMs, recoveryPointMs, logStartMs, highWatermarkMs);
        return Math.max(PERIOD_MIN_MS, Math.min(PERIOD_MAX_MS, wanted));
    }

    private static long shortest(long first, long... others) {
        return Math.min(first, LongStream.of(others).min().orElse(first));
    }
}
