package io.millrace.log;

import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.file.Path;
import java.util.List;

/** Removes files that have left a log, after a delay. What a stop leaves over has the name of a leftover and goes at the next open. */
final class FileRemoval {
    private FileRemoval() {}

    static void schedule(LogRuntime runtime, List<Path> files, long delayMs) {
        if (delayMs <= 0) {
            remove(runtime, files);
        } else {
            runtime.schedule(() -> remove(runtime, files), delayMs);
        }
    }

    static void remove(LogRuntime runtime, List<Path> files) {
        for (Path file : files) {
            try {
                StorageFile.deleteIfExists(file, runtime.faults());
            } catch (StorageException e) {
                runtime.listener().backgroundFailure(file, e);
            }
        }
    }
}
