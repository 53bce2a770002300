package io.millrace.broker.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Compares the logs of replicas byte by byte, after their nodes have stopped in order. Where segments begin is each replica's own affair,
 * so what is compared is the row of their bytes. Stateless.
 */
final class ReplicaBytes {
    private ReplicaBytes() {}

    /** Every partition of the topic has the same bytes in all directories, and not none. */
    static void assertEqual(List<Path> dataDirectories, String topic, int partitions) {
        for (int partition = 0; partition < partitions; partition++) {
            String name = topic + "-" + partition;
            byte[] first = log(dataDirectories.get(0).resolve(name));
            assertTrue(first.length > 0, "no bytes in " + name);
            for (Path other : dataDirectories.subList(1, dataDirectories.size())) {
                byte[] bytes = log(other.resolve(name));
                assertEquals(first.length, bytes.length, "length of " + other.resolve(name));
                assertEquals(-1, java.util.Arrays.mismatch(first, bytes), "first difference of " + other.resolve(name));
            }
        }
    }

    private static byte[] log(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (Path file : files.filter(each -> each.toString().endsWith(".log"))
                    .sorted()
                    .toList()) {
                all.write(Files.readAllBytes(file));
            }
            return all.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
