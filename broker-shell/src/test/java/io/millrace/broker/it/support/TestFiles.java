package io.millrace.broker.it.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Files of the tests: resources as paths, archives unpacked, directories removed. Stateless. */
public final class TestFiles {
    private TestFiles() {}

    public static Path resource(String name) {
        try {
            return Path.of(TestFiles.class.getClassLoader().getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(name, e);
        }
    }

    /** The golden directories that Apache Kafka wrote; they stand with the engine's tests. */
    public static Path golden(String name) {
        return Path.of(
                        System.getProperty("basedir", "."),
                        "..",
                        "log-engine",
                        "src",
                        "test",
                        "resources",
                        "kafka-4.3.1",
                        name)
                .toAbsolutePath()
                .normalize();
    }

    /** Unpacks a .tar.gz with tar itself, which keeps sparse files sparse. */
    public static void unpack(Path archive, Path into) {
        KafkaTool.Result result = KafkaTool.run(
                into, List.of("tar", "-xzSf", archive.toString(), "-C", into.toString()), Duration.ofSeconds(60));
        if (result.exitCode() != 0) {
            throw new IllegalStateException("tar: " + result.output());
        }
    }

    public static List<Path> list(Path directory, String suffix) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + directory, e);
        }
    }

    public static void deleteRecursively(Path directory) throws IOException {
        if (directory == null || !Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
