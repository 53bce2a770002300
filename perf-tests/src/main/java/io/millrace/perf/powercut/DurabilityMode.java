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
    /** Reached within the first cuts of a file system: from then on expired files become the next segments. */
    private static final long RETENTION_BYTES = 1L << 20;
    /** Longer than a segment takes to fill, so that a file is still there when the next segment wants it. */
    private static final long DELETE_DELAY_MS = 1_000;
    /** A copy of all files has to fit the heap, with a few dozen expired ones. */
    private static final int INDEX_BYTES_MAX = 1 << 20;

    /** Small segments, so that rolls happen all the time. */
    LogConfig config() {
        LogConfig.Builder builder = LogConfig.builder()
                .segmentBytes(SEGMENT_BYTES)
                .retentionBytes(RETENTION_BYTES)
                .indexBytesMax(INDEX_BYTES_MAX)
                .fileDeleteDelayMs(DELETE_DELAY_MS);
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
