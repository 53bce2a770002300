package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Makes directories whose names are on the disk: a file that was forced is of no use in a directory that a power cut takes away. */
public final class SyncedDirectories {
    private SyncedDirectories() {}

    /** Makes the directory with its missing parents, and forces each parent that got a new name. Nothing happens where it exists. */
    public static void create(Path directory, FileFaults faults) {
        Path absolute = directory.toAbsolutePath();
        @Nullable Path parent = absolute.getParent();
        if (parent == null || Files.isDirectory(absolute)) {
            return;
        }
        create(parent, faults);
        StorageFile.createDirectories(absolute, faults);
        StorageFile.forceDirectory(parent, faults);
    }
}
