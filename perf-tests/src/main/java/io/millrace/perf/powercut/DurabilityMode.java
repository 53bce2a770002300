package io.millrace.perf.powercut;

import io.millrace.log.LogConfig;
import java.util.Locale;

/** What an acknowledgement waits for. */
enum DurabilityMode {
    /** The bytes are in the page cache. */
    PAGE_CACHE,
    /** The same, and the log is forced every so often. */
    INTERVAL,
    /** The bytes are on the disk. */
    SYNC;

    private static final int SEGMENT_BYTES = 256 << 10;
    private static final long INTERVAL_MS = 50;
    private static final long INTERVAL_MESSAGES = 2_000;
    private static final long RETENTION_BYTES = 16L << 20;

    /** Small segments, so that rolls happen all the time. */
    LogConfig config() {
        LogConfig.Builder builder = LogConfig.builder()
                .segmentBytes(SEGMENT_BYTES)
                .retentionBytes(RETENTION_BYTES)
                .fileDeleteDelayMs(100);
        if (this == INTERVAL) {
            builder.flushMs(INTERVAL_MS).flushMessages(INTERVAL_MESSAGES);
        }
        return builder.build();
    }

    static DurabilityMode of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
