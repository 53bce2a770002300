package io.millrace.log.segment;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a sealed segment as recovery would, and changes nothing: every batch's checksum, offsets that follow, header sums, and that the
 * next segment goes on where this one ends.
 *
 * <p>Stateless but for what one look has found. A segment that nobody keeps sums of (Apache Kafka has written it) can be given them
 * afterwards: {@link #adoptSums}.
 */
public final class SegmentScrub {
    private final Segment segment;
    private final int intervalBytes;

    private int[] positions = new int[64];
    private long[] sums = new long[64];
    private int entries;
    private long sum;

    private boolean withoutSums;
    private @Nullable Finding finding;

    /** Reads bytes of the file into a buffer; may wait, may throw to end the look. */
    @FunctionalInterface
    public interface Source {
        /** Fills the buffer from its position, or as far as the file goes; returns how many bytes. */
        int readFully(ByteBuffer target, long position);
    }

    /**
     * Damage.
     *
     * @param position in the file
     * @param offset of the batch there, or the one that is next
     * @param cause what is wrong, in words
     */
    public record Finding(int position, long offset, String cause) {}

    private SegmentScrub(Segment segment, int intervalBytes) {
        this.segment = segment;
        this.intervalBytes = Math.max(1, intervalBytes);
    }

    /**
     * Looks at a segment that the caller has pinned.
     *
     * @param intervalBytes one header sum for so many bytes, where they are to be made
     * @param gapsAllowed offsets may be missing: the log has been compacted
     * @param mayEndEarly also at its end: it has been cleaned
     * @param nextBaseOffset where the next segment begins
     */
    public static SegmentScrub look(
            Segment sealed,
            int intervalBytes,
            boolean gapsAllowed,
            boolean mayEndEarly,
            long nextBaseOffset,
            Source source) {
        SegmentScrub scrub = new SegmentScrub(sealed, intervalBytes);
        scrub.finding = scrub.read(gapsAllowed, mayEndEarly, nextBaseOffset, source);
        return scrub;
    }

    private @Nullable Finding read(boolean gapsAllowed, boolean mayEndEarly, long nextBase, Source source) {
        SegmentScan scan = SegmentScan.ofThisThread().begin(source::readFully, segment.size());
        HeaderSumTable table = segment.indexes().sums().onDisk();
        HeaderSumCheck check = HeaderSumCheck.ofSegment(table, segment.baseOffset());
        long expected = segment.baseOffset();
        String problem = null;
        sum = HeaderHash.seed(expected);
        while (!scan.isAtEnd()) {
            problem = scan.problem(expected, gapsAllowed, nextBase);
            if (problem != null) {
                break;
            }
            enter(scan.position());
            sum = HeaderHash.add(sum, scan.buffer(), scan.at());
            check.accept(scan.buffer(), scan.at(), scan.position());
            expected = RecordBatchDescriptor.lastOffset(scan.buffer(), scan.at()) + 1;
            scan.skip();
        }
        check.finish(scan.position());
        withoutSums = (table.isEmpty() || check.isForeign()) && problem == null;
        return finding(scan, check, problem, expected, mayEndEarly, nextBase);
    }

    private void enter(int position) {
        int last = entries == 0 ? 0 : positions[entries - 1];
        if (position - last > intervalBytes) {
            if (entries == positions.length) {
                positions = Arrays.copyOf(positions, 2 * entries);
                sums = Arrays.copyOf(sums, 2 * entries);
            }
            positions[entries] = position;
            sums[entries] = sum;
            entries++;
        }
    }

    private static @Nullable Finding finding(
            SegmentScan scan,
            HeaderSumCheck check,
            @Nullable String problem,
            long nextOffset,
            boolean mayEndEarly,
            long nextBase) {
        int end = scan.position();
        HeaderDamage header = check.damage();
        if (header != null) {
            return new Finding(header.position(), header.offset(), header.cause());
        }
        if (problem != null && scan.badBytes() > 0) {
            return new Finding(end, nextOffset, problem);
        }
        int lost = check.isForeign() ? 0 : check.lostBytes(end);
        if (lost > 0) {
            String what = "zeros, or the end of the file, where " + lost + " bytes of batches stood";
            return new Finding(end, nextOffset, what);
        }
        boolean hole = nextOffset < nextBase && !mayEndEarly;
        return hole ? new Finding(end, nextOffset, holeText(nextOffset, nextBase)) : null;
    }

    private static String holeText(long from, long nextBase) {
        return "offsets " + from + " to " + (nextBase - 1) + " are in no segment";
    }

    /** The first damage, or null: the segment is sound. */
    public @Nullable Finding finding() {
        return finding;
    }

    /** Whether header sums could be added: nobody keeps any of the segment, or those of other batches, and it ends with a batch. */
    public boolean lacksSums() {
        return withoutSums;
    }

    /**
     * Keeps the sums of what was read, for a sound segment that lacks them: under the writer lock, while the segment is still that of the
     * log. {@link Segment#forceIndexes}, without the lock, then writes the one of the whole segment.
     */
    public void adoptSums() {
        assert finding == null && withoutSums : segment;
        segment.indexes().sums().adopt(positions, sums, entries, sum);
    }
}
