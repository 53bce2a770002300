package io.millrace.log;

import io.millrace.log.compact.CleaningReport;
import io.millrace.log.scrub.ScrubReport;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;

/**
 * What an operator or an owner wants to hear of. Every method does nothing by default. Called on whichever thread
 * met the event, sometimes under the log's lock: it must be short and must not call the log.
 *
 * <p>{@code log} is the directory of the partition ({@code <topic>-<partition>}); its parent is the data directory.
 */
public interface LogListener {
    /** Hears nothing. */
    LogListener NONE = new LogListener() {};

    /** A segment was made: the first one of a new log, or one that a roll or a truncation begins. */
    default void segmentCreated(Path log, long baseOffset) {}

    /** A segment was sealed and another one begun at {@code baseOffset}. */
    default void segmentRolled(Path log, long baseOffset) {}

    /** A segment has left the log; {@code reason} in words: retention time, retention size, log start offset, truncation. */
    default void segmentDeleted(Path log, long baseOffset, long bytes, String reason) {}

    /**
     * Recovery cut what an unclean stop had left half written.
     *
     * @param fromOffset the log ends here now
     * @param position byte position of the cut in the segment's file
     * @param bytes bytes that were cut, trailing zeros of a preallocated file not counted
     * @param reason what was wrong with the first batch that was cut
     */
    default void tornTailCut(Path log, long fromOffset, long position, long bytes, String reason) {}

    /** A cleaning of a compacted log was completed. */
    default void cleaned(Path log, CleaningReport report) {}

    /** A compacted log is not cleaned any more until it is opened again; it is unharmed, and grows. */
    default void notCleanable(Path log, String reason) {}

    /** A pass of the scrub over a data directory has come to its end; damage was told before, as {@link #failed}. */
    default void scrubbed(Path dataDirectory, ScrubReport report) {}

    /** A log was recovered after an unclean stop. */
    default void recovered(Path log, int segments, long bytes, long elapsedNs) {}

    /** An index was missing or did not fit its segment and was made anew. */
    default void indexRebuilt(Path log, long baseOffset, String reason) {}

    /** The log is offline until it is opened again: an I/O error, or a force that failed. */
    default void failed(Path log, StorageException cause) {}

    /** Something in the background could not be done (a file not trimmed or removed); the log itself is unharmed. */
    default void backgroundFailure(Path file, StorageException cause) {}

    /** The disk is full: appends are refused, reads go on. Told once until {@link #spaceBack}. */
    default void spaceLow(Path log, StorageException cause) {}

    /** Appends succeed again after {@link #spaceLow}. */
    default void spaceBack(Path log) {}

    /**
     * The file system of a data directory cannot promise that reserved blocks can be written (copy on write, a network): appends go
     * through the channel there, which is safe and slower. Told once.
     */
    default void reservationsDoNotHold(Path dataDirectory) {}

    /** Of the {@code total} logs of a data directory that is being opened, {@code done} have been. Told from several threads. */
    default void recoveryProgress(Path dataDirectory, int done, int total) {}
}
