package io.millrace.log;

/** Who appends: decides which checks a batch has to pass. */
public enum AppendOrigin {
    /** A producer: no control batches, sequences are checked. */
    CLIENT,
    /** A coordinator of this broker: may write control batches. */
    COORDINATOR,
    /** The library's appender, which has made the batch and its checksum in this process a moment ago: not computed again. */
    LIBRARY,
    /** A copy of what a leader has accepted: offsets and epochs are given, sequences are taken as they are. */
    REPLICATION
}
