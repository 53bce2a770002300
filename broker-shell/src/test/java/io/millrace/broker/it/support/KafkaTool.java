package io.millrace.broker.it.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs a command-line tool of Apache Kafka from the class path of the tests in a child JVM. Stateless. */
public final class KafkaTool {
    private KafkaTool() {}

    /** What a finished tool left: its exit code and everything it printed. */
    public record Result(int exitCode, String output) {}

    public static Result run(Path workDirectory, String mainClass, List<String> arguments, Duration bound) {
        return run(workDirectory, command(mainClass, arguments), bound);
    }

    /** Starts one that does not end by itself. */
    public static ChildProcess start(Path workDirectory, String mainClass, List<String> arguments, Path output) {
        return ChildProcess.start(command(mainClass, arguments), workDirectory, output, Map.of());
    }

    private static List<String> command(String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>(
                List.of(MillraceProcess.java(), "-Xmx256m", "-cp", KafkaProcess.classPath(), mainClass));
        command.addAll(arguments);
        return command;
    }

    /** Runs any command to its end. */
    public static Result run(Path workDirectory, List<String> command, Duration bound) {
        try {
            Path output = Files.createTempFile(workDirectory, "tool-", ".txt");
            ChildProcess child = ChildProcess.start(command, workDirectory, output, Map.of());
            int code = child.waitForExit(bound);
            Result result = new Result(code, child.output());
            Files.delete(output);
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command, e);
        }
    }
}
