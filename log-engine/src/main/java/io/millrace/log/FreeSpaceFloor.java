package io.millrace.log;

import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;

/**
 * Keeps a disk from being filled to the last block: while less than the floor is free no segment is begun and no partition is made. What
 * is left serves checkpoints, snapshots and the segments that are open. Reads and retention go on, and as soon as there is room again,
 * so do the rolls: nothing has to be told.
 *
 * <p>One for a process; any thread. A look costs one system call, and is taken where a segment begins.
 */
public final class FreeSpaceFloor {
    /** Stands for 1 % of the file system, at least 64 MiB where it has 1 GiB or more, at most 1 GiB. */
    public static final long DEFAULT = -1;

    private static final long GIB = 1L << 30;
    private static final long DEFAULT_BYTES_MIN = 64L << 20;
    private static final int DEFAULT_PARTS = 100;

    private final long bytes;
    private final ToLongFunction<Path> usableBytes;
    private final Map<Path, FileStore> stores = new ConcurrentHashMap<>();

    private FreeSpaceFloor(long bytes, ToLongFunction<Path> usableBytes) {
        this.bytes = bytes;
        this.usableBytes = usableBytes;
    }

    /**
     * A floor for all data directories.
     *
     * @param bytes that stay free, 0 for no floor, {@link #DEFAULT}
     */
    public static FreeSpaceFloor of(long bytes) {
        return of(bytes, FreeSpaceFloor::usable);
    }

    /** With somebody else's measure of what is free, for tests. */
    static FreeSpaceFloor of(long bytes, ToLongFunction<Path> usableBytes) {
        if (bytes < DEFAULT) {
            throw new IllegalArgumentException("floor of free space: " + bytes);
        }
        return new FreeSpaceFloor(bytes, usableBytes);
    }

    /** The default floor of a file system of that size. */
    static long defaultBytes(long totalBytes) {
        long part = totalBytes / DEFAULT_PARTS;
        return totalBytes < GIB ? part : Math.max(DEFAULT_BYTES_MIN, Math.min(GIB, part));
    }

    private static long usable(Path directory) {
        return directory.toFile().getUsableSpace();
    }

    /** Bytes that stay free on the disk of a data directory. */
    public long bytes(Path dataDirectory) {
        return bytes == DEFAULT ? defaultBytes(total(dataDirectory)) : bytes;
    }

    private long total(Path dataDirectory) {
        try {
            return stores.computeIfAbsent(dataDirectory, FreeSpaceFloor::store).getTotalSpace();
        } catch (IOException e) {
            throw StorageException.of("total space", dataDirectory, -1, e);
        }
    }

    private static FileStore store(Path directory) {
        try {
            return Files.getFileStore(directory);
        } catch (IOException e) {
            throw StorageException.of("file store", directory, -1, e);
        }
    }

    /** Whether there is room for another segment. */
    boolean hasRoom(Path dataDirectory) {
        return usableBytes.applyAsLong(dataDirectory) >= bytes(dataDirectory);
    }

    /**
     * Lets pass where there is room.
     *
     * @param what is to be made
     * @throws StorageException NO_SPACE
     */
    void require(Path dataDirectory, String what) {
        long floor = bytes(dataDirectory);
        long free = usableBytes.applyAsLong(dataDirectory);
        if (free < floor) {
            String message = "no " + what + ": " + free + " bytes are free, the floor is " + floor
                    + " (millrace.log.free.space.floor.bytes)";
            throw new StorageException(StorageException.Kind.NO_SPACE, message, dataDirectory, -1, null);
        }
    }
}
