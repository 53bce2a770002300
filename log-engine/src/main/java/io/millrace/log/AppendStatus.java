package io.millrace.log;

/** How an append ended. Only {@link #APPENDED} has changed the log; nothing of a refused append is visible. */
public enum AppendStatus {
    /** All batches are in the log (page cache); offsets and time are in the result. */
    APPENDED,
    /** Batches of an idempotent producer that are in the log already; the result has the offsets they got then. */
    DUPLICATE,
    /** Length, CRC-32C, count or offsets of a batch do not fit each other. */
    CORRUPT,
    /** The batch is sound but not allowed here: control batch of a client, missing key in a compacted topic. */
    INVALID_RECORD,
    /** A record's timestamp is outside the topic's bounds, or of a type that a producer may not set. */
    INVALID_TIMESTAMP,
    /** A codec that does not exist. */
    UNSUPPORTED_COMPRESSION,
    /** Not record batch format v2. */
    UNSUPPORTED_MAGIC,
    /** A batch is larger than {@code max.message.bytes}, or the append larger than a segment. */
    TOO_LARGE,
    /** A sequence of an idempotent producer is missing before this one. */
    OUT_OF_ORDER_SEQUENCE,
    /** The producer has been fenced by a newer epoch of the same producer id. */
    INVALID_PRODUCER_EPOCH,
    /** A transactional batch or marker does not fit the state of its transaction. */
    INVALID_TXN_STATE,
    /** The leader epoch of the append is older than the newest in the log. */
    FENCED_EPOCH,
    /** A replicated batch does not start at the log end offset. */
    OFFSET_MISMATCH,
    /** The disk is full. The log is unchanged, stays readable and takes appends again when there is space. */
    NO_SPACE,
    /** The log has failed (or is closed) and takes no appends until it is opened again. */
    OFFLINE
}
