package io.millrace.log;

import org.jspecify.annotations.Nullable;

/**
 * What opening a log took.
 *
 * @param segmentsScanned segments that were read batch by batch, 0 after a clean stop
 * @param bytesScanned bytes that were read so
 * @param bytesTruncated bytes of a torn tail that were cut, spare zeros not counted
 * @param truncationReason what was wrong with the first batch that was cut, null where nothing was
 * @param elapsedNs how long it took
 */
public record LogRecovery(
        int segmentsScanned,
        long bytesScanned,
        long bytesTruncated,
        @Nullable String truncationReason,
        long elapsedNs) {
    /** Nothing had to be read. */
    public static final LogRecovery NONE = new LogRecovery(0, 0, 0, null, 0);
}
