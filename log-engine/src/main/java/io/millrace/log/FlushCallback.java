package io.millrace.log;

import io.millrace.mapped.StorageException;
import org.jspecify.annotations.Nullable;

/**
 * Told once when what was asked for is on the disk, or will never be. Called on the sync agent (or at once on the
 * calling thread when it is durable already): it must be short and must not block.
 */
@FunctionalInterface
public interface FlushCallback {
    /** {@code failure} is null when the bytes are durable; otherwise the log is offline and they are not. */
    void onFlushed(@Nullable StorageException failure);
}
