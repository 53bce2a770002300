package io.millrace.broker.cli;

import io.millrace.log.inspect.LogTarget;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every log command is given: where to look, and how to answer. */
final class LogPath {
    @Parameters(
            arity = "1",
            paramLabel = "PATH",
            description = "A data directory, the directory of one partition, or one segment (.log).")
    private @Nullable String path;

    @Option(names = "--json", description = "One JSON object a line.")
    private boolean json;

    LogTarget target() {
        try {
            return LogTarget.of(Path.of(String.valueOf(path)));
        } catch (final InvalidPathException e) {
            throw new UsageException(path + ": not a path: " + e.getReason());
        } catch (final IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    boolean json() {
        return json;
    }
}
