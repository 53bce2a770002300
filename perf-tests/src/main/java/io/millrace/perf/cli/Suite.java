package io.millrace.perf.cli;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.scenario.Kind;
import java.io.PrintWriter;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry of {@code perf-tests.jar}. Stateless. */
@Command(
        name = "perf-tests",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Loads brokers that speak Kafka's protocol, and compares them.")
public final class Suite {
    /** Exit code of a run that ended early: what was measured until then was kept. */
    static final int FAILED = 3;

    /** Held, so that the level stays: the clients' log would be mixed into the report. */
    private static final Logger CLIENT_LOG = Logger.getLogger("org.apache.kafka");

    private Suite() {}

    /** Runs the command line and exits with its code. */
    public static void main(String[] arguments) {
        CLIENT_LOG.setLevel(Level.SEVERE);
        System.exit(commandLine().execute(arguments));
    }

    /** All commands; each writes to its command line's streams. */
    public static CommandLine commandLine() {
        CommandLine suite = new CommandLine(new Suite());
        for (Kind kind : Kind.values()) {
            CommandLine command = new CommandLine(new LoadCommand(kind));
            command.getCommandSpec().usageMessage().description(kind.words());
            suite.addSubcommand(kind.command(), command);
        }
        suite.addSubcommand("compare", new CompareCommand());
        suite.setExecutionExceptionHandler((e, command, result) -> failed(e, command));
        return suite;
    }

    private static int failed(Exception e, CommandLine command) {
        PrintWriter err = command.getErr();
        if (e instanceof LoadFailure) {
            say(command, LoadFailure.lineOf(e));
        } else {
            e.printStackTrace(err);
        }
        err.flush();
        return FAILED;
    }

    /** The one line about what went wrong. */
    static void say(CommandLine command, String line) {
        command.getErr().println("failed: " + line);
        command.getErr().flush();
    }
}
