package io.millrace.log.inspect;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a file that fits into memory, as it is now. */
final class SmallFile {
    private static final long BYTES_MAX = 1 << 30;

    private SmallFile() {}

    /** All bytes, none where there is no such file. */
    static ByteBuffer read(Path path) {
        if (!Files.exists(path)) {
            return ByteBuffer.allocate(0);
        }
        try (StorageFile file = StorageFile.open(path, StorageFile.Mode.READ, FileFaults.NONE)) {
            long size = file.size();
            if (size > BYTES_MAX) {
                throw StorageException.damaged(path, size, "larger than any file of its kind");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) size);
            file.readFully(bytes, 0);
            return bytes.flip();
        }
    }
}
