package io.millrace.log.producer;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A snapshot of producer states as a file to look at, by name. Stateless. */
public final class ProducerSnapshot {
    private static final int BYTES_MAX = 1 << 30;

    private ProducerSnapshot() {}

    /**
     * The producers in a file, each with its newest batch only; null where the file is not a whole and unharmed snapshot.
     *
     * @throws StorageException where it cannot be read
     */
    public static @Nullable List<ProducerEntry> read(Path snapshot) {
        try (StorageFile file = StorageFile.open(snapshot, StorageFile.Mode.READ, FileFaults.NONE)) {
            long size = file.size();
            if (size > BYTES_MAX) {
                return null;
            }
            ByteBuffer buffer = ByteBuffer.allocate((int) size);
            file.readFully(buffer, 0);
            return ProducerSnapshotDescriptor.decode(buffer.flip());
        }
    }
}
