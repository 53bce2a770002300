package io.millrace.broker.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One node in a JVM of its own, its output in a file. Ctrl-C on the terminal does not reach it: it would end with all others at once, and
 * nobody could take over what it leads. Owned by {@link ClusterCommand}.
 */
final class NodeProcess {
    /** A signal that is ignored when a program begins stays ignored in it, in a JVM as well. */
    private static final String IGNORES_CTRL_C = "trap '' INT; exec \"$@\"";

    /** Of the first line of {@link StartReport}. */
    private static final String READY = " is ready after ";

    private final int id;
    private final Path log;
    /** Where in the file the output of this run begins. */
    private final int begin;

    private final Process process;

    private NodeProcess(final int id, final Path log, final int begin, final Process process) {
        this.id = id;
        this.log = log;
        this.begin = begin;
        this.process = process;
    }

    /** Starts the node without waiting for it. */
    static NodeProcess start(
            final ClusterLayout layout, final int id, final List<String> jvm, final List<String> settings)
            throws IOException {
        final List<String> command = new ArrayList<>(List.of("sh", "-c", IGNORES_CTRL_C, "millrace-node-" + id));
        command.addAll(jvm);
        command.add("start");
        settings.forEach(setting -> command.addAll(List.of("--set", setting)));
        final Path log = layout.logFile(id);
        final int begin = Files.exists(log) ? (int) Files.size(log) : 0;
        final Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process.getOutputStream().close();
        return new NodeProcess(id, log, begin, process);
    }

    int id() {
        return id;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Whether it has said that it serves. */
    boolean isServing() {
        try {
            byte[] printed = Files.readAllBytes(log);
            return new String(printed, begin, printed.length - begin, StandardCharsets.UTF_8).contains(READY);
        } catch (final IOException e) {
            return false;
        }
    }

    /** The line to look at when it has ended by itself. */
    String lastLine() {
        try {
            return Files.readAllLines(log).stream()
                    .filter(line -> !line.isBlank())
                    .reduce((first, second) -> second)
                    .orElse("it printed nothing");
        } catch (final IOException e) {
            return "see " + log;
        }
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** Waits for the end; what does not end is killed. Returns whether it ended by itself. */
    boolean awaitEnd(final long seconds) throws InterruptedException {
        if (process.waitFor(seconds, TimeUnit.SECONDS)) {
            return true;
        }
        process.destroyForcibly().waitFor();
        return false;
    }
}
