package io.millrace.log.inspect;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.inspect.PartitionFiles.SegmentPath;
import io.millrace.log.inspect.PartitionReport.Gap;
import io.millrace.log.inspect.PartitionReport.Mend;
import io.millrace.log.inspect.Problem.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Holds the header fields that no checksum covers against the batches around them: offsets follow one another, leader epochs do not go
 * back. Where one batch stands out and both neighbours agree, what it has to say is known, and it can be mended. Across the segments of
 * one partition; confined to a thread.
 */
final class BatchOrder {
    /** A batch whose offsets or epoch do not follow, until the next one tells who is wrong. */
    private record Suspect(SegmentPath segment, long position, long expected, long base, long last) {}

    private record EpochRise(SegmentPath segment, long position, long base, int before, int after) {}

    private final long gapsBelow;
    private final Consumer<Problem> problems;
    private final List<Mend> mends = new ArrayList<>();
    private final List<Gap> gaps = new ArrayList<>();

    private long expected = -1;
    private boolean afterDamage;
    private @Nullable Suspect suspect;
    private int epoch = RecordBatchDescriptor.NO_LEADER_EPOCH;
    private @Nullable EpochRise rise;

    /** Offsets may be missing below {@code gapsBelow}. */
    BatchOrder(long gapsBelow, Consumer<Problem> problems) {
        this.gapsBelow = gapsBelow;
        this.problems = problems;
    }

    /** The offset that is next; -1 before the first batch. */
    long expected() {
        return expected;
    }

    List<Mend> mends() {
        return mends;
    }

    List<Gap> gaps() {
        return gaps;
    }

    /** The first offset is not known to be missing: the log begins here, or only a part of it is looked at. */
    void beginsAt(long baseOffset) {
        if (expected < 0) {
            expected = baseOffset;
        }
    }

    /** Bytes that are no batch lie in front of the next one: what is missing has been told. */
    void damage() {
        settleSuspect(false);
        afterDamage = true;
    }

    /** A sound batch. Returns its base offset as it has to be. */
    long batch(SegmentPath segment, long position, ByteBuffer buffer, int at) {
        long base = RecordBatchDescriptor.baseOffset(buffer, at);
        int delta = RecordBatchDescriptor.lastOffsetDelta(buffer, at);
        checkEpoch(segment, position, base, RecordBatchDescriptor.leaderEpoch(buffer, at));
        Suspect pending = suspect;
        if (pending != null) {
            boolean wrong = base == pending.expected + (pending.last - pending.base) + 1
                    || (base <= pending.last && base >= pending.expected);
            settleSuspect(wrong);
        }
        long right = base;
        if (base > expected) {
            suspect = afterDamage ? null : new Suspect(segment, position, expected, base, base + delta);
        } else if (base < expected) {
            right = expected;
            wrongBase(segment, position, base, expected);
        }
        afterDamage = false;
        expected = right + delta + 1;
        return right;
    }

    /** The segment or the log ends; {@code nextBase} is that of the segment after it, {@link Long#MAX_VALUE} for none. */
    void segmentEnds(long nextBase) {
        Suspect pending = suspect;
        if (pending != null) {
            settleSuspect(pending.last >= nextBase);
        }
    }

    private void settleSuspect(boolean wrongHeader) {
        Suspect pending = suspect;
        suspect = null;
        if (pending == null) {
            return;
        }
        if (wrongHeader) {
            wrongBase(pending.segment, pending.position, pending.base, pending.expected);
            expected = pending.expected + (pending.last - pending.base) + 1;
        } else if (pending.base > gapsBelow) {
            problems.accept(new Problem(
                    Kind.OFFSETS,
                    pending.segment.log(),
                    pending.position,
                    pending.expected,
                    "offsets " + pending.expected + " to " + (pending.base - 1) + " are missing"));
            if (pending.segment.isLast() && pending.position > 0) {
                gaps.add(new Gap(pending.segment, pending.position, pending.expected, pending.base));
            }
        }
    }

    private void wrongBase(SegmentPath segment, long position, long found, long right) {
        mends.add(new Mend(
                segment, position + RecordBatchDescriptor.BASE_OFFSET, Long.BYTES, "base offset", found, right, right));
        problems.accept(new Problem(
                Kind.HEADER,
                segment.log(),
                position,
                right,
                "base offset is " + found + " where " + right + " is next"));
    }

    private void checkEpoch(SegmentPath segment, long position, long base, int found) {
        if (found == RecordBatchDescriptor.NO_LEADER_EPOCH) {
            return;
        }
        EpochRise last = rise;
        rise = null;
        if (last != null && found < last.after && found >= last.before) {
            wrongEpoch(last.segment, last.position, last.base, last.after, found);
            epoch = found;
        } else if (found < epoch) {
            wrongEpoch(segment, position, base, found, epoch);
            return;
        }
        if (found > epoch) {
            rise = new EpochRise(segment, position, base, epoch, found);
        }
        epoch = found;
    }

    private void wrongEpoch(SegmentPath segment, long position, long base, int found, int right) {
        mends.add(new Mend(
                segment,
                position + RecordBatchDescriptor.LEADER_EPOCH,
                Integer.BYTES,
                "leader epoch",
                found,
                right,
                base));
        problems.accept(new Problem(
                Kind.HEADER,
                segment.log(),
                position,
                base,
                "leader epoch is " + found + " where " + right + " was reached"));
    }
}
