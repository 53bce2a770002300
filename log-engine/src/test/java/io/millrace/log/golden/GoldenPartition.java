package io.millrace.log.golden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** One line of a manifest: what Kafka's own reader found in a partition. */
record GoldenPartition(
        String name,
        int segments,
        int batches,
        int records,
        long firstOffset,
        long lastOffset,
        long maxTimestamp,
        String sha256) {

    static List<GoldenPartition> read(Path manifest) throws IOException {
        return Files.readAllLines(manifest).stream()
                .skip(1)
                .map(GoldenPartition::parse)
                .toList();
    }

    private static GoldenPartition parse(String line) {
        String[] f = line.split(",", 8);
        return new GoldenPartition(
                f[0],
                Integer.parseInt(f[1]),
                Integer.parseInt(f[2]),
                Integer.parseInt(f[3]),
                Long.parseLong(f[4]),
                Long.parseLong(f[5]),
                Long.parseLong(f[6]),
                f[7]);
    }
}
