package io.millrace.log.inspect;

import io.millrace.log.inspect.Problem.Kind;
import java.util.function.Consumer;

/**
 * Holds the two indexes of a segment against its batches while those go by in order. An index is right where a look-up in it cannot
 * miss a record: an entry of the offset index names the first byte of a batch, and the last offset of that batch or of one that was
 * appended with it; an entry of the time index names the largest timestamp up to its offset. Confined to a thread; one segment.
 */
final class IndexCheck {
    private final IndexEntries offsets;
    private final IndexEntries times;
    private final Consumer<Problem> problems;

    private int offsetSlot;
    private boolean offsetPositionSeen;
    private int timeSlot;
    private long maxTimestamp = -1;
    private boolean offsetsBroken;
    private boolean timesBroken;

    IndexCheck(IndexEntries offsets, IndexEntries times, Consumer<Problem> problems) {
        this.offsets = offsets;
        this.times = times;
        this.problems = problems;
        if (!offsets.sizeFits()) {
            offsetProblem(offsets.count(), -1, "length is not a multiple of an entry's");
        }
        if (!times.sizeFits()) {
            timeProblem(times.count(), -1, "length is not a multiple of an entry's");
        }
    }

    /** The next batch of the segment. */
    void batch(long position, long baseOffset, long lastOffset, long batchMaxTimestamp) {
        while (!offsetsBroken && offsetSlot < offsets.count() && !offsetEntry(position, baseOffset, lastOffset)) {
            offsetSlot++;
            offsetPositionSeen = false;
        }
        timeEntriesBelow(baseOffset);
        maxTimestamp = Math.max(maxTimestamp, batchMaxTimestamp);
        timeEntriesUpTo(lastOffset);
    }

    /** True where this batch has no more to say about the entry that is next. */
    private boolean offsetEntry(long position, long baseOffset, long lastOffset) {
        int entryPosition = offsets.position(offsetSlot);
        long entryOffset = offsets.offset(offsetSlot);
        if (!offsetPositionSeen) {
            if (entryPosition > position) {
                return true;
            }
            if (entryPosition < position || baseOffset > entryOffset) {
                offsetProblem(
                        offsetSlot,
                        entryOffset,
                        "names position " + entryPosition
                                + (entryPosition < position
                                        ? ", where no batch begins"
                                        : ", whose batch begins at offset " + baseOffset));
                return true;
            }
            offsetPositionSeen = true;
        }
        if (lastOffset < entryOffset) {
            return true;
        }
        if (lastOffset > entryOffset) {
            offsetProblem(offsetSlot, entryOffset, "names an offset that is no batch's last one");
            return true;
        }
        return false;
    }

    private void timeEntriesBelow(long baseOffset) {
        while (!timesBroken && timeSlot < times.count() && times.offset(timeSlot) < baseOffset) {
            timeEntry("names an offset that no batch has");
        }
    }

    private void timeEntriesUpTo(long lastOffset) {
        while (!timesBroken && timeSlot < times.count() && times.offset(timeSlot) <= lastOffset) {
            timeEntry("names a timestamp that no record has up to there");
        }
    }

    private void timeEntry(String whenTooLate) {
        long timestamp = times.timestamp(timeSlot);
        long offset = times.offset(timeSlot);
        boolean ascends = timeSlot == 0 || timestamp > times.timestamp(timeSlot - 1);
        if (!ascends) {
            timeProblem(timeSlot, offset, "timestamps do not ascend");
        } else if (timestamp < maxTimestamp) {
            timeProblem(timeSlot, offset, "says " + timestamp + ", records up to there have " + maxTimestamp);
        } else if (timestamp > maxTimestamp) {
            timeProblem(timeSlot, offset, whenTooLate + ": " + timestamp);
        }
        timeSlot++;
    }

    /** The segment is through. {@code sealed}: its time index has to end with its largest timestamp. */
    void end(long lastOffset, boolean sealed) {
        if (!offsetsBroken && offsetSlot < offsets.count()) {
            long offset = offsets.offset(offsetSlot);
            offsetProblem(
                    offsetSlot,
                    offset,
                    "names position " + offsets.position(offsetSlot) + ", beyond the last batch that it could mean");
        }
        if (!timesBroken && timeSlot < times.count()) {
            timeProblem(timeSlot, times.offset(timeSlot), "names an offset beyond the last one, " + lastOffset);
        }
        boolean complete = times.count() > 0 && times.timestamp(times.count() - 1) >= maxTimestamp;
        if (sealed && !timesBroken && maxTimestamp >= 0 && !complete) {
            timeProblem(times.count(), lastOffset, "does not end with the largest timestamp, " + maxTimestamp);
        }
    }

    boolean isBroken() {
        return offsetsBroken || timesBroken;
    }

    long maxTimestamp() {
        return maxTimestamp;
    }

    private void offsetProblem(int slot, long offset, String what) {
        offsetsBroken = true;
        problems.accept(new Problem(
                Kind.OFFSET_INDEX, offsets.path(), offsets.filePosition(slot), offset, "entry " + slot + " " + what));
    }

    private void timeProblem(int slot, long offset, String what) {
        timesBroken = true;
        problems.accept(new Problem(
                Kind.TIME_INDEX, times.path(), times.filePosition(slot), offset, "entry " + slot + " " + what));
    }
}
