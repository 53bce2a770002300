package io.millrace.mapped;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether reservations hold where a file of a partition lies: asked once for each data directory, since the answer takes a look at all
 * mounts. Any thread.
 */
public final class Reservations {
    /** By data directory, of which a process has a few. */
    private static final Map<Path, Boolean> KNOWN = new ConcurrentHashMap<>();

    private Reservations() {}

    /**
     * See {@link StorageFile#reservationHolds}.
     *
     * @param file in the directory of a partition, which lies in a data directory and on the same file system
     * @return true if a store into reserved blocks cannot run out of space
     */
    public static boolean holdAt(Path file) {
        Path partition = file.toAbsolutePath().getParent();
        if (partition == null) {
            return true;
        }
        Path data = partition.getParent();
        return KNOWN.computeIfAbsent(data == null ? partition : data, any -> StorageFile.reservationHolds(partition));
    }
}
