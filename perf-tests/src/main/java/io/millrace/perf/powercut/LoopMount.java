package io.millrace.perf.powercut;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A file system of its own in a sparse image file, mounted over a loop device. Needs root. Used by one thread. */
final class LoopMount implements AutoCloseable {
    private static final int UNMOUNT_ATTEMPTS = 50;
    private static final long UNMOUNT_PAUSE_MS = 100;

    private final String type;
    private final Path image;
    private final Path point;
    private boolean mounted;

    private LoopMount(String type, Path image, Path point) {
        this.type = type;
        this.image = image;
        this.point = point;
    }

    /** Why nothing can be mounted here, in words; null where it can. */
    static @Nullable String problem(String type) {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "mounting an image needs root; this is user " + System.getProperty("user.name");
        }
        Path scratch = null;
        try {
            scratch = Files.createTempDirectory("millrace-powercut-");
            try (LoopMount mount = make(type, scratch)) {
                mount.mount();
                FileSystemShutdown.of(mount.point);
            }
            return null;
        } catch (IOException | RuntimeException | LinkageError e) {
            return "a loop-mounted " + type + " cannot be had here: " + e.getMessage();
        } finally {
            Scratch.remove(scratch);
        }
    }

    /** An image with an empty file system, not mounted yet. */
    static LoopMount make(String type, Path scratch) throws IOException {
        LoopMount mount = new LoopMount(type, scratch.resolve("image"), scratch.resolve("mount"));
        Files.createDirectories(mount.point);
        mount.format();
        return mount;
    }

    /** Makes the file system anew. */
    void format() throws IOException {
        unmount();
        Files.deleteIfExists(image);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(512L << 20); // sparse; xfs takes nothing below 300 MiB
        }
        run("mkfs." + type, "-q", image.toString());
    }

    /** Where it is mounted. */
    Path point() {
        return point;
    }

    void mount() throws IOException {
        run("mount", "-t", type, "-o", "loop", image.toString(), point.toString());
        mounted = true;
    }

    /** False where somebody still has a file open. */
    boolean tryUnmount() {
        try {
            run("umount", point.toString());
            mounted = false;
        } catch (IOException busy) {
            return false;
        }
        return true;
    }

    /** Waits until the last file of a killed process has been closed. */
    void unmount() throws IOException {
        for (int i = 1; mounted && !tryUnmount(); i++) {
            if (i == UNMOUNT_ATTEMPTS) {
                throw new IOException("somebody still has a file open in " + point);
            }
            pause();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(UNMOUNT_PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", List.of(command)) + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        unmount();
    }
}
