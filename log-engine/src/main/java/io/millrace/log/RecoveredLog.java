package io.millrace.log;

import org.jspecify.annotations.Nullable;

/**
 * What opening a log had to do.
 *
 * @param scannedSegments segments that were read batch by batch; 0 after a clean stop
 * @param scannedBytes bytes in them
 * @param cutBytes bytes of half written batches that were cut, zeros of a reservation not counted
 * @param cutReason what was wrong with the first of them, null where nothing was cut
 * @param rebuiltIndexes segments whose indexes did not fit and were made anew, those of scanned segments not counted
 * @param elapsedNs how long it took
 */
public record RecoveredLog(
        int scannedSegments,
        long scannedBytes,
        long cutBytes,
        @Nullable String cutReason,
        int rebuiltIndexes,
        long elapsedNs) {}
