package io.millrace.mapped;

import io.millrace.mapped.FileFaults.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Makes many new files and names of one file system durable by one call, where forcing each would be thousands of journal commits: twenty
 * thousand for ten thousand partitions.
 *
 * <p>It writes whatever is dirty on that file system, of whomever: worth it for hundreds of files, not for a few. A failed write of any
 * file of the file system since {@link #begin} fails it, which is never less than what the forces would have told; that holds from Linux
 * 5.8 on, and it is not to be had on an older one.
 *
 * <p>Owned by one thread.
 */
public final class FileSystemSync implements AutoCloseable {
    private static final boolean TELLS_FAILURES =
            tellsFailures(System.getProperty("os.name"), System.getProperty("os.version"));

    private final Path directory;
    private final Posix posix;
    private final int descriptor;

    private FileSystemSync(Path directory, Posix posix, int descriptor) {
        this.directory = directory;
        this.posix = posix;
        this.descriptor = descriptor;
    }

    /**
     * Before the first write that is to be made durable.
     *
     * @param directory on the file system
     * @return null where it cannot be had: force each file then
     */
    public static @Nullable FileSystemSync begin(Path directory) {
        Posix posix = TELLS_FAILURES ? awaitPosix() : null;
        if (posix == null) {
            return null;
        }
        int descriptor = posix.openForReading(directory.toAbsolutePath());
        return descriptor < 0 ? null : new FileSystemSync(directory, posix, descriptor);
    }

    private static @Nullable Posix awaitPosix() {
        try {
            return Posix.awaitInstance();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    static boolean tellsFailures(String system, String version) {
        if (!system.equals("Linux")) {
            return false;
        }
        String[] numbers = version.split("\\D", 3);
        try {
            int major = Integer.parseInt(numbers[0]);
            return major > 5 || (major == 5 && numbers.length > 1 && Integer.parseInt(numbers[1]) >= 8);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /**
     * Makes everything durable that was written, made or renamed before.
     *
     * @param changed files and directories that the caller means, each asked about as for a force of its own
     * @param faults asked before
     * @throws StorageException if it failed, which is final: see there
     */
    public void force(Collection<Path> changed, FileFaults faults) {
        try {
            for (Path each : changed) {
                faults.before(Operation.FORCE, each, 0, 0);
            }
            int error = posix.syncfs(descriptor);
            if (error != 0) {
                boolean full = error == Posix.ENOSPC || error == Posix.EDQUOT;
                throw new IOException(full ? "No space left on device" : "syncfs failed, error " + error);
            }
        } catch (IOException e) {
            throw StorageException.of("force file system", directory, -1, e);
        }
    }

    @Override
    public void close() {
        posix.close(descriptor);
    }
}
