package io.millrace.broker.cli;

import io.millrace.library.BatchTailer;
import io.millrace.library.LogStore;
import io.millrace.library.ReadOnlyLog;
import io.millrace.library.ReadOnlyStore;
import io.millrace.library.Tailer;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.inspect.LogTarget;
import io.millrace.log.inspect.LoggedRecord;
import io.millrace.log.inspect.PartitionFiles;
import io.millrace.log.inspect.RecordWalker;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code millrace log tail}: follows a partition's files while a node, or another program, appends to them. Takes no lock, changes
 * nothing, asks nobody: what is read is what stands in the files, also above the high watermark.
 */
@Command(
        name = "tail",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Follow one partition live, from its files, until Ctrl-C.")
public final class LogTailCommand implements Callable<Integer> {
    private static final Duration LOOK = Duration.ofMillis(100);

    @Mixin
    private final LogPath path = new LogPath();

    @Option(names = "--from", paramLabel = "WHERE", description = "earliest, latest (the default), or an offset.")
    private String from = "latest";

    @Option(
            names = "--from-time",
            paramLabel = "TIME",
            description = "From the first record of that time on: milliseconds, or 2026-01-31T12:00:00Z.")
    private @Nullable String fromTime;

    @Option(names = "--max-records", paramLabel = "N", description = "End after so many records.")
    private long maxRecords = Long.MAX_VALUE;

    @Option(names = "--timeout-ms", paramLabel = "MS", description = "End when no record came for so long.")
    private long timeoutMs = Long.MAX_VALUE;

    private final RecordWalker walker = new KafkaRecords();
    private long printed;
    private long timestampMin = Long.MIN_VALUE;
    private long offsetMin = -1;
    /** The offset behind the last batch, -1 before the first one. */
    private long nextOffset = -1;

    @Override
    public Integer call() throws Exception {
        if (!from.matches("earliest|latest|\\d{1,18}")) {
            throw new UsageException("--from " + from + ": earliest, latest or an offset");
        }
        final PartitionFiles partition = partition(path.target());
        final PartitionName name = partition.name();
        final Path data = partition.directory().getParent();
        if (name == null || data == null) {
            throw new UsageException(partition.directory() + ": not named <topic>-<partition>");
        }
        try (Interrupt interrupt = Interrupt.onSignal();
                ReadOnlyStore store = LogStore.openReadOnly(data);
                BatchTailer tailer = start(
                                store.log(name.topic(), name.partition()).tailer())
                        .buildBatches();
                Output out = Output.standard()) {
            follow(tailer, store.log(name.topic(), name.partition()), new LogLines(out, path.json()), out, interrupt);
        }
        return 0;
    }

    private PartitionFiles partition(final LogTarget target) {
        if (target.kind() != LogTarget.Kind.PARTITION && target.partitions().size() != 1) {
            throw new UsageException(target.path() + ": give the directory of one partition");
        }
        return target.partitions().get(0);
    }

    private Tailer.Builder start(final Tailer.Builder builder) {
        if (fromTime != null) {
            timestampMin = millis(fromTime);
            return builder.fromTime(timestampMin);
        }
        if (from.equals("earliest")) {
            return builder.fromEarliest();
        }
        if (from.equals("latest")) {
            return builder.fromLatest();
        }
        offsetMin = Long.parseLong(from);
        return builder.fromOffset(offsetMin);
    }

    private static long millis(final String text) {
        try {
            return text.matches("\\d{1,18}")
                    ? Long.parseLong(text)
                    : Instant.parse(text).toEpochMilli();
        } catch (final DateTimeParseException e) {
            throw new UsageException(
                    "--from-time " + text + ": neither milliseconds nor a time like 2026-01-31T12:00:00Z");
        }
    }

    private void follow(
            final BatchTailer tailer,
            final ReadOnlyLog log,
            final LogLines lines,
            final Output out,
            final Interrupt interrupt)
            throws InterruptedException {
        final RecordLines records = new RecordLines(lines, true);
        long lastNs = System.nanoTime();
        while (!interrupt.requested() && printed < maxRecords && !isIdle(lastNs)) {
            if (tailer.awaitNext(LOOK)) {
                noteDeleted(RecordBatchDescriptor.baseOffset(tailer.buffer(), tailer.position()), log, lines);
                print(tailer.buffer(), tailer.position(), records);
                nextOffset = RecordBatchDescriptor.lastOffset(tailer.buffer(), tailer.position()) + 1;
                lastNs = System.nanoTime();
            } else {
                out.flush();
            }
        }
    }

    /** What retention has taken is not passed over in silence; the gaps that compaction leaves are none. */
    private void noteDeleted(final long baseOffset, final ReadOnlyLog log, final LogLines lines) {
        if (nextOffset >= 0 && baseOffset > nextOffset) {
            final long start = Math.min(baseOffset, log.logStart());
            if (start > nextOffset) {
                lines.of("note")
                        .put("partition", log.name() + "-" + log.partition())
                        .put("fromOffset", nextOffset)
                        .put("toOffset", start - 1)
                        .put("what", "deleted before they were read")
                        .print();
            }
        }
    }

    private boolean isIdle(final long lastNs) {
        return timeoutMs != Long.MAX_VALUE && System.nanoTime() - lastNs > timeoutMs * 1_000_000L;
    }

    private void print(final ByteBuffer buffer, final int at, final RecordLines lines) {
        final boolean control = RecordBatchDescriptor.isControl(buffer, at);
        final String problem = walker.walk(buffer, at, found -> print(found, control, lines));
        if (problem != null) {
            throw new CommandException(
                    "batch at offset " + RecordBatchDescriptor.baseOffset(buffer, at) + ": " + problem);
        }
    }

    /** The first batch may begin before what was asked for. */
    private void print(final LoggedRecord found, final boolean control, final RecordLines lines) {
        final boolean wanted = found.offset() >= offsetMin && found.timestamp() >= timestampMin;
        if (wanted && printed < maxRecords) {
            timestampMin = Long.MIN_VALUE;
            lines.record(found, control);
            printed++;
        }
    }
}
