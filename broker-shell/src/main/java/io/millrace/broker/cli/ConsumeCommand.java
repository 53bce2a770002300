package io.millrace.broker.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code millrace consume}: records become lines on standard output, with kafka-console-consumer's flags.
 *
 * <p>With {@code --group} the command is a member of that group, and commits what it has written out, at least each second
 * and at its end. Without, it reads all partitions on its own and leaves nothing behind in the cluster.
 */
@Command(
        name = "consume",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Write the records of a topic to standard output, until Ctrl-C.")
public final class ConsumeCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);

    @Option(names = "--topic", paramLabel = "NAME", description = "The topic to read.")
    private @Nullable String topic;

    @Option(names = "--include", paramLabel = "REGEX", description = "Read all topics of these names instead.")
    private @Nullable String include;

    @Option(names = "--group", paramLabel = "NAME", description = "Read as a member of this group and commit.")
    private @Nullable String group;

    @Option(names = "--from-beginning", description = "Where nothing is committed, start at the earliest record.")
    private boolean fromBeginning;

    @Option(names = "--partition", paramLabel = "N", description = "Read only this partition (without --group).")
    private @Nullable Integer partition;

    @Option(
            names = "--offset",
            paramLabel = "OFFSET",
            description = "earliest, latest or a number, from the end if negative (with --partition).")
    private @Nullable String offset;

    @Option(names = "--max-messages", paramLabel = "N", description = "End after so many records.")
    private long maxMessages = Long.MAX_VALUE;

    @Option(names = "--timeout-ms", paramLabel = "MS", description = "End when no record came for so long.")
    private long idleTimeoutMs = Long.MAX_VALUE;

    @Option(
            names = {"--property", "--formatter-property"},
            paramLabel = "NAME=VALUE",
            description = "What is printed: print.timestamp, print.partition, print.offset, print.headers, print.key, "
                    + "print.value, key.separator, line.separator, headers.separator, null.literal.")
    private List<String> formatterProperties = new ArrayList<>();

    @Option(
            names = "--isolation-level",
            paramLabel = "LEVEL",
            description = "read_uncommitted or read_committed (default: ${DEFAULT-VALUE}).",
            defaultValue = "read_uncommitted")
    private String isolationLevel = "read_uncommitted";

    @Option(names = "--quiet", description = "No progress and no summary on standard error.")
    private boolean quiet;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Override
    public Integer call() {
        checkFlags();
        final RecordWriter writer = client.json() ? new JsonRecordWriter() : TextRecordWriter.of(formatterProperties);
        final Progress progress = new Progress("consumed", quiet);
        try (Interrupt interrupt = Interrupt.onSignal()) {
            consume(interrupt, writer, progress);
        }
        return 0;
    }

    private void consume(final Interrupt interrupt, final RecordWriter writer, final Progress progress) {
        try (Consumer<byte[], byte[]> consumer = consumer()) {
            interrupt.wakes(consumer::wakeup);
            run(consumer, writer, progress, interrupt);
        } finally {
            if (!quiet && progress.records() > 0) {
                System.err.println(progress.summary());
            }
        }
    }

    private void checkFlags() {
        if ((topic == null) == (include == null)) {
            throw new UsageException("one of --topic and --include is needed");
        }
        if (group != null && (partition != null || offset != null)) {
            throw new UsageException(
                    "--group: a group chooses partitions and offsets itself, drop --partition/--offset");
        }
        if (partition != null && topic == null) {
            throw new UsageException("--partition needs --topic");
        }
        if (offset != null && partition == null) {
            throw new UsageException("--offset needs --partition");
        }
        if (offset != null && fromBeginning) {
            throw new UsageException("--from-beginning and --offset exclude each other");
        }
        if (offset != null && !offset.matches("earliest|latest|-?\\d{1,18}")) {
            throw new UsageException("--offset " + offset + ": earliest, latest or a number");
        }
    }

    private Consumer<byte[], byte[]> consumer() {
        final Map<String, Object> config = client.connect();
        config.put("enable.auto.commit", "false");
        config.put("isolation.level", isolationLevel.toLowerCase(Locale.ROOT));
        config.putIfAbsent("auto.offset.reset", fromBeginning ? "earliest" : "latest");
        config.putIfAbsent("default.api.timeout.ms", Integer.toString(client.timeoutMs()));
        config.putIfAbsent("request.timeout.ms", Integer.toString(client.timeoutMs()));
        if (group != null) {
            config.put("group.id", group);
        }
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private Reading reading(final Consumer<byte[], byte[]> consumer) {
        final TopicChoice choice = TopicChoice.of(topic, include);
        return group != null
                ? new GroupReading(consumer, choice)
                : new FreeReading(consumer, choice, partition, startOffset());
    }

    private String startOffset() {
        if (offset != null) {
            return offset;
        }
        return fromBeginning ? "earliest" : "latest";
    }

    private void run(
            final Consumer<byte[], byte[]> consumer,
            final RecordWriter writer,
            final Progress progress,
            final Interrupt interrupt) {
        try (Output out = Output.standard();
                Reading reading = reading(consumer)) {
            long lastRecordNs = System.nanoTime();
            while (!interrupt.requested() && progress.records() < maxMessages && !isIdle(lastRecordNs)) {
                final ConsumerRecords<byte[], byte[]> polled = reading.poll(POLL);
                if (!polled.isEmpty()) {
                    write(polled, writer, out, progress, reading);
                    lastRecordNs = System.nanoTime();
                }
                out.flush();
                reading.written();
                progress.maybeSay();
            }
        } catch (final WakeupException e) {
            // Ctrl-C while waiting for records or for an answer: everything written has been committed by close.
        }
    }

    private boolean isIdle(final long lastRecordNs) {
        return idleTimeoutMs != Long.MAX_VALUE && System.nanoTime() - lastRecordNs > idleTimeoutMs * 1_000_000L;
    }

    private void write(
            final ConsumerRecords<byte[], byte[]> polled,
            final RecordWriter writer,
            final Output out,
            final Progress progress,
            final Reading reading) {
        for (final ConsumerRecord<byte[], byte[]> each : polled) {
            if (progress.records() >= maxMessages) {
                return;
            }
            writer.write(each, out);
            reading.wrote(each);
            progress.add(1, Math.max(0, each.serializedKeySize()) + Math.max(0, each.serializedValueSize()));
        }
    }
}
