package io.millrace.mapped;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Lets go of several things, all of them, also where one cannot be closed in order: a disk that was torn away must not leak descriptors
 * and mappings. Stateless.
 */
public final class CloseSteps {
    private CloseSteps() {}

    /**
     * Runs every step. The first failure is thrown at the end, later ones are suppressed in it.
     *
     * @param file what is closed, for the exception
     * @param steps in this order
     * @throws StorageException also where a page of a mapping could not be had
     */
    public static void run(Path file, Runnable... steps) {
        StorageException first = null;
        for (Runnable step : steps) {
            StorageException failed = attempt(file, step);
            if (first == null) {
                first = failed;
            } else if (failed != null) {
                first.addSuppressed(failed);
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private static @Nullable StorageException attempt(Path file, Runnable step) {
        try {
            step.run();
            settle();
            return null;
        } catch (StorageException e) {
            return e;
        } catch (InternalError e) {
            return new StorageException(StorageException.Kind.IO, "mapped access", file, -1, e);
        }
    }

    /**
     * On JDK 17 the error of a store into a page that cannot be had is raised when the thread comes back from its next native call. This
     * is one, some ten nanoseconds long, so that the error is raised here and not in the hands of somebody else.
     */
    public static void settle() {
        boolean unused = Thread.holdsLock(CloseSteps.class);
    }
}
