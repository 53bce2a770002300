package io.millrace.perf.scale;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Where a measurement of scale works, with what flags, and where its figures go. Filled by the command line. */
final class ScaleOptions {
    @Option(names = "--directory", description = "Where the data goes; a temporary directory if absent.")
    private Optional<Path> parent = Optional.empty();

    @Option(
            names = "--jvm-flag",
            defaultValue = "-Xmx1g",
            description = "For the measured processes; may be repeated (${DEFAULT-VALUE}).")
    private List<String> jvmFlags = new ArrayList<>();

    @Option(names = "--json", description = "A file for the figures.")
    private Optional<Path> json = Optional.empty();

    List<String> jvmFlags() {
        return jvmFlags;
    }

    /** A new directory, to be removed by {@link #remove}. */
    Path makeDirectory() throws IOException {
        return parent.isPresent()
                ? Files.createTempDirectory(parent.get(), "millrace-scale-")
                : Files.createTempDirectory("millrace-scale-");
    }

    static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Writes figures, where a file was asked for. */
    void write(String figures) throws IOException {
        if (json.isPresent()) {
            Files.writeString(json.get(), figures);
        }
    }

    /** The members of a JSON object: the figures of each number of partitions. */
    static String members(Map<Integer, Map<String, Long>> figures) {
        return figures.entrySet().stream()
                .map(each -> "\"" + each.getKey() + "\": " + object(each.getValue()))
                .collect(Collectors.joining(",\n"));
    }

    private static String object(Map<String, Long> figures) {
        return figures.entrySet().stream()
                .map(each -> "\"" + each.getKey() + "\": " + each.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }
}
