package io.millrace.broker.kraft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Puts files and the directories that name them on the disk, so that a power cut cannot take back what was made.
 *
 * <p>A name is durable only once its directory is synced; a file's bytes only once the file is. Stateless.
 */
final class SyncedFiles {
    private SyncedFiles() {}

    /** Creates the directory with its missing parents, and syncs each parent that got a new name. */
    static void createDirectories(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath();
        @Nullable Path parent = absolute.getParent();
        if (Files.isDirectory(absolute) || parent == null) {
            return;
        }
        createDirectories(parent);
        Files.createDirectory(absolute);
        syncDirectory(parent);
    }

    /** Syncs every file below, then every directory, children first. */
    static void syncTree(Path root) throws IOException {
        for (Path path : childrenFirst(root)) {
            if (Files.isDirectory(path)) {
                syncDirectory(path);
            } else {
                syncFile(path);
            }
        }
    }

    /** Moves a file or a directory within a file system; durable after both directories are synced. */
    static void move(Path from, Path to) throws IOException {
        deleteTree(to);
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Deletes a file, or a directory with all below; nothing happens where it does not exist. */
    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        for (Path path : childrenFirst(root)) {
            Files.deleteIfExists(path);
        }
    }

    private static List<Path> childrenFirst(Path root) throws IOException {
        try (Stream<Path> tree = Files.walk(root)) {
            return tree.sorted(Comparator.reverseOrder()).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void syncFile(Path file) throws IOException {
        // Snapshots are read-only files; fsync needs no right to write.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
