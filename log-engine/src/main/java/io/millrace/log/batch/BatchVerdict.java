package io.millrace.log.batch;

/** What {@link BatchValidator} found. The client's faults are values, never exceptions. */
public enum BatchVerdict {
    /** The batch may be appended. */
    VALID,
    /** The buffer ends before the batch does. First in a request: no batch at all. After a batch: dropped. In a file: torn tail. */
    INCOMPLETE,
    /** Length, magic or checksum is wrong: these are not the bytes somebody sent. */
    CORRUPT,
    /** Magic 0 or 1: a format that is not stored any more. */
    UNSUPPORTED_MAGIC,
    /** A codec that does not exist. */
    UNSUPPORTED_COMPRESSION,
    /** The bytes are what was sent, and what was sent is not legal. */
    INVALID_RECORD,
    /** A record's timestamp is outside the bounds of the topic, or of a type that a producer may not set. */
    INVALID_TIMESTAMP
}
