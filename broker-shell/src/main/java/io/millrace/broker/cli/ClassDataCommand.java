package io.millrace.broker.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code millrace class-data}: writes the {@link ClassDataArchive} of this jar for this JVM. A node is started for a moment in a directory
 * of its own, on free ports of the loopback, takes one record, and leaves its classes when it ends. The build does this once.
 */
@Command(
        name = "class-data",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Write the archive beside the jar that makes a start quick; the build does so by itself.")
public final class ClassDataCommand implements Callable<Integer> {
    private static final Pattern CLIENTS = Pattern.compile("\\s*clients\\s+(\\S+:\\d+) .*");
    private static final long WAIT_SECONDS = 60;

    @Mixin
    private final LogOptions log = new LogOptions();

    @Override
    public Integer call() throws Exception {
        log.applyToClient();
        final Path jar = ClassDataArchive.runningJar();
        try (Output out = Output.standard()) {
            if (jar == null || !ClassDataArchive.isSupported()) {
                out.line("no archive: it takes a jar, Linux and a JDK from 17 to 23; a node starts without it");
                return 0;
            }
            final Path archive = ClassDataArchive.of(jar);
            write(jar, archive);
            out.line("wrote " + archive + ", " + (Files.size(archive) >> 20) + " MiB");
        }
        return 0;
    }

    private static void write(final Path jar, final Path archive) throws IOException, InterruptedException {
        final Path directory = Files.createTempDirectory("millrace-class-data");
        final Path unfinished = archive.resolveSibling(archive.getFileName() + ".unfinished");
        try {
            Files.deleteIfExists(unfinished);
            rehearse(command(jar, unfinished, directory));
            if (!Files.exists(unfinished)) {
                throw new CommandException("the JVM wrote no archive to " + unfinished);
            }
            Files.move(unfinished, archive, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
            delete(directory);
        }
    }

    private static List<String> command(final Path jar, final Path archive, final Path directory) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"));
        command.add("-XX:ArchiveClassesAtExit=" + archive);
        command.addAll(List.of("-jar", jar.toString(), "start"));
        command.addAll(List.of("--set", "log.dirs=" + directory.resolve("data")));
        command.addAll(List.of("--set", "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0"));
        return command;
    }

    private static void rehearse(final List<String> command) throws IOException, InterruptedException {
        final Process node = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = node.inputReader(StandardCharsets.UTF_8)) {
            produceOne(clients(lines));
            // By its handle: Process.destroy would close what is read here, and a node that writes would fail.
            node.toHandle().destroy();
            lines.lines().forEach(line -> {});
            if (!node.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new CommandException("the node did not end within " + WAIT_SECONDS + " s");
            }
        } finally {
            node.destroyForcibly();
        }
    }

    private static String clients(final BufferedReader lines) throws IOException {
        @Nullable String line = lines.readLine();
        while (line != null) {
            final Matcher clients = CLIENTS.matcher(line);
            if (clients.matches()) {
                return clients.group(1);
            }
            line = lines.readLine();
        }
        throw new CommandException("the node ended before it was ready");
    }

    private static void produceOne(final String bootstrap) throws InterruptedException {
        final Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("class-data", "one")).get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (final ExecutionException | TimeoutException e) {
            throw new CommandException("no record was taken: " + Failures.describe(e), e);
        }
    }

    private static void delete(final Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
