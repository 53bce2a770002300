package io.millrace.broker.cli;

import io.millrace.broker.config.MillraceSettings;
import io.millrace.broker.config.NodeConfig;
import io.millrace.log.FreeSpaceFloor;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What of this machine will disappoint whoever starts a node on it: said at the start, one line each. Stateless. */
final class HostCheck {
    private static final Path MAP_COUNT_MAX = Path.of("/proc/sys/vm/max_map_count");
    private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs");

    /**
     * Windows of segments (8,192), three files each of 4,096 open segments, and what a JVM has itself, with as much again to spare: at
     * the kernel's limit a JVM dies without an exception.
     */
    static final long MAPPINGS_NEEDED = 2 * (8_192 + 3 * 4_096 + 2_048);

    /** A file system, as it is reported. */
    record Disk(Path directory, String type, long totalBytes, long usableBytes, long floorBytes) {}

    private HostCheck() {}

    static List<String> warnings(final NodeConfig config) {
        final List<String> warnings = new ArrayList<>();
        final boolean sync = config.getBoolean(MillraceSettings.SYNC_ACKS);
        for (final Path directory : config.logDirs()) {
            try {
                final FileStore store = Files.getFileStore(directory);
                final long floor = FreeSpaceFloor.of(config.getLong(MillraceSettings.FREE_SPACE_FLOOR))
                        .bytes(directory);
                final Disk disk =
                        new Disk(directory, store.type(), store.getTotalSpace(), store.getUsableSpace(), floor);
                warnings.addAll(of(disk, config.getInt("log.segment.bytes"), sync));
            } catch (final IOException e) {
                warnings.add(directory + " cannot be looked at: " + e.getMessage());
            }
        }
        warnings.addAll(ofMappings(mappingsAllowed()));
        return warnings;
    }

    static List<String> of(final Disk disk, final int segmentBytes, final boolean sync) {
        final List<String> warnings = new ArrayList<>();
        if (IN_MEMORY.contains(disk.type)) {
            warnings.add(disk.directory + " is on " + disk.type + ", in memory: nothing in it outlives the machine"
                    + (sync ? ", whatever millrace.sync.acks promises" : ""));
        }
        if (disk.usableBytes < disk.floorBytes) {
            warnings.add(disk.directory + " has " + StartReport.bytes(disk.usableBytes) + " free, and the floor is "
                    + StartReport.bytes(disk.floorBytes) + " (" + MillraceSettings.FREE_SPACE_FLOOR
                    + "): no partition is made and no segment begun until there is room");
        } else if (disk.totalBytes - disk.floorBytes < 2L * segmentBytes) {
            warnings.add(disk.directory + " is on a disk of " + StartReport.bytes(disk.totalBytes)
                    + ", which has no room for two segments of " + StartReport.bytes(segmentBytes)
                    + " (log.segment.bytes): retention deletes whole segments, so appends will be refused");
        }
        return warnings;
    }

    static List<String> ofMappings(final long allowed) {
        return allowed >= MAPPINGS_NEEDED
                ? List.of()
                : List.of("vm.max_map_count is " + allowed + ": many partitions need up to " + MAPPINGS_NEEDED
                        + " mappings, and a JVM that gets no more dies");
    }

    /**
     * By Linux's own word; elsewhere there is no such limit to be read. At one read: such a file ends behind the first one, and the JDK reads a
     * file that says it is empty byte by byte.
     */
    static long mappingsAllowed() {
        try (BufferedReader file = Files.newBufferedReader(MAP_COUNT_MAX)) {
            return Long.parseLong(String.valueOf(file.readLine()).strip());
        } catch (final IOException | NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
