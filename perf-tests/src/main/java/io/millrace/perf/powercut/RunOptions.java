package io.millrace.perf.powercut;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The broker that is run, and where the result goes. Filled by the command line. */
final class RunOptions {
    @Option(
            names = "--millrace-jar",
            defaultValue = "broker-shell/target/millrace.jar",
            description = "The broker (${DEFAULT-VALUE}).")
    private Path jar = Path.of("");

    @Option(names = "--json", description = "A file for the result, every single figure of it.")
    private Optional<Path> json = Optional.empty();

    /** The broker's jar, which is there; otherwise the command was asked wrongly. */
    Path jar(CommandSpec command) {
        if (!Files.isRegularFile(jar)) {
            throw new CommandLine.ParameterException(command.commandLine(), "no such jar: " + jar);
        }
        return jar.toAbsolutePath();
    }

    /** Writes the result, where a file was asked for. */
    void write(String result) throws IOException {
        if (json.isPresent()) {
            Files.writeString(json.get(), result);
        }
    }
}
