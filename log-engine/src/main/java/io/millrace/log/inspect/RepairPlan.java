package io.millrace.log.inspect;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.inspect.PartitionFiles.SegmentPath;
import io.millrace.log.inspect.PartitionReport.Damage;
import io.millrace.log.inspect.PartitionReport.Gap;
import io.millrace.log.inspect.PartitionReport.Mend;
import io.millrace.log.inspect.RepairStep.Action;
import io.millrace.log.inspect.SegmentBatches.State;
import io.millrace.log.segment.SegmentFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What would have to be done to a partition so that it opens, in the order in which it is done. Making the plan changes nothing.
 *
 * <p>As little goes as possible: a header field that the neighbours contradict is mended; of damaged bytes only those are cut, and what
 * follows them is kept in a segment of its own, since a segment that still grows must not miss offsets inside. Who wants a log without a
 * gap instead has everything behind the first damage cut ({@code truncate}), as Kafka does.
 *
 * @param partition the partition
 * @param steps what is done, none where there is nothing to do
 * @param hopeless problems that no step helps against
 */
public record RepairPlan(PartitionFiles partition, List<RepairStep> steps, List<Problem> hopeless) {
    /** Keeps the lists as they are. */
    public RepairPlan {
        steps = List.copyOf(steps);
        hopeless = List.copyOf(hopeless);
    }

    /** Suffix of the side files, in front of the position of their first byte. */
    public static final String CUT_SUFFIX = ".cut-";

    /** Plans for what a verification has found. */
    public static RepairPlan of(PartitionReport report, boolean truncate) {
        return new Planner(report).plan(truncate);
    }

    /** Whether there is something to do. */
    public boolean isEmpty() {
        return steps.isEmpty();
    }

    /** The first offset that any step takes away or moves, the log's end where none does. */
    long firstOffsetTouched(long endOffset) {
        return steps.stream()
                .filter(step -> step.action() == Action.CUT
                        || step.action() == Action.SPLIT
                        || (step.action() == Action.SET_ASIDE && step.fromOffset() >= 0))
                .mapToLong(RepairStep::fromOffset)
                .min()
                .orElse(endOffset);
    }

    private static final class Planner {
        private final PartitionReport report;
        private final List<RepairStep> steps = new ArrayList<>();

        Planner(PartitionReport report) {
            this.report = report;
        }

        RepairPlan plan(boolean truncate) {
            report.mends().forEach(this::mend);
            if (truncate && !report.damages().isEmpty()) {
                truncate(report.damages().get(0));
            } else {
                report.damages().forEach(this::cutOut);
                report.gaps().forEach(this::split);
            }
            report.doubtful().stream().filter(this::isLost).forEach(this::setAside);
            if (!steps.isEmpty() || !report.doubtful().isEmpty() || sumsDiffer() || isShort()) {
                headerSums();
                rebuild();
            }
            return new RepairPlan(report.files(), steps, hopeless());
        }

        /** A header that only its sum contradicts: what it had to say is not known for certain. The sums are made anew from what is there. */
        private boolean sumsDiffer() {
            return report.problems().stream().anyMatch(each -> each.kind() == Problem.Kind.HEADER_SUM);
        }

        private List<Problem> hopeless() {
            return report.problems().stream()
                    .filter(problem -> switch (problem.kind()) {
                        case METADATA, RECORD -> true;
                        case OFFSETS -> report.gaps().stream().noneMatch(gap -> gap.expected() == problem.offset());
                        default -> false;
                    })
                    .toList();
        }

        private void mend(Mend mend) {
            steps.add(new RepairStep(
                    Action.MEND,
                    mend.segment().log(),
                    mend.position(),
                    mend.size(),
                    mend.offset(),
                    -1,
                    0,
                    mend.field() + " " + mend.found() + " becomes " + mend.right()));
        }

        private void cutOut(Damage damage) {
            boolean follows = damage.nextOffset() >= 0;
            steps.add(new RepairStep(
                    Action.CUT,
                    damage.segment().log(),
                    damage.from(),
                    damage.badBytes(),
                    damage.firstOffset(),
                    follows ? damage.nextOffset() : -1,
                    0,
                    "no sound batch: " + damage.why()));
            if (follows) {
                steps.add(splitAt(damage.segment(), damage.to(), damage.nextOffset()));
            }
        }

        private void split(Gap gap) {
            steps.add(splitAt(gap.segment(), gap.position(), gap.baseOffset()));
        }

        private static RepairStep splitAt(SegmentPath segment, long position, long baseOffset) {
            return new RepairStep(
                    Action.SPLIT,
                    segment.log(),
                    position,
                    -1,
                    baseOffset,
                    -1,
                    0,
                    "what follows becomes the segment that begins at " + baseOffset
                            + ", and the cleaner's checkpoint notes that offsets are missing before it");
        }

        /** Everything behind the first damage goes, sound or not. */
        private void truncate(Damage first) {
            long[] lost = countFrom(first);
            steps.add(new RepairStep(
                    Action.CUT,
                    first.segment().log(),
                    first.from(),
                    sizeOf(first.segment().log()) - first.from(),
                    first.firstOffset(),
                    lost[1],
                    lost[0],
                    "everything from the first damage on: " + first.why()));
            for (SegmentPath later : report.files().segments()) {
                if (later.baseOffset() > first.segment().baseOffset()) {
                    long[] whole = count(later, 0);
                    steps.add(new RepairStep(
                            Action.SET_ASIDE,
                            later.log(),
                            -1,
                            sizeOf(later.log()),
                            later.baseOffset(),
                            whole[1],
                            whole[0],
                            "a later segment"));
                }
            }
        }

        private static long[] countFrom(Damage damage) {
            return count(damage.segment(), damage.from());
        }

        /** Sound records from a position on, and the offset after the last of them. */
        private static long[] count(SegmentPath segment, long from) {
            long[] counted = {0, -1};
            try (SegmentBatches walk = SegmentBatches.open(segment.log())) {
                for (State state = walk.advance(); state != State.END; state = walk.advance()) {
                    if (state == State.BAD) {
                        if (!walk.resync(segment.baseOffset(), segment.endOffset())) {
                            break;
                        }
                    } else if (walk.position() >= from) {
                        counted[0] += Math.max(0, RecordBatchDescriptor.recordsCount(walk.buffer(), walk.at()));
                        counted[1] = RecordBatchDescriptor.lastOffset(walk.buffer(), walk.at()) + 1;
                    }
                }
            }
            return counted;
        }

        private static long sizeOf(Path log) {
            try (SegmentBatches walk = SegmentBatches.open(log)) {
                return walk.length();
            }
        }

        /** The engine makes indexes anew in place; a snapshot or the epochs it would believe. */
        private boolean isLost(Path file) {
            String name = String.valueOf(file.getFileName());
            return name.endsWith(PartitionFiles.SNAPSHOT) || name.equals(LeaderEpochs.FILE_NAME);
        }

        private void setAside(Path file) {
            steps.add(new RepairStep(
                    Action.SET_ASIDE, file, -1, file.toFile().length(), -1, -1, 0, "cannot be relied on"));
        }

        /** Sums over headers that have changed or gone say nothing any more. */
        private void headerSums() {
            for (SegmentPath segment : report.files().segments()) {
                Path sums = segment.beside(SegmentFiles.HEADER_SUMS);
                boolean touched = steps.stream().anyMatch(step -> step.file().equals(segment.log()))
                        || report.problems().stream()
                                .anyMatch(each -> each.kind() == Problem.Kind.HEADER_SUM
                                        && each.file().equals(segment.log()));
                if (touched && Files.exists(sums)) {
                    steps.add(new RepairStep(
                            Action.SET_ASIDE, sums, -1, sums.toFile().length(), -1, -1, 0, "its segment changes"));
                }
            }
        }

        /** The log ends below what was on the disk: the remembered offset is forgotten, so that it opens. */
        private boolean isShort() {
            return report.problems().stream().anyMatch(each -> each.kind() == Problem.Kind.SYNCED);
        }

        private void rebuild() {
            steps.add(new RepairStep(
                    Action.REBUILD,
                    report.files().directory(),
                    -1,
                    report.bytes(),
                    report.firstOffset(),
                    report.endOffset(),
                    report.records(),
                    "indexes, producer states and leader epochs are made anew from the batches; "
                            + PartitionMetadata.FILE_NAME + " stays"));
        }
    }
}
