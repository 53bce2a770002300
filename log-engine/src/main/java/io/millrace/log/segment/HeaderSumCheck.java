package io.millrace.log.segment;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Compares the batches of a segment, which are shown to it in order, with the sums that were kept of their headers.
 *
 * <p>Where a sum differs, the batches below it may be damaged, or the sum itself, or all of it may be another history: a log that
 * Apache Kafka has truncated, compacted or written to since. The chain of sums tells which:
 *
 * <ul>
 *   <li>a later sum fits what was read all along: the one that differs is damaged itself, the batches are sound
 *   <li>a later sum fits what was read <i>since</i>, going on from the one that differs: the run of batches before it is damaged
 *   <li>there is no later sum, but one flipped bit of one header explains the difference: that batch is damaged
 *   <li>none of these: the sums are of other batches, and say nothing
 * </ul>
 *
 * <p>The bijective sum is run backwards to find the one word that explains a difference, so that the batch and its field can be named.
 * Used once, by one thread.
 */
public final class HeaderSumCheck {
    /** Headers kept of the run at work, to name the damaged one: 1.3 MB. A longer run is damaged as a whole. */
    private static final int RUN_BATCHES_MAX = 64 << 10;
    /** Where later sums confirm that a run is damaged: random words differ in more bits, which would be a coincidence. */
    private static final int BITS_CONFIRMED_MAX = 16;
    /** Where nothing confirms it. */
    private static final int BITS_ALONE_MAX = 1;

    private final HeaderSumTable table;
    private int slot;
    private long sum;

    // The run since the last entry that was compared.
    private long runSum;
    private int runBatches;
    private int[] runPositions = new int[64];
    private long[] runHeaders = new long[2 * 64];

    // A difference that is not explained yet: the sum to go on from, and what the run would have to be.
    private boolean doubtful;
    private long since;
    private @Nullable Run suspect;

    private @Nullable HeaderDamage damage;
    private boolean foreign;
    private int coveredTo;

    /** The batches between two sums: what they read as, and where the later sum says they lead. */
    private static final class Run {
        final long before;
        final long after;
        final int batches;
        final int[] positions;
        final long[] headers;

        Run(long before, long after, int batches, int[] positions, long[] headers) {
            this.before = before;
            this.after = after;
            this.batches = batches;
            this.positions = positions;
            this.headers = headers;
        }
    }

    private HeaderSumCheck(HeaderSumTable table, int slot, long sum, int coveredTo) {
        this.table = table;
        this.slot = slot;
        this.sum = sum;
        this.coveredTo = coveredTo;
        runSum = sum;
    }

    /** Of a segment from its first batch on. */
    public static HeaderSumCheck ofSegment(HeaderSumTable table, long segmentBaseOffset) {
        return new HeaderSumCheck(table, 0, HeaderHash.seed(segmentBaseOffset), 0);
    }

    /** Of what follows an entry of the table. */
    static HeaderSumCheck behind(HeaderSumTable table, int slot) {
        return new HeaderSumCheck(table, slot + 1, table.sum(slot), table.position(slot));
    }

    /** A whole header stands at {@code at} of the buffer and at {@code position} of the segment. */
    public void accept(ByteBuffer buffer, int at, int position) {
        compareUpTo(position);
        long baseOffset = RecordBatchDescriptor.baseOffset(buffer, at);
        long lengthAndEpoch = HeaderHash.lengthAndEpoch(buffer, at);
        keep(position, baseOffset, lengthAndEpoch);
        sum = HeaderHash.add(sum, baseOffset, lengthAndEpoch);
        since = doubtful ? HeaderHash.add(since, baseOffset, lengthAndEpoch) : since;
    }

    private void keep(int position, long baseOffset, long lengthAndEpoch) {
        if (runBatches < RUN_BATCHES_MAX) {
            if (runBatches == runPositions.length) {
                runPositions = Arrays.copyOf(runPositions, 2 * runBatches);
                runHeaders = Arrays.copyOf(runHeaders, 4 * runBatches);
            }
            runPositions[runBatches] = position;
            runHeaders[2 * runBatches] = baseOffset;
            runHeaders[2 * runBatches + 1] = lengthAndEpoch;
        }
        runBatches++;
    }

    /** The batches end here. What is known afterwards: {@link #damage}, {@link #isForeign}, {@link #lostBytes}. */
    public void finish(int end) {
        compareUpTo(end);
        if (doubtful && damage == null) {
            damage = suspect == null ? null : explained(suspect, BITS_ALONE_MAX);
            foreign = damage == null;
        }
    }

    private void compareUpTo(int position) {
        while (slot < table.count() && table.position(slot) <= position) {
            if (table.position(slot) == position) {
                compare(table.sum(slot));
            } else if (!doubtful) {
                doubtful = true; // the sum is of a batch that begins elsewhere
                since = table.sum(slot);
            }
            slot++;
        }
    }

    private void compare(long kept) {
        if (sum == kept) {
            doubtful = false;
            suspect = null;
            coveredTo = table.position(slot);
        } else if (doubtful && since == kept && suspect != null) {
            confirm(suspect, kept);
        } else {
            suspect = suspect == null ? run(kept) : suspect;
            doubtful = true;
            since = kept;
        }
        beginRun();
    }

    private Run run(long after) {
        int kept = Math.min(runBatches, RUN_BATCHES_MAX);
        return new Run(
                runSum, after, runBatches, Arrays.copyOf(runPositions, kept), Arrays.copyOf(runHeaders, 2 * kept));
    }

    /** Two sums in a row belong together: the batches before the first of them are not what they were. */
    private void confirm(Run damaged, long kept) {
        HeaderDamage named = explained(damaged, BITS_CONFIRMED_MAX);
        damage = damage == null ? (named == null ? unnamed(damaged) : named) : damage;
        sum = kept;
        doubtful = false;
        suspect = null;
        coveredTo = table.position(slot);
    }

    private void beginRun() {
        runSum = sum;
        runBatches = 0;
    }

    // ---- naming the batch
    // -----------------------------------------------------------------------------------------------------------------

    /** The batch and field whose change by the fewest bits explains the difference; null where it takes more than {@code bitsMax}. */
    private static @Nullable HeaderDamage explained(Run run, int bitsMax) {
        if (run.batches > run.positions.length) {
            return null;
        }
        long[] before = sumsBefore(run);
        HeaderDamage best = null;
        int fewest = bitsMax + 1;
        long after = run.after;
        for (int i = run.batches - 1; i >= 0; i--) {
            long baseOffset = run.headers[2 * i];
            long lengthAndEpoch = run.headers[2 * i + 1];
            long rightBase = HeaderHash.baseOffsetBetween(before[i], after, lengthAndEpoch);
            long rightRest = HeaderHash.lengthAndEpochBetween(before[i], after, baseOffset);
            int baseBits = Long.bitCount(rightBase ^ baseOffset);
            int restBits = Long.bitCount(rightRest ^ lengthAndEpoch);
            if (baseBits < fewest) {
                fewest = baseBits;
                best = wrongBase(run.positions[i], baseOffset, rightBase);
            }
            if (restBits < fewest) {
                fewest = restBits;
                best = wrongRest(run.positions[i], baseOffset, lengthAndEpoch, rightRest);
            }
            after = HeaderHash.remove(after, baseOffset, lengthAndEpoch);
        }
        return best;
    }

    private static long[] sumsBefore(Run run) {
        long[] before = new long[run.batches];
        long running = run.before;
        for (int i = 0; i < run.batches; i++) {
            before[i] = running;
            running = HeaderHash.add(running, run.headers[2 * i], run.headers[2 * i + 1]);
        }
        return before;
    }

    private static HeaderDamage wrongBase(int position, long read, long written) {
        return new HeaderDamage(
                position, written, true, "base offset reads " + read + " where " + written + " was written");
    }

    private static HeaderDamage wrongRest(int position, long offset, long read, long written) {
        int readLength = (int) (read >>> Integer.SIZE);
        int writtenLength = (int) (written >>> Integer.SIZE);
        String cause = readLength != writtenLength
                ? "batch length reads " + readLength + " where " + writtenLength + " was written"
                : "leader epoch reads " + (int) read + " where " + (int) written + " was written";
        return new HeaderDamage(position, offset, true, cause);
    }

    private static HeaderDamage unnamed(Run run) {
        String cause = "header bytes of one of " + run.batches + " batches are not those that were written";
        return new HeaderDamage(run.positions[0], run.headers[0], false, cause);
    }

    // ---- what was found
    // -----------------------------------------------------------------------------------------------------------------

    /** The first damage, or null. */
    public @Nullable HeaderDamage damage() {
        return damage;
    }

    /** Whether the sums are of other batches, from some point on. */
    public boolean isForeign() {
        return foreign;
    }

    /** All batches below are covered by sums that fit. */
    int coveredTo() {
        return coveredTo;
    }

    /** Bytes that the sums know of and that were not shown: after {@link #finish}. */
    public int lostBytes(int end) {
        return Math.max(0, table.end() - end);
    }
}
