package io.millrace.library;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file that a tailer reads, of its own: an interrupt of the thread, which closes the JDK's channel under it, costs a reopening here and
 * harms nobody else. The interrupt is kept for whoever looks for it.
 *
 * <p>Owned by one thread.
 */
final class QuietFile implements AutoCloseable {
    private final Path path;
    private StorageFile file;

    private QuietFile(Path path, StorageFile file) {
        this.path = path;
        this.file = file;
    }

    /** Null where there is no such file. */
    static @Nullable QuietFile openIfExists(Path path) {
        boolean interrupted = Thread.interrupted();
        try {
            return new QuietFile(path, open(path));
        } catch (StorageException e) {
            if (isMissing(e)) {
                return null;
            }
            throw e;
        } finally {
            restore(interrupted);
        }
    }

    static boolean isMissing(StorageException e) {
        return e.getCause() instanceof NoSuchFileException;
    }

    private static StorageFile open(Path path) {
        return StorageFile.open(path, StorageFile.Mode.READ, FileFaults.NONE);
    }

    private static void restore(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    Path path() {
        return path;
    }

    /** Reads until the target is full or the file ends; returns how many bytes. */
    int read(ByteBuffer target, long position) {
        int from = target.position();
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return file.readFully(target.position(from), position);
                } catch (StorageException e) {
                    interrupted |= reopenAfterInterrupt(e);
                }
            }
        } finally {
            restore(interrupted);
        }
    }

    long size() {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return file.size();
                } catch (StorageException e) {
                    interrupted |= reopenAfterInterrupt(e);
                }
            }
        } finally {
            restore(interrupted);
        }
    }

    MappedRegion map(long position, int length) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return MappedRegion.map(file, position, length, false);
                } catch (StorageException e) {
                    interrupted |= reopenAfterInterrupt(e);
                }
            }
        } finally {
            restore(interrupted);
        }
    }

    /** Returns whether the thread was interrupted; throws where something else is wrong. */
    private boolean reopenAfterInterrupt(StorageException e) {
        if (e.kind() != StorageException.Kind.CLOSED) {
            throw e;
        }
        boolean interrupted = Thread.interrupted();
        file = open(path);
        return interrupted;
    }

    @Override
    public void close() {
        file.close();
    }
}
