package io.millrace.log.inspect;

import io.millrace.log.batch.RecordHeader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record as it was found. The arrays are not copied.
 *
 * @param offset its offset
 * @param timestamp its timestamp, milliseconds; that of the append where its batch says so
 * @param sizeInBytes its size, inflated
 * @param key its key, or null
 * @param value its value, or null
 * @param headers its headers, in order
 */
@SuppressWarnings("ArrayRecordComponent") // carried through, never compared
public record LoggedRecord(
        long offset,
        long timestamp,
        int sizeInBytes,
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<RecordHeader> headers) {}
