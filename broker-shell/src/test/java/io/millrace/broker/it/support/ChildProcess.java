package io.millrace.broker.it.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One child process with its output, standard and error together, in a file. Owned by the test that started it, used by one
 * thread. A child never outlives the test JVM: a shutdown hook kills what is left.
 */
public final class ChildProcess {
    private static final long FILE_TAIL_CHARACTERS = 12_000;

    private final Process process;
    private final Path output;
    private final Thread reaper;

    private ChildProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
        this.reaper = new Thread(process::destroyForcibly, "reaper-" + process.pid());
    }

    /** Starts the command; its output is appended to the file. */
    public static ChildProcess start(
            List<String> command, Path workDirectory, Path output, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(workDirectory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().putAll(environment);
        try {
            ChildProcess child = new ChildProcess(builder.start(), output);
            Runtime.getRuntime().addShutdownHook(child.reaper);
            return child;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly();
        waitForExit(Duration.ofSeconds(20));
    }

    /** SIGTERM, and the exit code. */
    public int terminate(Duration bound) {
        process.destroy();
        return waitForExit(bound);
    }

    public int waitForExit(Duration bound) {
        try {
            if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("process " + pid() + " still runs after " + bound + "\n" + outputTail());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new IllegalStateException("interrupted while waiting for process " + pid(), e);
        }
        Runtime.getRuntime().removeShutdownHook(reaper);
        return process.exitValue();
    }

    public String output() {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + output, e);
        }
    }

    public String outputTail() {
        String all = output();
        return all.substring((int) Math.max(0, all.length() - FILE_TAIL_CHARACTERS));
    }
}
