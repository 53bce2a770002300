package io.millrace.broker.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace produce}: lines of a file or of standard input become records, with kafka-console-producer's flags. */
@Command(
        name = "produce",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Write one record for each line of a file or of standard input.")
public final class ProduceCommand implements Callable<Integer> {
    @Option(names = "--topic", required = true, paramLabel = "NAME", description = "The topic to write to.")
    private String topic = "";

    @Option(names = "--file", paramLabel = "FILE", description = "Read this file instead of standard input.")
    private @Nullable Path file;

    @Option(
            names = {"--property", "--reader-property"},
            paramLabel = "NAME=VALUE",
            description = "How a line is read: parse.key, key.separator, parse.headers, headers.delimiter, "
                    + "headers.separator, headers.key.separator, null.marker, ignore.error.")
    private List<String> readerProperties = new ArrayList<>();

    @Option(
            names = "--json-lines",
            description = "Each line is a JSON object with key, value, headers, partition, timestamp.")
    private boolean jsonLines;

    @Option(
            names = "--compression-codec",
            arity = "0..1",
            fallbackValue = "gzip",
            paramLabel = "CODEC",
            description = "none, gzip, snappy, lz4 or zstd; gzip if no name follows.")
    private @Nullable String compression;

    @Option(
            names = {"--acks", "--request-required-acks"},
            paramLabel = "ACKS",
            defaultValue = "all",
            description = "0, 1 or all (default: ${DEFAULT-VALUE}).")
    private String acks = "all";

    @Option(names = "--sync", description = "Wait for each record's acknowledgement before the next line is read.")
    private boolean sync;

    @Option(names = "--quiet", description = "No progress and no summary on standard error.")
    private boolean quiet;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    @Override
    public Integer call() throws Exception {
        final RecordReader reader = jsonLines ? new JsonRecordReader() : TextRecordReader.of(readerProperties);
        final Progress progress = new Progress("produced", quiet);
        try (LineInput lines = new LineInput(open());
                Producer<byte[], byte[]> producer = producer()) {
            send(lines, reader, producer, progress);
            producer.flush();
        }
        throwIfFailed(progress);
        report(progress);
        return 0;
    }

    private InputStream open() throws IOException {
        try {
            return file == null ? System.in : Files.newInputStream(file);
        } catch (final NoSuchFileException e) {
            throw new UsageException("--file " + file + ": no such file");
        }
    }

    private Producer<byte[], byte[]> producer() {
        final Map<String, Object> config = client.connect();
        config.put("acks", acks);
        if (compression != null) {
            config.put("compression.type", compression);
        }
        final String timeoutMs = Integer.toString(client.timeoutMs());
        config.putIfAbsent("max.block.ms", timeoutMs);
        config.putIfAbsent("request.timeout.ms", timeoutMs);
        config.putIfAbsent("delivery.timeout.ms", Integer.toString(3 * client.timeoutMs()));
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void send(
            final LineInput lines,
            final RecordReader reader,
            final Producer<byte[], byte[]> producer,
            final Progress progress)
            throws Exception {
        byte[] line = lines.next();
        while (line != null && failure.get() == null) {
            final ProducerRecord<byte[], byte[]> next = reader.read(topic, line, lines.lineNumber());
            final var sent = producer.send(next, (metadata, e) -> failure.compareAndSet(null, e));
            if (sync) {
                sent.get();
            }
            progress.add(1, line.length);
            progress.maybeSay();
            line = lines.next();
        }
    }

    private void throwIfFailed(final Progress progress) {
        final Throwable first = failure.get();
        if (first != null) {
            final String line = Failures.describe(first) + " (among the first " + progress.records() + " lines)";
            throw new CommandException(line, first);
        }
    }

    private void report(final Progress progress) {
        if (client.json()) {
            try (Output out = Output.standard()) {
                out.json(progress.summaryAsMap());
            }
        } else if (!quiet) {
            System.err.println(progress.summary());
        }
    }
}
