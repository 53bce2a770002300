package io.millrace.log.segment;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment after an unclean stop, checks every batch and the sums of their headers, and makes the indexes anew on the way.
 *
 * <p>It changes nothing but the indexes: what to do about the bytes behind the last good batch is the caller's decision, who knows how far
 * the log is known to have been on the disk. The file of header sums stays as it is until {@link #accept}, so that a damage
 * that ends the opening is found again by the next one. Stateless.
 */
public final class SegmentRecovery {
    private SegmentRecovery() {}

    /** Sees every good batch, in order. */
    @FunctionalInterface
    public interface BatchSink {
        /** A whole, checked batch at a place in a buffer that is reused afterwards. */
        void accept(Segment segment, ByteBuffer buffer, int at);
    }

    /** What is to be expected of a segment's batches. */
    public record Expectation(long nextOffset, boolean gapsAllowed, long offsetMax, int knownPosition, long knownSum) {

        /**
         * Without a sum known from elsewhere.
         *
         * @param nextOffset where the log ends before this segment; its first batch may not begin below
         * @param gapsAllowed offsets may be missing
         * @param offsetMax every record lies below: the base offset of the next segment
         */
        public Expectation(long nextOffset, boolean gapsAllowed, long offsetMax) {
            this(nextOffset, gapsAllowed, offsetMax, 0, 0);
        }
    }

    /**
     * Where the good batches end.
     *
     * @param position byte position of the end
     * @param nextOffset the offset after the last good batch
     * @param badBytes bytes behind it up to the last one that is not zero; 0 for an untouched reservation
     * @param wholeBytes how many of them are in whole batches with later offsets
     * @param reason what is wrong with what follows, null where nothing follows but zeros
     * @param lostBytes bytes behind the end that the header sums know of: something stood there
     * @param headerPosition of the good batch whose header is not what was written, -1 where there is none
     * @param headerOffset its offset
     * @param headerReason what is wrong with it, or null
     * @param sumsOfOthers the header sums are of other batches: somebody else has written the file
     */
    public record End(
            int position,
            long nextOffset,
            long badBytes,
            long wholeBytes,
            @Nullable String reason,
            int lostBytes,
            int headerPosition,
            long headerOffset,
            @Nullable String headerReason,
            boolean sumsOfOthers) {}

    /** Scans. */
    public static End scan(Segment segment, Expectation expectation, BatchSink sink) {
        SegmentScan scan = SegmentScan.ofThisThread().begin(segment.file(), segment.size());
        HeaderSumTable table = segment.indexes().sums().onDisk();
        HeaderSumCheck check = HeaderSumCheck.ofSegment(
                table.with(expectation.knownPosition, expectation.knownSum), segment.baseOffset());
        segment.beginScan();
        long expected = Math.max(expectation.nextOffset, segment.baseOffset());
        String problem = null;
        while (!scan.isAtEnd()) {
            problem = scan.problem(expected, expectation.gapsAllowed, expectation.offsetMax);
            if (problem != null) {
                break;
            }
            check.accept(scan.buffer(), scan.at(), scan.position());
            segment.indexes().note(scan.buffer(), scan.at(), scan.position());
            sink.accept(segment, scan.buffer(), scan.at());
            expected = RecordBatchDescriptor.lastOffset(scan.buffer(), scan.at()) + 1;
            scan.skip();
        }
        check.finish(scan.position());
        return end(scan, check, expected, problem, expectation.offsetMax);
    }

    private static End end(
            SegmentScan scan, HeaderSumCheck check, long nextOffset, @Nullable String problem, long offsetMax) {
        int position = scan.position();
        long badBytes = problem == null ? 0 : scan.badBytes();
        long wholeBytes = badBytes == 0 ? 0 : wholeBytes(scan, nextOffset, offsetMax);
        HeaderDamage damage = check.damage();
        return new End(
                position,
                nextOffset,
                badBytes,
                wholeBytes,
                badBytes == 0 ? null : problem,
                check.isForeign() ? 0 : check.lostBytes(position),
                damage == null ? -1 : damage.position(),
                damage == null ? -1 : damage.offset(),
                damage == null ? null : damage.cause(),
                check.isForeign());
    }

    private static long wholeBytes(SegmentScan scan, long nextOffset, long offsetMax) {
        long bytes = 0;
        long expected = nextOffset;
        while (scan.seekNext(expected, offsetMax)) {
            do {
                bytes += RecordBatchDescriptor.sizeInBytes(scan.buffer(), scan.at());
                expected = RecordBatchDescriptor.lastOffset(scan.buffer(), scan.at()) + 1;
                scan.skip();
            } while (!scan.isAtEnd() && scan.problem(expected, true, offsetMax) == null);
            if (scan.isAtEnd()) {
                break;
            }
        }
        return bytes;
    }

    /** Takes over what the scan has found, and cuts the segment behind its good batches. */
    public static void accept(Segment segment, End end) {
        if (end.position() < segment.size() || end.badBytes() > 0) {
            segment.cutTo(end.position());
        }
        segment.indexes().endScan();
    }

    /** Cuts the segment at the batch whose header is not what was written. The indexes are of no use until the next scan. */
    public static void cutInside(Segment segment, End end) {
        segment.cutTo(end.headerPosition());
    }
}
