package io.millrace.log;

import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Directories of deleted partitions that wait for their removal. What a stop leaves over is found again by its name. Guarded by
 * itself.
 */
final class DelayedDeletes {
    /** Ends the name of a directory that waits. */
    static final String SUFFIX = "-delete";

    private record Waiting(Path directory, long dueMs) {}

    private final LogRuntime runtime;
    private final List<Waiting> waiting = new ArrayList<>();

    DelayedDeletes(LogRuntime runtime) {
        this.runtime = runtime;
    }

    synchronized void add(Path directory, long dueMs) {
        waiting.add(new Waiting(directory, dueMs));
    }

    /** Removes what is due. Files that a slice still reads stay readable: only their names go. */
    void run(long nowMs) {
        for (Path directory : takeDue(nowMs)) {
            try {
                remove(directory);
            } catch (StorageException e) {
                // Stays on the disk until the next start tries again.
                runtime.listener().backgroundFailure(directory, e);
            }
        }
    }

    private synchronized List<Path> takeDue(long nowMs) {
        List<Path> due = new ArrayList<>();
        for (Iterator<Waiting> entries = waiting.iterator(); entries.hasNext(); ) {
            Waiting entry = entries.next();
            if (entry.dueMs <= nowMs) {
                due.add(entry.directory);
                entries.remove();
            }
        }
        return due;
    }

    private void remove(Path directory) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                StorageFile.deleteIfExists(file, runtime.faults());
            }
        } catch (IOException e) {
            throw StorageException.of("list", directory, -1, e);
        }
        StorageFile.deleteIfExists(directory, runtime.faults());
    }

    synchronized int count() {
        return waiting.size();
    }
}
