package io.millrace.log.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryLockTest {
    @TempDir
    Path directory;

    @Test
    void secondOwnerIsRefusedWithTheDirectoryInTheMessage() {
        try (DirectoryLock lock = DirectoryLock.acquire(directory, FileFaults.NONE)) {
            assertTrue(lock.isHeld());
            DirectoryInUseException refused = assertThrows(
                    DirectoryInUseException.class, () -> DirectoryLock.acquire(directory, FileFaults.NONE));
            assertTrue(refused.getMessage().contains(directory.toString()), refused.getMessage());
        }
        DirectoryLock.acquire(directory, FileFaults.NONE).close();
    }

    @Test
    void missingDirectoryIsAStorageFailure() {
        Path missing = directory.resolve("missing");
        assertThrows(StorageException.class, () -> DirectoryLock.acquire(missing, FileFaults.NONE));
    }

    @Test
    void otherProcessesAreKeptOutAndTheirDeathFreesTheLock() throws IOException, InterruptedException {
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8))) {
            assertEquals("held", out.readLine());
            assertThrows(DirectoryInUseException.class, () -> DirectoryLock.acquire(directory, FileFaults.NONE));
        } finally {
            holder.destroyForcibly().waitFor();
        }
        DirectoryLock.acquire(directory, FileFaults.NONE).close();
    }

    /** The process that has the lock until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] args) throws IOException {
            DirectoryLock lock = DirectoryLock.acquire(Path.of(args[0]), FileFaults.NONE);
            System.out.println(lock.isHeld() ? "held" : "not held");
            System.exit(System.in.read() < 0 ? 0 : 1);
        }
    }
}
