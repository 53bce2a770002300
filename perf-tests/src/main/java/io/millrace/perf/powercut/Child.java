package io.millrace.perf.powercut;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that is going to be killed. Used by one thread. */
final class Child implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 30;

    private final Process process;
    private final DataInputStream output;

    private Child(Process process) {
        this.process = process;
        output = new DataInputStream(new BufferedInputStream(process.getInputStream()));
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "reaper-" + process.pid()));
    }

    /** A {@link Writer}, of the running JDK and with this class path. */
    static Child writer(Path directory, int partitions, DurabilityMode mode) throws IOException {
        List<String> command = java("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-ea");
        command.addAll(List.of("-cp", classPath(), Writer.class.getName()));
        command.addAll(List.of(directory.toString(), Integer.toString(partitions), mode.toString()));
        return new Child(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** Has a writer begin a run, and hears it. */
    Acknowledgements begin(long run, int partitions) throws IOException {
        Acknowledgements heard = new Acknowledgements(output, partitions);
        process.getOutputStream()
                .write(ByteBuffer.allocate(Long.BYTES).putLong(0, run).array());
        process.getOutputStream().flush();
        return heard;
    }

    /** A broker with its settings in a file. */
    static Child broker(Path jar, Path properties, Path output) throws IOException {
        List<String> command = java("-Xmx512m");
        command.addAll(List.of("-jar", jar.toString(), "start", "--config", properties.toString()));
        return new Child(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start());
    }

    private static List<String> java(String... flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        return command;
    }

    Process process() {
        return process;
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
    }

    /** Has a Java process print the stacks of its threads. */
    void printStacks() throws IOException, InterruptedException {
        signal("-QUIT");
    }

    /** Kills it and waits for its end. */
    @Override
    public void close() throws IOException {
        process.toHandle().destroyForcibly(); // leaves the pipe open: what was said is heard
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("process " + process.pid() + " cannot be killed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
