package io.millrace.log.compact;

/**
 * The settings of the cleaner, with Kafka's names and defaults.
 *
 * @param enabled {@code log.cleaner.enable}: nothing is ever cleaned without it
 * @param threads {@code log.cleaner.threads}: as many logs are cleaned at a time
 * @param dedupeBufferBytes {@code log.cleaner.dedupe.buffer.size}: memory of the key maps of all threads together
 * @param dedupeLoadFactor {@code log.cleaner.io.buffer.load.factor}: how full a key map may get, up to 1
 * @param ioBufferBytes {@code log.cleaner.io.buffer.size}: memory of the read and write buffers of all threads together; a batch that is
 *     larger than a thread's share makes that thread's buffers grow for as long as its log is cleaned
 * @param ioBytesPerSecond {@code log.cleaner.io.max.bytes.per.second}: what all threads together may read and write
 * @param backoffMs {@code log.cleaner.backoff.ms}: how long a thread rests that found nothing to clean
 */
public record CleanerSettings(
        boolean enabled,
        int threads,
        long dedupeBufferBytes,
        double dedupeLoadFactor,
        int ioBufferBytes,
        double ioBytesPerSecond,
        long backoffMs) {
    /** Kafka's defaults. */
    public static final CleanerSettings DEFAULTS =
            new CleanerSettings(true, 1, 128L << 20, 0.9, 512 << 10, Double.MAX_VALUE, 15_000);

    private static final int IO_BUFFER_BYTES_MIN = 4096;

    /** Checks the ranges. */
    public CleanerSettings {
        require(threads >= 0, "log.cleaner.threads", threads);
        require(dedupeLoadFactor > 0 && dedupeLoadFactor <= 1, "log.cleaner.io.buffer.load.factor", dedupeLoadFactor);
        require(ioBufferBytes >= 0, "log.cleaner.io.buffer.size", ioBufferBytes);
        require(ioBytesPerSecond > 0, "log.cleaner.io.max.bytes.per.second", ioBytesPerSecond);
        require(backoffMs >= 0, "log.cleaner.backoff.ms", backoffMs);
        require(
                dedupeBufferBytes / Math.max(1, threads) >= KeyOffsetMap.BYTES_MIN,
                "log.cleaner.dedupe.buffer.size",
                dedupeBufferBytes);
    }

    private static void require(boolean inRange, String name, Object value) {
        if (!inRange) {
            throw new IllegalArgumentException(name + "=" + value + " is out of range");
        }
    }

    /** Memory of one thread's key map. */
    public long mapBytes() {
        return dedupeBufferBytes / Math.max(1, threads);
    }

    /** Size of one thread's read buffer, and of its write buffer. */
    public int bufferBytes() {
        return Math.max(IO_BUFFER_BYTES_MIN, ioBufferBytes / Math.max(1, threads) / 2);
    }
}
