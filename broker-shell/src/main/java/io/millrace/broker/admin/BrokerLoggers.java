package io.millrace.broker.admin;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The levels of this process's loggers, read and set under Kafka's names for levels. Levels are not kept over a restart.
 *
 * <p>java.util.logging forgets a logger that nobody holds, and its level with it: what was set is held here. Any thread.
 */
final class BrokerLoggers {
    static final String ROOT = "root";

    private final Map<String, Logger> set = new ConcurrentHashMap<>();

    /** Each known logger with the level that is effective for it, which may be an ancestor's. */
    Map<String, String> levels() {
        Map<String, String> levels = new TreeMap<>();
        for (String name : Collections.list(LogManager.getLogManager().getLoggerNames())) {
            Logger logger = LogManager.getLogManager().getLogger(name);
            if (logger != null) {
                levels.put(name.isEmpty() ? ROOT : name, toKafka(effectiveLevel(logger)));
            }
        }
        return levels;
    }

    boolean exists(String name) {
        return find(name) != null;
    }

    /** Sets the level, or with null lets the logger take its ancestor's again; does nothing for an unknown logger. */
    void setLevel(String name, @Nullable String level) {
        Logger logger = find(name);
        if (logger == null) {
            return;
        }
        logger.setLevel(level == null ? null : toJava(level));
        set.put(name, logger);
    }

    private static @Nullable Logger find(String name) {
        return LogManager.getLogManager().getLogger(name.equals(ROOT) ? "" : name);
    }

    private static Level effectiveLevel(Logger logger) {
        Logger at = logger;
        while (at.getLevel() == null && at.getParent() != null) {
            at = at.getParent();
        }
        return at.getLevel() == null ? Level.INFO : at.getLevel();
    }

    private static Level toJava(String level) {
        return switch (level) {
            case "FATAL", "ERROR" -> Level.SEVERE;
            case "WARN" -> Level.WARNING;
            case "DEBUG" -> Level.FINE;
            case "TRACE" -> Level.FINEST;
            default -> Level.INFO;
        };
    }

    private static String toKafka(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return value == Level.OFF.intValue() ? "OFF" : "ERROR";
        }
        if (value >= Level.WARNING.intValue()) {
            return "WARN";
        }
        if (value >= Level.CONFIG.intValue()) {
            return "INFO";
        }
        return value >= Level.FINE.intValue() ? "DEBUG" : "TRACE";
    }
}
