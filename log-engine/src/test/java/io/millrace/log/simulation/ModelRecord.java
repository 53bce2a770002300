package io.millrace.log.simulation;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A record.
 *
 * @param key null where it has none
 * @param value null for a tombstone
 */
record ModelRecord(long offset, long timestampMs, ByteBuffer key, ByteBuffer value) {
    boolean isSame(ModelRecord other) {
        return offset == other.offset
                && timestampMs == other.timestampMs
                && Objects.equals(key, other.key)
                && Objects.equals(value, other.value);
    }

    boolean isTombstone() {
        return value == null;
    }

    @Override
    public String toString() {
        return offset + (value == null ? ": tombstone" : ": " + value.remaining() + " bytes");
    }
}
