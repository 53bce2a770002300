package io.millrace.log.inspect;

import java.nio.file.Path;

/**
 * One thing that a repair does.
 *
 * @param action what is done
 * @param file to which file
 * @param position byte position, -1 where the whole file is meant
 * @param bytes how many bytes it is about
 * @param fromOffset first offset it is about, -1 where there is none
 * @param toOffset the offset after the last one, -1 where it is not known
 * @param records sound records that go with it
 * @param what the step in words
 */
public record RepairStep(
        Action action,
        Path file,
        long position,
        long bytes,
        long fromOffset,
        long toOffset,
        long records,
        String what) {
    /** What is done. The names are stable: scripts read them. */
    public enum Action {
        /** A header field gets the value that the batches around it tell. */
        MEND("mend"),
        /** Bytes are moved into a side file. */
        CUT("cut"),
        /** What follows goes into a segment of its own, so that no offset is missing inside one. */
        SPLIT("split"),
        /** A whole file gets another name. */
        SET_ASIDE("set-aside"),
        /** Indexes, producer states and leader epochs are made anew from the batches. */
        REBUILD("rebuild"),
        /** An offset that a checkpoint or the partition remembers is lowered. */
        LOWER("lower");

        private final String code;

        Action(String code) {
            this.code = code;
        }

        /** The name in text and JSON. */
        public String code() {
            return code;
        }
    }
}
