package io.millrace.log.scrub;

/**
 * How sealed segments are read again in the background.
 *
 * @param bytesPerSecond {@code millrace.log.scrub.bytes.per.second}: so much may be read; 0 for no scrub
 * @param intervalMs {@code millrace.log.scrub.interval.ms}: each segment once in that time; 0 for no scrub
 */
public record ScrubSettings(long bytesPerSecond, long intervalMs) {
    /** 8 MiB a second reads 9.6 TB in the two weeks. */
    public static final ScrubSettings DEFAULTS = new ScrubSettings(8L << 20, 14L * 24 * 3_600_000);

    /** Checks the ranges. */
    public ScrubSettings {
        if (bytesPerSecond < 0 || intervalMs < 0) {
            throw new IllegalArgumentException("a setting of the scrub is negative");
        }
    }

    /** Whether there is a scrub at all. */
    public boolean enabled() {
        return bytesPerSecond > 0 && intervalMs > 0;
    }
}
