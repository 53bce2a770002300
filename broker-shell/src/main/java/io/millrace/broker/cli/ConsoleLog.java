package io.millrace.broker.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.slf4j.LoggerFactory;

/**
 * Logging of the process, set up in code: one line a record, on standard error. Libraries say warnings, Millrace says what
 * it does; {@code --log-level} moves both.
 */
final class ConsoleLog {
    private static final Map<String, Level> LEVELS = Map.of(
            "error", Level.SEVERE,
            "warn", Level.WARNING,
            "info", Level.INFO,
            "debug", Level.FINE,
            "trace", Level.FINEST);

    /** The log manager holds loggers weakly: what was set is lost with a logger that nobody holds. */
    private static final List<Logger> LIBRARIES = List.of(
            Logger.getLogger("org.apache.kafka"),
            Logger.getLogger("io.netty"),
            Logger.getLogger("com.yammer"),
            Logger.getLogger("org.apache.commons"));

    private static final Logger OURS = Logger.getLogger("io.millrace");
    private static final Logger ROOT = Logger.getLogger("");

    private ConsoleLog() {}

    /**
     * Sends records to standard error.
     *
     * @param libraries what Kafka, Netty and others say.
     * @param ours      what Millrace says.
     */
    static void configure(final Level libraries, final Level ours) {
        for (final Handler handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
        }
        final Handler handler = new StandardError();
        if (libraries.intValue() > Level.INFO.intValue()) {
            handler.setFilter(ConsoleLog::isNews);
        }
        ROOT.addHandler(handler);
        ROOT.setLevel(libraries);
        LIBRARIES.forEach(logger -> logger.setLevel(libraries));
        OURS.setLevel(ours);
        // Bound here, before there are threads: SLF4J says so on the console where two of them log first.
        LoggerFactory.getILoggerFactory();
    }

    /** The level of a name that people write. */
    static Level level(final String name) {
        final Level level = LEVELS.get(name.toLowerCase(Locale.ROOT));
        if (level == null) {
            throw new UsageException("--log-level " + name + ": one of error, warn, info, debug, trace");
        }
        return level;
    }

    /** Kafka warns at each start that a controller has become active, which is what starts are for. */
    private static boolean isNews(final LogRecord record) {
        return !String.valueOf(record.getMessage()).contains("Performing controller activation");
    }

    /**
     * The JDK's manager closes all handlers in a shutdown hook of its own, beside the one that stops the node, whose last
     * lines would be lost. This one leaves them open: they write straight to standard error and own nothing.
     */
    public static final class Manager extends LogManager {
        @Override
        public void reset() {
            // Called by the JDK's shutdown hook and before a configuration file is read; there is none here.
        }
    }

    private static final class StandardError extends StreamHandler {
        StandardError() {
            super(System.err, new OneLine());
            setLevel(Level.ALL);
        }

        @Override
        public synchronized void publish(final LogRecord record) {
            super.publish(record);
            flush();
        }
    }

    /** {@code 12:34:56.789 WARN  NetworkClient: text}, and a stack trace where there is one. */
    private static final class OneLine extends Formatter {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

        @Override
        public String format(final LogRecord record) {
            return String.format(
                    Locale.ROOT,
                    "%s %-5s %s: %s%n%s",
                    TIME.format(Instant.ofEpochMilli(record.getMillis())),
                    name(record.getLevel()),
                    shortName(record.getLoggerName()),
                    formatMessage(record),
                    stackTrace(record));
        }

        private static String name(final Level level) {
            if (level.intValue() >= Level.SEVERE.intValue()) {
                return "ERROR";
            }
            if (level.intValue() >= Level.WARNING.intValue()) {
                return "WARN";
            }
            return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
        }

        private static String shortName(final String logger) {
            return logger == null ? "" : logger.substring(logger.lastIndexOf('.') + 1);
        }

        private static String stackTrace(final LogRecord record) {
            if (record.getThrown() == null) {
                return "";
            }
            final StringWriter text = new StringWriter();
            record.getThrown().printStackTrace(new PrintWriter(text));
            return text.toString();
        }
    }
}
