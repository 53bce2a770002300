package io.millrace.log.simulation;

import io.millrace.log.LogListener;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.stream.Stream;

/** Everything that happened, as one number, and the last of it in words. */
final class History {
    private static final int LATEST = 12;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final Path root;
    private final ArrayDeque<String> latest = new ArrayDeque<>();
    private long hash = FNV_OFFSET;
    /** Sum of what several logs tell when all are closed, in no order. */
    private long unordered;

    History(Path root) {
        this.root = root;
    }

    void add(String what) {
        if (latest.size() == LATEST) {
            latest.remove();
        }
        latest.add(name(what));
        addBytes(name(what).getBytes(StandardCharsets.UTF_8));
    }

    private void addUnordered(String what) {
        long before = hash;
        hash = FNV_OFFSET;
        add(what);
        unordered += hash;
        hash = before;
    }

    /** The directory has a name of its own in every run. */
    private String name(String what) {
        return what.replace(root.toString(), "");
    }

    private void addBytes(byte[] bytes) {
        for (byte each : bytes) {
            hash = (hash ^ each) * FNV_PRIME;
        }
    }

    /** Names and contents of all files. */
    void addFiles() {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                addBytes(root.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
                addBytes(Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long hash() {
        return hash ^ unordered;
    }

    List<String> latest() {
        return List.copyOf(latest);
    }

    /** Notes what the engine tells. */
    LogListener listener() {
        return new LogListener() {
            @Override
            public void segmentRolled(Path log, long baseOffset) {
                addBytes(("rolled " + baseOffset).getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public void segmentDeleted(Path log, long baseOffset, long bytes, String reason) {
                add("deleted " + baseOffset + ": " + reason);
            }

            @Override
            public void tornTailCut(Path log, long fromOffset, long position, long bytes, String reason) {
                add("cut at " + fromOffset + ", " + bytes + " bytes: " + reason);
            }

            @Override
            public void failed(Path log, StorageException cause) {
                addUnordered("failed " + cause.getMessage());
            }

            @Override
            public void backgroundFailure(Path file, StorageException cause) {
                add("background failure " + cause.getMessage());
            }
        };
    }
}
