package io.millrace.log;

/**
 * What the directory knows about a log before it is opened.
 *
 * @param cleanShutdown true where the directory was closed in order: the log is opened without reading it
 * @param recoveryPoint everything below this offset is known to have been forced to disk; recovery scans from here
 * @param logStartOffset first offset a client may read, from the checkpoint; the first segment's base offset if larger
 * @param compacted the log has been compacted, so that offsets may be missing in every segment but the last
 * @param usedByOthers another program had the directory since this engine closed it: what this engine remembers about the log beside
 *     Kafka's files may be of other records
 */
public record OpenState(
        boolean cleanShutdown, long recoveryPoint, long logStartOffset, boolean compacted, boolean usedByOthers) {
    /** A new log, or one about which nothing is known: scanned from its start. */
    public static final OpenState UNKNOWN = new OpenState(false, 0L, 0L);

    /** A log that was never compacted, in a directory that nobody else has used. */
    public OpenState(boolean cleanShutdown, long recoveryPoint, long logStartOffset) {
        this(cleanShutdown, recoveryPoint, logStartOffset, false, false);
    }
}
