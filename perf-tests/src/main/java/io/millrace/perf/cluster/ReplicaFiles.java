package io.millrace.perf.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** Compares the logs of stopped nodes byte by byte; where segments begin is each replica's own affair. Stateless. */
final class ReplicaFiles {
    private static final int BUFFER_BYTES = 1 << 16;

    private ReplicaFiles() {}

    /** What is not equal, a sentence for each partition and replica. */
    static List<String> differences(List<ClusterNode> nodes, String topic, int partitions) throws IOException {
        List<String> differences = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            String name = topic + "-" + partition;
            Path first = nodes.get(0).dataDirectory().resolve(name);
            for (ClusterNode other : nodes.subList(1, nodes.size())) {
                long at = firstDifference(first, other.dataDirectory().resolve(name));
                if (at >= 0) {
                    differences.add(
                            name + " of node " + nodes.get(0).id() + " and node " + other.id() + " at byte " + at);
                }
            }
        }
        return differences;
    }

    private static long firstDifference(Path left, Path right) throws IOException {
        try (InputStream a = log(left);
                InputStream b = log(right)) {
            long at = 0;
            while (true) {
                byte[] fromA = a.readNBytes(BUFFER_BYTES);
                byte[] fromB = b.readNBytes(BUFFER_BYTES);
                int mismatch = java.util.Arrays.mismatch(fromA, fromB);
                if (mismatch >= 0) {
                    return at + mismatch;
                }
                if (fromA.length == 0) {
                    return -1;
                }
                at += fromA.length;
            }
        }
    }

    private static InputStream log(Path directory) throws IOException {
        List<InputStream> segments = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".log"))
                    .sorted()
                    .toList()) {
                segments.add(Files.newInputStream(file));
            }
        }
        return new SequenceInputStream(Collections.enumeration(segments));
    }
}
