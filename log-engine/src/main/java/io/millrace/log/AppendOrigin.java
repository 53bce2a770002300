package io.millrace.log;

/** Who appends: decides which checks a batch has to pass. */
public enum AppendOrigin {
    /** A producer: no control batches, sequences are checked. */
    CLIENT,
    /** A coordinator of this broker: may write control batches. */
    COORDINATOR,
    /** A copy of what a leader has accepted: offsets and epochs are given, sequences are taken as they are. */
    REPLICATION
}
