package io.millrace.broker.cli;

import io.millrace.log.checkpoint.DirectoryLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Whether a process has a data directory open, without touching its lock: taking it, though for a moment, could keep a node from
 * starting. By Linux's table of locks; elsewhere nobody is known to.
 */
final class DirectoryUse {
    private static final Path LOCKS = Path.of("/proc/locks");

    private DirectoryUse() {}

    static boolean isInUse(final @Nullable Path dataDirectory) {
        if (dataDirectory == null) {
            return false;
        }
        final Path lock = dataDirectory.resolve(DirectoryLock.FILE_NAME);
        try {
            final String inode = ":" + Files.getAttribute(lock, "unix:ino") + " ";
            return Files.readAllLines(LOCKS).stream().anyMatch(line -> line.contains("WRITE") && line.contains(inode));
        } catch (final IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }
}
