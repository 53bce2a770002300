package io.millrace.log.compact;

import org.jspecify.annotations.Nullable;

/**
 * How the cleaning of one log stands. Counts are those of the cleaning that runs, or of the last one.
 *
 * @param state what is being done now
 * @param bytesMapped bytes read for the map of keys
 * @param bytesRead bytes of segments read to be cleaned
 * @param bytesWritten bytes of the segments that take their place
 * @param cleanings how many cleanings have been completed since the log was opened
 * @param dirtyRatio part of the log that had never been cleaned when this cleaning began, 0 to 1
 * @param cleanedTo every key below this offset was last compared by a completed cleaning; -1 before the first one
 * @param lastEndMs wall clock time of the end of the last completed cleaning, -1 before the first one
 * @param problem why it is not cleaned, null where it is
 */
public record CleaningStatus(
        State state,
        long bytesMapped,
        long bytesRead,
        long bytesWritten,
        int cleanings,
        double dirtyRatio,
        long cleanedTo,
        long lastEndMs,
        @Nullable String problem) {
    /** Nothing has been done yet. */
    public static final CleaningStatus NEVER = new CleaningStatus(State.IDLE, 0, 0, 0, 0, 0, -1, -1, null);

    /** What a log is doing. */
    public enum State {
        /** Nothing; it is cleaned when it is dirty enough. */
        IDLE,
        /** Keys of the dirty part are being mapped. */
        MAPPING,
        /** Segments are being written and swapped in. */
        CLEANING,
        /** It is left alone until it is opened again: see the problem. */
        UNCLEANABLE
    }
}
