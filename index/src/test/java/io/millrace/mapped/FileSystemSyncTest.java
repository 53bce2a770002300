package io.millrace.mapped;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSystemSyncTest {
    @TempDir
    Path directory;

    @Test
    void asksAboutEachFileAndForces() throws IOException {
        Path file = Files.writeString(directory.resolve("a"), "x");
        List<Path> asked = new ArrayList<>();
        try (FileSystemSync sync = FileSystemSync.begin(directory)) {
            assumeTrue(sync != null, "syncfs is not to be had in silence on this JVM, or the kernel is older than 5.8");
            sync.force(List.of(file, directory), (operation, path, position, length) -> {
                assertEquals(FileFaults.Operation.FORCE, operation);
                asked.add(path);
            });
        }
        assertEquals(List.of(file, directory), asked);
    }

    @Test
    void failureOfOneIsAFailure() {
        try (FileSystemSync sync = FileSystemSync.begin(directory)) {
            assumeTrue(sync != null, "syncfs is not to be had in silence on this JVM, or the kernel is older than 5.8");
            StorageException failure = assertThrows(
                    StorageException.class,
                    () -> sync.force(List.of(directory), (operation, path, position, length) -> {
                        throw new IOException("injected");
                    }));
            assertEquals(StorageException.Kind.IO, failure.kind());
        }
    }

    /** Before Linux 5.8 syncfs says nothing of writes that failed. */
    @Test
    void isNotTrustedOnAKernelThatTellsNothing() {
        assertTrue(FileSystemSync.tellsFailures("Linux", "5.8.0"));
        assertTrue(FileSystemSync.tellsFailures("Linux", "6.18.2-rc1"));
        assertFalse(FileSystemSync.tellsFailures("Linux", "5.4.0-200-generic"));
        assertFalse(FileSystemSync.tellsFailures("Linux", "4.19"));
        assertFalse(FileSystemSync.tellsFailures("Linux", "unknown"));
        assertFalse(FileSystemSync.tellsFailures("Mac OS X", "14.5"));
    }
}
