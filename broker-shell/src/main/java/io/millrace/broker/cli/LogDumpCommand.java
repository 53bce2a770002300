package io.millrace.broker.cli;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.CheckpointFile;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.inspect.IndexEntries;
import io.millrace.log.inspect.LogTarget;
import io.millrace.log.inspect.PartitionFiles;
import io.millrace.log.inspect.PartitionFiles.SegmentPath;
import io.millrace.log.inspect.RecordWalker;
import io.millrace.log.inspect.SegmentBatches;
import io.millrace.log.inspect.SegmentBatches.State;
import io.millrace.log.inspect.TxnEntries;
import io.millrace.log.producer.ProducerEntry;
import io.millrace.log.producer.ProducerSnapshot;
import io.millrace.log.segment.HeaderSumTable;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code millrace log dump}: what stands in the files. Exit code 0, 1 where bytes were met that are no sound batch (they are told, and
 * the dump goes on behind them), 2 asked wrongly.
 */
@Command(
        name = "dump",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Print the batches of a log; with --deep the records and every file beside them too.")
public final class LogDumpCommand implements Callable<Integer> {
    private static final List<String> CHECKPOINTS = List.of(
            "recovery-point-offset-checkpoint",
            "log-start-offset-checkpoint",
            "replication-offset-checkpoint",
            "cleaner-offset-checkpoint");

    @Mixin
    private final LogPath path = new LogPath();

    @Option(
            names = "--deep",
            description = "Records, index entries, aborted transactions, producers, leader epochs and checkpoints too.")
    private boolean deep;

    @Option(names = "--print-data", description = "Keys, values and headers of the records (implies --deep).")
    private boolean data;

    @Option(names = "--from", paramLabel = "OFFSET", description = "Nothing below this offset.")
    private long from;

    @Option(names = "--to", paramLabel = "OFFSET", description = "Nothing from this offset on.")
    private long to = Long.MAX_VALUE;

    private final RecordWalker walker = new KafkaRecords();
    private int problems;

    @Override
    public Integer call() {
        if (from < 0 || to <= from) {
            throw new UsageException("--from " + from + " --to " + to + ": no offset lies between them");
        }
        deep |= data;
        final LogTarget target = path.target();
        try (Output out = Output.standard()) {
            final LogLines lines = new LogLines(out, path.json());
            if (deep && target.kind() == LogTarget.Kind.DATA_DIRECTORY) {
                CHECKPOINTS.forEach(name -> checkpoint(lines, target.path().resolve(name)));
            }
            target.partitions().forEach(partition -> partition(lines, partition));
        }
        return problems == 0 ? 0 : Failures.FAILED;
    }

    private void partition(final LogLines lines, final PartitionFiles partition) {
        final LogLines.Line line = lines.of("partition")
                .put("name", partition.displayName())
                .put("segments", partition.segments().size())
                .put("directory", partition.directory().toString());
        final PartitionMetadata metadata =
                readable(lines, "metadata", partition.directory(), () -> PartitionMetadata.read(partition.directory()));
        if (metadata != null) {
            line.put("topicId", metadata.topicId());
        }
        line.print();
        for (final SegmentPath segment : partition.segments()) {
            if (segment.endOffset() > from && segment.baseOffset() < to) {
                segment(lines, segment);
            }
        }
        if (deep && partition.whole()) {
            partition.snapshots().forEach(snapshot -> snapshot(lines, snapshot));
            epochs(lines, partition);
            synced(lines, partition);
        }
    }

    private void segment(final LogLines lines, final SegmentPath segment) {
        final RecordLines records = new RecordLines(lines, data);
        try (SegmentBatches walk = SegmentBatches.open(segment.log())) {
            lines.of("segment")
                    .put("baseOffset", segment.baseOffset())
                    .put("file", segment.log().toString())
                    .put("bytes", walk.length())
                    .print();
            long next = segment.baseOffset();
            for (State state = walk.advance(); state != State.END; state = walk.advance()) {
                if (state == State.BAD) {
                    if (!passBad(lines, segment, walk, next)) {
                        return;
                    }
                } else {
                    batch(lines, records, segment, walk);
                    next = RecordBatchDescriptor.lastOffset(walk.buffer(), walk.at()) + 1;
                }
            }
        }
        if (deep) {
            entries(lines, segment);
        }
    }

    private boolean passBad(
            final LogLines lines, final SegmentPath segment, final SegmentBatches walk, final long next) {
        final long begin = walk.position();
        final String why = String.valueOf(walk.problem());
        final long bad = walk.badBytes();
        final boolean follows = walk.resync(next, segment.endOffset());
        problem(
                lines,
                "batch",
                segment.log(),
                begin,
                next,
                (follows ? walk.position() - begin : bad) + " bytes are no batch: " + why);
        return follows;
    }

    private void batch(
            final LogLines lines, final RecordLines records, final SegmentPath segment, final SegmentBatches walk) {
        final ByteBuffer buffer = walk.buffer();
        final int at = walk.at();
        if (RecordBatchDescriptor.lastOffset(buffer, at) < from || RecordBatchDescriptor.baseOffset(buffer, at) >= to) {
            return;
        }
        records.batch(segment.log(), walk.position(), buffer, at);
        if (deep) {
            final boolean control = RecordBatchDescriptor.isControl(buffer, at);
            final String problem = walker.walk(buffer, at, found -> {
                if (found.offset() >= from && found.offset() < to) {
                    records.record(found, control);
                }
            });
            if (problem != null) {
                problem(
                        lines,
                        "record",
                        segment.log(),
                        walk.position(),
                        RecordBatchDescriptor.baseOffset(buffer, at),
                        problem);
            }
        }
    }

    private void problem(
            final LogLines lines,
            final String kind,
            final Path file,
            final long position,
            final long offset,
            final String what) {
        problems++;
        lines.of("problem")
                .put("kind", kind)
                .put("file", file.toString())
                .put("position", position)
                .put("offset", offset)
                .put("what", what)
                .print();
    }

    // ---- beside the batches
    // --------------------------------------------------------------------------------------------------------

    private void entries(final LogLines lines, final SegmentPath segment) {
        final IndexEntries offsets = IndexEntries.offsets(segment);
        for (int slot = 0; slot < offsets.count(); slot++) {
            if (isWanted(offsets.offset(slot))) {
                lines.of("indexEntry")
                        .put("slot", slot)
                        .put("offset", offsets.offset(slot))
                        .put("position", offsets.position(slot))
                        .print();
            }
        }
        final IndexEntries times = IndexEntries.times(segment);
        for (int slot = 0; slot < times.count(); slot++) {
            if (isWanted(times.offset(slot))) {
                lines.of("timeIndexEntry")
                        .put("slot", slot)
                        .time("timestamp", times.timestamp(slot))
                        .put("offset", times.offset(slot))
                        .print();
            }
        }
        final HeaderSumTable sums = HeaderSumTable.read(segment.beside(SegmentFiles.HEADER_SUMS), FileFaults.NONE);
        for (int slot = 0; slot < sums.count(); slot++) {
            lines.of("headerSum")
                    .put("slot", slot)
                    .put("position", sums.position(slot))
                    .put("sum", sums.sum(slot))
                    .print();
        }
        final List<AbortedTransaction> aborted =
                readable(lines, "txnindex", TxnEntries.path(segment), () -> TxnEntries.of(segment));
        if (aborted != null) {
            aborted.forEach(each -> aborted(lines, each));
        }
    }

    private static void aborted(final LogLines lines, final AbortedTransaction each) {
        lines.of("abortedTransaction")
                .put("producerId", each.producerId())
                .put("firstOffset", each.firstOffset())
                .put("lastOffset", each.lastOffset())
                .put("lastStableOffset", each.lastStableOffset())
                .print();
    }

    private boolean isWanted(final long offset) {
        return offset >= from && offset < to;
    }

    private void snapshot(final LogLines lines, final Path snapshot) {
        final List<ProducerEntry> producers =
                readable(lines, "snapshot", snapshot, () -> ProducerSnapshot.read(snapshot));
        if (producers == null) {
            problem(lines, "snapshot", snapshot, 0, -1, "checksum or layout of the snapshot is wrong");
            return;
        }
        lines.of("snapshot")
                .put("file", snapshot.toString())
                .put("producers", producers.size())
                .print();
        for (final ProducerEntry producer : producers) {
            lines.of("producer")
                    .put("producerId", producer.producerId())
                    .put("epoch", producer.epoch())
                    .put("lastSequence", producer.lastSequence())
                    .put("lastOffset", producer.lastDataOffset())
                    .time("lastTimestamp", producer.lastTimestampMs())
                    .put("coordinatorEpoch", producer.coordinatorEpoch())
                    .put("transactionFirstOffset", producer.transactionFirstOffset())
                    .print();
        }
    }

    private void synced(final LogLines lines, final PartitionFiles partition) {
        final SyncedOffsetFile synced = readable(
                lines,
                "synced",
                partition.directory().resolve(SyncedOffsetFile.FILE_NAME),
                () -> SyncedOffsetFile.open(partition.directory(), FileFaults.NONE));
        if (synced != null && synced.exists()) {
            lines.of("synced")
                    .put("offset", synced.point().offset())
                    .put("segmentBaseOffset", synced.point().segmentBaseOffset())
                    .put("position", synced.point().position())
                    .put("headerSum", synced.point().headerSum())
                    .put("cleanedBelow", synced.cleanedBelow())
                    .print();
        }
    }

    private void epochs(final LogLines lines, final PartitionFiles partition) {
        final Path file = partition.directory().resolve(LeaderEpochs.FILE_NAME);
        final List<String> entries = readable(lines, "epochs", file, () -> CheckpointFile.read(file));
        if (entries != null) {
            for (final String entry : entries) {
                final String[] fields = entry.split(" ", 2);
                lines.of("leaderEpoch")
                        .put("epoch", number(fields[0]))
                        .put("startOffset", number(fields[fields.length - 1]))
                        .print();
            }
        }
    }

    private void checkpoint(final LogLines lines, final Path file) {
        final List<String> entries =
                Files.exists(file) ? readable(lines, "checkpoint", file, () -> CheckpointFile.read(file)) : null;
        if (entries == null) {
            return;
        }
        for (final String entry : entries) {
            final String[] fields = entry.split(" ", 3);
            if (fields.length == 3) {
                lines.of("checkpoint")
                        .put("file", String.valueOf(file.getFileName()))
                        .put("partition", fields[0] + "-" + fields[1])
                        .put("offset", number(fields[2]))
                        .print();
            } else {
                problem(lines, "checkpoint", file, -1, -1, "malformed line: " + entry);
            }
        }
    }

    private static Object number(final String field) {
        return field.matches("\\d{1,18}") ? (Object) Long.valueOf(field) : field;
    }

    /** What cannot be read is a line, and the dump goes on. */
    private <T> @Nullable T readable(
            final LogLines lines, final String kind, final Path file, final Supplier<@Nullable T> read) {
        try {
            return read.get();
        } catch (final StorageException e) {
            problem(lines, kind, file, -1, -1, String.valueOf(e.getMessage()));
            return null;
        }
    }
}
