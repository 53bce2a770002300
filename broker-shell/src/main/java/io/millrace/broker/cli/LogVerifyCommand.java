package io.millrace.broker.cli;

import io.millrace.log.inspect.LogTarget;
import io.millrace.log.inspect.LogVerifier;
import io.millrace.log.inspect.PartitionFiles;
import io.millrace.log.inspect.PartitionReport;
import io.millrace.log.inspect.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace log verify}: is everything in these files what it must be? Exit code 0 sound, 1 problems, 2 asked wrongly. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Check checksums, offsets, indexes, snapshots and checkpoints; exit code 1 where anything is wrong.")
public final class LogVerifyCommand implements Callable<Integer> {
    @Mixin
    private final LogPath path = new LogPath();

    @Option(names = "--deep", description = "Take the batches apart and look at every record.")
    private boolean deep;

    @Mixin
    private final CompactedOption gaps = new CompactedOption();

    @Override
    public Integer call() {
        final LogTarget target = path.target();
        final boolean inUse = DirectoryUse.isInUse(target.dataDirectory());
        final LogVerifier verifier =
                new LogVerifier(target, gaps.verifyOptions(deep ? new KafkaRecords() : null, inUse));
        try (Output out = Output.standard()) {
            final LogLines lines = new LogLines(out, path.json());
            final Summary summary = new Summary();
            final List<PartitionReport> reports = new ArrayList<>();
            for (final PartitionFiles partition : target.partitions()) {
                final PartitionReport report = verifier.verify(partition);
                reports.add(report);
                report.problems().forEach(problem -> problem(lines, problem));
                partition(lines, report);
                summary.add(report);
                out.flush();
            }
            final List<Problem> ofDirectory = verifier.checkpoints(reports);
            ofDirectory.forEach(problem -> problem(lines, problem));
            summary.problems += ofDirectory.size();
            summary.print(lines, inUse);
            return summary.problems == 0 ? 0 : Failures.FAILED;
        }
    }

    static void problem(final LogLines lines, final Problem problem) {
        lines.of("problem")
                .put("kind", problem.kind().code())
                .put("file", problem.file().toString())
                .put("position", problem.position())
                .put("offset", problem.offset())
                .put("what", problem.what())
                .print();
    }

    static void partition(final LogLines lines, final PartitionReport report) {
        lines.of("partition")
                .put("name", report.files().displayName())
                .put("sound", report.isSound())
                .put("segments", report.files().segments().size())
                .put("batches", report.batches())
                .put("records", report.records())
                .put("firstOffset", report.firstOffset())
                .put("lastOffset", report.lastOffset())
                .put("endOffset", report.endOffset())
                .time("maxTimestamp", report.maxTimestamp())
                .put("bytes", report.bytes())
                .unless(report.spareBytes() == 0, "spareBytes", report.spareBytes())
                .unless(report.isSound(), "problems", report.problems().size())
                .print();
    }

    /** What all partitions come to. */
    private static final class Summary {
        private int partitions;
        private long segments;
        private long batches;
        private long records;
        private long bytes;
        private int problems;

        void add(final PartitionReport report) {
            partitions++;
            segments += report.files().segments().size();
            batches += report.batches();
            records += report.records();
            bytes += report.bytes();
            problems += report.problems().size();
        }

        void print(final LogLines lines, final boolean inUse) {
            lines.of("verified")
                    .put("sound", problems == 0)
                    .put("partitions", partitions)
                    .put("segments", segments)
                    .put("batches", batches)
                    .put("records", records)
                    .put("bytes", bytes)
                    .put("problems", problems)
                    .unless(!inUse, "inUse", inUse)
                    .print();
        }
    }
}
