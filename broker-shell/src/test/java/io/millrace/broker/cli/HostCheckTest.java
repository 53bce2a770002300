package io.millrace.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.broker.cli.HostCheck.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class HostCheckTest {
    private static final Path DATA = Path.of("/data");
    private static final long GIB = 1L << 30;

    @Test
    void aDiskOfGoodSizeIsNotMentioned() {
        final Disk disk = new Disk(DATA, "ext4", 100 * GIB, 50 * GIB, GIB);
        assertEquals(List.of(), HostCheck.of(disk, 1 << 30, true));
        assertEquals(List.of(), HostCheck.ofMappings(65_530));
    }

    @Test
    void aSmallTmpfsIsTwice() {
        final Disk disk = new Disk(DATA, "tmpfs", 64 << 20, 60 << 20, 671_088);
        assertEquals(
                List.of(
                        "/data is on tmpfs, in memory: nothing in it outlives the machine, whatever millrace.sync.acks promises",
                        "/data is on a disk of 67.1 MB, which has no room for two segments of 1.1 GB (log.segment.bytes):"
                                + " retention deletes whole segments, so appends will be refused"),
                HostCheck.of(disk, 1 << 30, true));
        assertEquals(
                List.of("/data is on tmpfs, in memory: nothing in it outlives the machine"),
                HostCheck.of(disk, 1 << 20, false));
    }

    @Test
    void aDiskBelowTheFloorIsSaid() {
        final Disk disk = new Disk(DATA, "xfs", 100 * GIB, GIB / 2, GIB);
        assertEquals(
                List.of("/data has 537 MB free, and the floor is 1.1 GB (millrace.log.free.space.floor.bytes):"
                        + " no partition is made and no segment begun until there is room"),
                HostCheck.of(disk, 1 << 30, false));
    }

    @Test
    void tooFewMappingsAreSaid() {
        assertEquals(
                List.of("vm.max_map_count is 8192: many partitions need up to " + HostCheck.MAPPINGS_NEEDED
                        + " mappings, and a JVM that gets no more dies"),
                HostCheck.ofMappings(8192));
    }

    /** This process has its mappings already, so the kernel allows at least as many. */
    @Test
    void theKernelsNumberIsReadAsAWhole() throws IOException {
        final Path own = Path.of("/proc/self/maps");
        assumeTrue(Files.exists(own), "not on Linux");
        final long mappings;
        try (Stream<String> lines = Files.lines(own)) {
            mappings = lines.count();
        }
        assertTrue(HostCheck.mappingsAllowed() >= mappings, HostCheck.mappingsAllowed() + " below " + mappings);
    }
}
