package io.millrace.log.batch;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One header of a record. The arrays are not copied.
 *
 * @param key name, UTF-8
 * @param value bytes, or null
 */
@SuppressWarnings("ArrayRecordComponent") // carried through, never compared
public record RecordHeader(byte[] key, byte @Nullable [] value) {
    /** A header from text. */
    public static RecordHeader of(String key, String value) {
        return new RecordHeader(key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
    }
}
