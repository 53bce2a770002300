package io.millrace.broker.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entry of the jar: starts {@link Millrace}, and before that, for a node, replaces the process's image by a JVM that maps the
 * {@linkplain ClassDataArchive class-data archive} beside the jar. A start is class loading for the most part, and a JVM takes the archive
 * by a flag only, which {@code java -jar} has no place for.
 *
 * <p>The process stays the same: its id, its parent, its files and its environment; {@code ps} shows the flag. It is a help to speed and
 * nothing else: without an archive, on another system than Linux, or with flags that make a second start of the JVM wrong (a debugger, an
 * agent, a recording), the node starts in the JVM that is there.
 *
 * <p>Loads next to nothing: no lambda, no concatenation, no logger, each of which would cost as much as it saves.
 */
public final class Launcher {
    /** Set in the second image, to the archive's path: it is not started over again. */
    static final String ARCHIVE_PROPERTY = "millrace.class.data";

    /** Flags of a JVM that must not be started twice, or that has been told about class data. */
    private static final String[] KEEP_IMAGE = {
        "-agent",
        "-javaagent",
        "-Xrun",
        "-Xshare",
        "-XX:SharedArchiveFile",
        "-XX:ArchiveClassesAtExit",
        "-XX:StartFlightRecording",
        "-XX:FlightRecorderOptions",
        "-Dmillrace.class.data"
    };

    /** Variables that a JVM reads flags from, and says so on the console each time. */
    private static final String[] FLAG_VARIABLES = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"};

    private Launcher() {}

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param arguments the command line.
     */
    public static void main(String[] arguments) {
        if (startsNode(arguments)) {
            startOverWithArchive();
        }
        Millrace.main(arguments);
    }

    /** Without a command, or with {@code start}: options come after the command. */
    static boolean startsNode(String[] arguments) {
        return arguments.length == 0 || arguments[0].startsWith("-") || "start".equals(arguments[0]);
    }

    /** Returns where the archive cannot be used. */
    private static void startOverWithArchive() {
        try {
            Path jar = ClassDataArchive.runningJar();
            Path archive = jar == null ? null : ClassDataArchive.usable(jar);
            String[] command = archive == null ? null : command(commandLine(), archive);
            if (command != null && variablesAllow()) {
                ProcessImage.replace(Files.readSymbolicLink(Path.of("/proc/self/exe")), command);
            }
        } catch (Exception | LinkageError unavailable) {
            // Never required: the node starts without it.
        }
    }

    private static boolean variablesAllow() {
        for (String variable : FLAG_VARIABLES) {
            if (System.getenv(variable) != null) {
                return false;
            }
        }
        return true;
    }

    /** The arguments of this process, the program's own name first. */
    private static List<String> commandLine() throws Exception {
        byte[] raw = Files.readAllBytes(Path.of("/proc/self/cmdline"));
        List<String> arguments = new ArrayList<>();
        int from = 0;
        for (int at = 0; at < raw.length; at++) {
            if (raw[at] == 0) {
                arguments.add(new String(raw, from, at - from, ClassDataArchive.nativeCharset()));
                from = at + 1;
            }
        }
        return arguments;
    }

    /**
     * The same command with the archive's flags put first; null where a flag of the JVM (what stands before {@code -jar}) forbids it, or
     * the JVM was not started with {@code -jar}.
     */
    static String @Nullable [] command(List<String> commandLine, Path archive) {
        int jar = commandLine.indexOf("-jar");
        if (jar < 1) {
            return null;
        }
        for (String flag : commandLine.subList(1, jar)) {
            for (String forbidden : KEEP_IMAGE) {
                if (flag.startsWith(forbidden)) {
                    return null;
                }
            }
        }
        List<String> command = new ArrayList<>(commandLine);
        command.addAll(1, ClassDataArchive.flags(archive));
        return command.toArray(new String[0]);
    }
}
