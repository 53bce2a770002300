package io.millrace.broker.cli;

import io.millrace.broker.config.ConfigException;
import io.millrace.broker.kraft.StartRefusal;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Turns whatever went wrong into one line on standard error and an exit code: 2 where the operator asked wrongly, 1 where
 * it could not be done, 141 where nobody reads the output any more (what a shell shows for SIGPIPE). The stack trace is
 * logged at level FINE, which {@code --log-level debug} shows.
 */
final class Failures {
    static final int FAILED = 1;
    static final int WRONG_USAGE = 2;
    static final int BROKEN_PIPE = 141;

    private static final Logger LOG = Logger.getLogger(Failures.class.getName());

    /** The broker's answer to a request that could never be right. */
    private static final Set<Class<? extends ApiException>> WRONG_REQUESTS = Set.of(
            InvalidConfigurationException.class,
            InvalidPartitionsException.class,
            InvalidReplicationFactorException.class,
            InvalidRequestException.class,
            InvalidTopicException.class);

    private Failures() {}

    static int badArgument(final ParameterException failure, final String[] arguments) {
        final CommandLine command = failure.getCommandLine();
        final String name = command.getCommandSpec().qualifiedName();
        final String line =
                lowerFirst(oneLine(String.valueOf(failure.getMessage()).replaceFirst("^Error: ", "")))
                        + suggestion(failure);
        command.getErr().println(name + ": " + line + " (see " + name + " --help)");
        command.getErr().flush();
        return WRONG_USAGE;
    }

    static int failed(final Exception failure, final CommandLine command, final ParseResult parsed) {
        final Throwable cause = unwrap(failure);
        LOG.log(Level.FINE, "the command failed", cause);
        if (!(cause instanceof BrokenPipeException)) {
            command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + describe(cause));
            command.getErr().flush();
        }
        return exitCode(cause);
    }

    static int exitCode(final Throwable failure) {
        final Throwable cause = unwrap(failure);
        if (cause instanceof BrokenPipeException) {
            return BROKEN_PIPE;
        }
        final boolean wrong = cause instanceof UsageException
                || cause instanceof StartRefusal
                || cause instanceof ConfigException
                || cause instanceof org.apache.kafka.common.config.ConfigException
                || WRONG_REQUESTS.contains(cause.getClass());
        return wrong ? WRONG_USAGE : FAILED;
    }

    /** One line for people. */
    static String describe(final Throwable failure) {
        final Throwable cause = unwrap(failure);
        final String message = cause.getMessage();
        if (message == null || message.isBlank()) {
            return cause.getClass().getSimpleName();
        }
        final boolean ours = cause instanceof UsageException
                || cause instanceof StartRefusal
                || cause instanceof CommandException
                || cause instanceof ConfigException
                || cause instanceof ApiException
                || cause instanceof KafkaException;
        return ours ? oneLine(message) : oneLine(cause.getClass().getSimpleName() + ": " + message);
    }

    static boolean isTimeout(final Throwable failure) {
        return unwrap(failure) instanceof TimeoutException;
    }

    /** Futures and clients wrap; what they wrap is what happened. */
    static Throwable unwrap(final Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null
                && (cause instanceof ExecutionException
                        || cause instanceof CompletionException
                        || cause.getClass() == KafkaException.class)) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String suggestion(final ParameterException failure) {
        if (!(failure instanceof UnmatchedArgumentException unmatched)) {
            return "";
        }
        final List<String> near = unmatched.getSuggestions();
        return near.isEmpty() ? "" : ", did you mean " + near.get(0) + "?";
    }

    private static String oneLine(final String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private static String lowerFirst(final String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }
}
