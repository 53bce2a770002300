package io.millrace.broker.it.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;

/**
 * The lines of the six real system logs. A line keeps its carriage return: what is compared in the end is every byte. Its
 * key is {@code file:number}, so that each line can be told from its equals. Immutable.
 */
public final class LogLines {
    public static final List<String> FILES =
            List.of("Apache.log", "HDFS.log", "Linux.log", "OpenSSH.log", "Spark.log", "Zookeeper.log");

    /** One line. The number counts from 0 within its file. */
    public record Line(String file, int number, String text) {
        public String key() {
            return file + ":" + number;
        }
    }

    private LogLines() {}

    public static List<Line> all() {
        return of(FILES);
    }

    public static List<Line> of(List<String> files) {
        List<Line> lines = new ArrayList<>();
        files.forEach(file -> lines.addAll(read(file)));
        return lines;
    }

    /** The file that the clients of other languages read: key, tab, line, line feed. */
    public static Path writeKeyed(List<Line> lines, Path directory) {
        StringBuilder text = new StringBuilder();
        lines.forEach(
                line -> text.append(line.key()).append('\t').append(line.text()).append('\n'));
        try {
            return Files.writeString(Files.createTempFile(directory, "lines-", ".tsv"), text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write into " + directory, e);
        }
    }

    public static Path path(String file) {
        return TestFiles.resource("logs/" + file);
    }

    private static List<Line> read(String file) {
        try {
            List<Line> lines = new ArrayList<>();
            Scanner texts = new Scanner(path(file), StandardCharsets.UTF_8).useDelimiter("\n");
            try (texts) {
                while (texts.hasNext()) {
                    lines.add(new Line(file, lines.size(), texts.next()));
                }
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
