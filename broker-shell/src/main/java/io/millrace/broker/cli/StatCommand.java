package io.millrace.broker.cli;

import io.millrace.broker.stat.StatSocket;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace stat}: where the time of requests goes in a node that runs on this machine. */
@Command(
        name = "stat",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Show how long requests take in a running node, by stage, and its ten slowest of the last minutes.")
public final class StatCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "PATH",
            defaultValue = "millrace-data",
            description = "The node's first data directory (default: ./millrace-data).")
    private @Nullable String path;

    @Option(names = "--json", description = "One JSON object a line.")
    private boolean json;

    @Override
    public Integer call() {
        final List<String> told = ask();
        try (Output out = Output.standard()) {
            final LogLines lines = new LogLines(out, json);
            told.forEach(line -> print(line, lines));
        }
        return 0;
    }

    private List<String> ask() {
        final Path directory;
        try {
            directory = Path.of(String.valueOf(path)).toAbsolutePath();
        } catch (final InvalidPathException e) {
            throw new UsageException(path + ": not a path: " + e.getReason());
        }
        try {
            return StatSocket.ask(directory);
        } catch (final IOException | RuntimeException e) {
            throw new CommandException(
                    "no node answers on " + directory.resolve(StatSocket.NAME) + ": " + e.getMessage());
        }
    }

    private static void print(final String told, final LogLines lines) {
        final String[] parts = told.split("\t", -1);
        final LogLines.Line line = lines.of(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            final int equals = parts[i].indexOf('=');
            line.put(parts[i].substring(0, equals), value(parts[i].substring(equals + 1)));
        }
        line.print();
    }

    private static Object value(final String text) {
        if (text.matches("-?\\d{1,18}")) {
            return Long.valueOf(text);
        }
        return text.matches("-?\\d+\\.\\d+") ? (Object) Double.valueOf(text) : text;
    }
}
