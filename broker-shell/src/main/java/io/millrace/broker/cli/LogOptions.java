package io.millrace.broker.cli;

import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much is said on standard error. */
final class LogOptions {
    @Option(names = "--verbose", description = "Say more on standard error.")
    private boolean verbose;

    @Option(names = "--log-level", paramLabel = "LEVEL", description = "error, warn, info, debug or trace.")
    private @Nullable String level;

    /** A node says what it does; its libraries say what is wrong. */
    void applyToNode() {
        apply(Level.WARNING, Level.INFO);
    }

    /** A client's errors are the command's own to tell. */
    void applyToClient() {
        apply(Level.OFF, Level.WARNING);
    }

    private void apply(final Level libraries, final Level ours) {
        if (level != null) {
            ConsoleLog.configure(ConsoleLog.level(level), ConsoleLog.level(level));
        } else if (verbose) {
            ConsoleLog.configure(Level.INFO, Level.FINE);
        } else {
            ConsoleLog.configure(libraries, ours);
        }
    }
}
