package io.millrace.perf.scale;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the kernel says of this process, and of a directory. Linux only; stateless. */
final class Probe {
    private Probe() {}

    /** Mappings of the process, of which {@code vm.max_map_count} allows 65,530. */
    static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }

    static long handles() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    /** Resident memory in KiB. */
    static long residentKib() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Java objects in KiB, after a collection. */
    static long heapKib() {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return (runtime.totalMemory() - runtime.freeMemory()) / 1024;
    }

    /** Blocks that a directory takes, with all in it. */
    static long diskBytes(Path directory) throws IOException, InterruptedException {
        Process du = new ProcessBuilder("du", "-s", "--block-size=1", directory.toString()).start();
        String line = new String(du.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        if (du.waitFor() != 0) {
            throw new IOException("du cannot look at " + directory);
        }
        return Long.parseLong(line.split("\\s", 2)[0]);
    }
}
