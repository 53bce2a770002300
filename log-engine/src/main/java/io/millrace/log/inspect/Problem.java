package io.millrace.log.inspect;

import java.nio.file.Path;

/**
 * Something that is not as it must be.
 *
 * @param kind what it concerns
 * @param file the file
 * @param position byte position in it, -1 where it is about the file as a whole
 * @param offset the offset it is about, -1 where there is none
 * @param what what is wrong, one line
 */
public record Problem(Kind kind, Path file, long position, long offset, String what) {
    /** What a problem concerns. The names are stable: scripts read them. */
    public enum Kind {
        /** Bytes that are no sound batch, where records were known or have to be. */
        BATCH("batch"),
        /** Bytes that are no sound batch at the end of the last segment, beyond what is known to be on the disk. */
        TORN_TAIL("torn-tail"),
        /** A field of a batch's header outside its checksum: base offset, length, leader epoch. */
        HEADER("header"),
        /** Offsets are missing or go back between batches or segments. */
        OFFSETS("offsets"),
        /** A record inside a batch. */
        RECORD("record"),
        /** The header sums beside a segment. */
        HEADER_SUM("headersum"),
        /** The offset index. */
        OFFSET_INDEX("index"),
        /** The time index. */
        TIME_INDEX("timeindex"),
        /** The index of aborted transactions. */
        TXN_INDEX("txnindex"),
        /** A snapshot of producer states. */
        SNAPSHOT("snapshot"),
        /** The leader epochs of a partition. */
        EPOCHS("epochs"),
        /** The remembered synced offset of a partition. */
        SYNCED("synced"),
        /** The topic id of a partition. */
        METADATA("metadata"),
        /** A checkpoint of the data directory. */
        CHECKPOINT("checkpoint");

        private final String code;

        Kind(String code) {
            this.code = code;
        }

        /** The name in text and JSON. */
        public String code() {
            return code;
        }
    }
}
