package io.millrace.perf.target;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Which broker, as it was asked for. Immutable.
 *
 * @param type how it is come by
 * @param text the command or the address; for the two that are known, their name
 */
public record BrokerSpec(Type type, String text) {
    private static final String COMMAND = "command:";

    /** How a broker is come by. */
    public enum Type {
        MILLRACE,
        KAFKA,
        COMMAND,
        ADDRESS
    }

    /**
     * How the brokers of a run are started.
     *
     * @param millraceJar Millrace, as the build leaves it
     * @param jvmFlags given to brokers whose JVM is started here
     * @param settings lines of the properties file beyond ports and directories
     * @param parent where data directories are made
     */
    public record Launch(Path millraceJar, List<String> jvmFlags, List<String> settings, Path parent) {
        public Launch {
            jvmFlags = List.copyOf(jvmFlags);
            settings = List.copyOf(settings);
        }

        /** The same with one more flag of the JVM. */
        public Launch withFlag(String flag) {
            List<String> flags = new java.util.ArrayList<>(jvmFlags);
            flags.add(flag);
            return new Launch(millraceJar, flags, settings, parent);
        }

        /** The same with more settings. */
        public Launch withSettings(List<String> more) {
            List<String> all = new java.util.ArrayList<>(settings);
            all.addAll(more);
            return new Launch(millraceJar, jvmFlags, all, parent);
        }
    }

    /**
     * Reads {@code millrace}, {@code kafka}, {@code command:…} or {@code host:port}.
     *
     * @throws IllegalArgumentException with the reason
     */
    public static BrokerSpec parse(String text) {
        if (text.equals("millrace")) {
            return new BrokerSpec(Type.MILLRACE, "Millrace");
        }
        if (text.equals("kafka")) {
            return new BrokerSpec(Type.KAFKA, "Apache Kafka");
        }
        if (text.startsWith(COMMAND)) {
            return new BrokerSpec(Type.COMMAND, text.substring(COMMAND.length()));
        }
        if (text.matches("[^ ]+:\\d+(,[^ ]+:\\d+)*")) {
            return new BrokerSpec(Type.ADDRESS, text);
        }
        throw new IllegalArgumentException(
                "a broker is millrace, kafka, command:… (with {port} and {dir}) or host:port, not " + text);
    }

    /** Whether this program starts and stops it. */
    public boolean started() {
        return type != Type.ADDRESS;
    }

    /** Whether its JVM takes our flags. */
    public boolean jvm() {
        return type == Type.MILLRACE || type == Type.KAFKA;
    }

    /**
     * Refuses what cannot be started.
     *
     * @throws IllegalArgumentException with the reason
     */
    public void requireStartable(Launch launch) {
        if (type == Type.MILLRACE && !Files.isRegularFile(launch.millraceJar())) {
            throw new IllegalArgumentException(
                    "no such jar: " + launch.millraceJar() + " (build it, or name it with --millrace-jar)");
        }
        if (!Files.isDirectory(launch.parent())) {
            throw new IllegalArgumentException("no such directory: " + launch.parent());
        }
    }
}
