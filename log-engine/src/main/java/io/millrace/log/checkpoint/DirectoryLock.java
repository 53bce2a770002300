package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code .lock}: an operating system's lock on an empty file keeps two processes out of one data directory, Kafka's included. The
 * system gives it back when the process ends, however that happens; the file stays.
 */
public final class DirectoryLock implements AutoCloseable {
    /** Name of the file. */
    public static final String FILE_NAME = ".lock";

    private final StorageFile file;
    private final FileLock lock;

    private DirectoryLock(StorageFile file, FileLock lock) {
        this.file = file;
        this.lock = lock;
    }

    /**
     * Takes the lock.
     *
     * @throws DirectoryInUseException where somebody has it
     * @throws StorageException where the directory cannot be written
     */
    public static DirectoryLock acquire(Path dataDirectory, FileFaults faults) {
        StorageFile file = StorageFile.open(dataDirectory.resolve(FILE_NAME), StorageFile.Mode.CREATE, faults);
        FileLock lock = null;
        try {
            lock = tryLock(file, dataDirectory);
        } finally {
            if (lock == null) {
                file.close();
            }
        }
        if (lock == null) {
            throw new DirectoryInUseException(dataDirectory);
        }
        return new DirectoryLock(file, lock);
    }

    private static @Nullable FileLock tryLock(StorageFile file, Path dataDirectory) {
        try {
            return file.channel().tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // held inside this process
        } catch (IOException e) {
            throw StorageException.of("lock", dataDirectory.resolve(FILE_NAME), -1, e);
        }
    }

    public boolean isHeld() {
        return lock.isValid();
    }

    /** Gives the lock back. */
    @Override
    public void close() {
        file.close();
    }
}
