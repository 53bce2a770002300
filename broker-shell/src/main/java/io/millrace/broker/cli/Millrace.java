package io.millrace.broker.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The program: {@code java -jar millrace.jar [command]}. Without a command it starts a node with defaults.
 *
 * <p>Only {@link #main} ends the process; {@link #run} returns the exit code, so that tests and other programs can call it.
 */
@Command(
        name = "millrace",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        synopsisHeading = "Usage: ",
        header = "Millrace: a log storage engine, and a broker on top that speaks Kafka.%n",
        description = {
            "%nWithout a command a node starts: port 9092, data under ./millrace-data. What somebody would set in Kafka's "
                    + "server.properties is set by --config FILE or --set name=value.%n"
        },
        commandListHeading = "%nCommands:%n",
        footer = {
            "%nFirst steps:",
            "  millrace                                     start a node",
            "  millrace topics --create --topic t           make a topic",
            "  millrace produce --topic t < lines.txt       one record for each line",
            "  millrace consume --topic t --from-beginning  and back"
        },
        subcommands = {
            StartCommand.class,
            ClusterCommand.class,
            FormatCommand.class,
            TopicsCommand.class,
            ProduceCommand.class,
            ConsumeCommand.class,
            GroupsCommand.class,
            LogCommand.class,
            StatCommand.class,
            ClassDataCommand.class
        })
public final class Millrace implements Callable<Integer> {
    @Mixin
    private final ServerOptions server = new ServerOptions();

    private Millrace() {}

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param arguments the command line.
     */
    public static void main(final String[] arguments) {
        // Before the first logger: the JDK's own manager would silence the last lines of a shutdown.
        System.setProperty("java.util.logging.manager", ConsoleLog.Manager.class.getName());
        final int code = run(arguments);
        System.out.flush();
        System.err.flush();
        System.exit(code);
    }

    /**
     * Runs one command.
     *
     * @param arguments the command line.
     * @return 0 if it did what was asked, 1 if it could not, 2 if the arguments or settings are wrong.
     */
    public static int run(final String... arguments) {
        return new CommandLine(new Millrace())
                .setParameterExceptionHandler(Failures::badArgument)
                .setExecutionExceptionHandler(Failures::failed)
                .setExitCodeExceptionMapper(Failures::exitCode)
                .setUsageHelpAutoWidth(true)
                .setUsageHelpLongOptionsMaxWidth(40)
                .setOverwrittenOptionsAllowed(false)
                .execute(arguments);
    }

    @Override
    public Integer call() throws Exception {
        return new ForegroundNode(server.load()).run();
    }
}
