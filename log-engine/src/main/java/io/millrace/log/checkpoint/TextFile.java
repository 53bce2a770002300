package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Replaces a small text file as a whole. A crash leaves the old text or the new one, and perhaps {@code <name>.tmp}, which the next
 * write replaces.
 */
final class TextFile {
    private static final String TEMPORARY_SUFFIX = ".tmp";

    private TextFile() {}

    static void replace(Path path, String text, FileFaults faults) {
        Path temporary = temporary(path);
        try (StorageFile file = StorageFile.open(temporary, StorageFile.Mode.CREATE, faults)) {
            file.truncate(0);
            file.writeFully(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
            file.force(true);
        }
        StorageFile.rename(temporary, path, faults);
        StorageFile.forceDirectory(parent(path), faults);
    }

    /** The first half of {@link #replace} without its force: the text stands in a file beside, which is returned. */
    static Path stage(Path path, String text, FileFaults faults) {
        Path temporary = temporary(path);
        try (StorageFile file = StorageFile.open(temporary, StorageFile.Mode.CREATE, faults)) {
            file.truncate(0);
            file.writeFully(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
        }
        return temporary;
    }

    /** The second half, after what was staged has been forced; the directory is the caller's to force. */
    static void adoptStaged(Path path, FileFaults faults) {
        StorageFile.rename(temporary(path), path, faults);
    }

    private static Path temporary(Path path) {
        return path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
    }

    /** The text, or null where there is no such file. */
    static @Nullable String read(Path path) {
        try {
            return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw StorageException.of("read", path, 0, e);
        }
    }

    static void delete(Path path, FileFaults faults) {
        StorageFile.deleteIfExists(path, faults);
        StorageFile.forceDirectory(parent(path), faults);
    }

    private static Path parent(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException("no directory: " + path);
        }
        return parent;
    }
}
