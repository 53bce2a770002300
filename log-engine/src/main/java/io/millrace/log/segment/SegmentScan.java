package io.millrace.log.segment;

import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment's file from its first byte, batch by batch, and says of each whether it is whole and where it belongs.
 *
 * <p>A batch counts where its checksum holds and its offsets follow: the checksum leaves the base offset, the length and the leader epoch
 * open, so each batch has to begin where the one before ended. Compaction leaves gaps; where they are allowed offsets only have to ascend.
 *
 * <p>Reads through the channel into a buffer, never through a mapping: a page that cannot be had is an exception. Confined to a thread,
 * which reuses it ({@link #ofThisThread}).
 */
final class SegmentScan {
    private static final int BUFFER_BYTES = 1 << 20;
    /** A length field beyond this is taken for damage and not for a batch: it bounds the memory that garbage can ask for. */
    private static final int BATCH_BYTES_MAX = 256 << 20;

    /** Reads the file. */
    @FunctionalInterface
    interface Source {
        /** Fills the buffer, or as much of it as the file has; returns how many bytes. */
        int readFully(ByteBuffer target, long position);
    }

    private static final ThreadLocal<SegmentScan> SCANS = ThreadLocal.withInitial(SegmentScan::new);

    private final BatchValidator validator = new BatchValidator();
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private long bufferPosition;
    private Source file;
    private int end;

    private int position;
    private int at;

    @SuppressWarnings("NullAway.Init") // begun before every scan
    private SegmentScan() {}

    /** The one of this thread, which has no other scan at work. */
    static SegmentScan ofThisThread() {
        return SCANS.get();
    }

    /** Begins at the first byte; {@code end} is the length of the file. */
    SegmentScan begin(StorageFile segmentFile, int fileEnd) {
        return begin(segmentFile::readFully, fileEnd);
    }

    /** The same over another way to read the file. */
    SegmentScan begin(Source source, int fileEnd) {
        file = source;
        end = fileEnd;
        position = 0;
        at = 0;
        buffer.clear().limit(0);
        bufferPosition = 0;
        return this;
    }

    boolean isAtEnd() {
        return position >= end;
    }

    /**
     * Looks at the batch at the position.
     *
     * @param expected the offset that is next
     * @param offsetMax every record lies below
     * @return what is wrong with it, or null: it stands whole in the buffer then
     */
    @Nullable
    String problem(long expected, boolean gapsAllowed, long offsetMax) {
        at = load();
        BatchVerdict verdict = validator.checkIntegrity(buffer, at, buffer.limit());
        if (verdict != BatchVerdict.VALID) {
            return validator.explain(verdict, buffer, at, buffer.limit());
        }
        long base = RecordBatchDescriptor.baseOffset(buffer, at);
        int delta = RecordBatchDescriptor.lastOffsetDelta(buffer, at);
        if (base < expected || delta < 0 || (!gapsAllowed && base != expected)) {
            return "batch has offsets " + base + " to " + (base + delta) + " where " + expected + " is next";
        }
        return base + delta < offsetMax
                ? null
                : "batch has offset " + (base + delta) + ", which cannot be in this segment";
    }

    /** Moves behind the batch that was found whole. */
    void skip() {
        position += RecordBatchDescriptor.sizeInBytes(buffer, at);
    }

    ByteBuffer buffer() {
        return buffer;
    }

    /** Where the batch stands in the buffer. */
    int at() {
        return at;
    }

    /** Where the batch stands in the file. */
    int position() {
        return position;
    }

    /** Has as much of the batch at the position in the buffer as the file has; returns where in the buffer. */
    private int load() {
        if (bufferPosition + buffer.limit() - position < RecordBatchDescriptor.HEADER_SIZE) {
            fill(position);
        }
        int begin = (int) (position - bufferPosition);
        int length = buffer.limit() - begin < RecordBatchDescriptor.LOG_OVERHEAD
                ? 0
                : buffer.getInt(begin + RecordBatchDescriptor.LENGTH);
        int size = length + RecordBatchDescriptor.LOG_OVERHEAD;
        if (length <= 0 || size <= buffer.limit() - begin || size > BATCH_BYTES_MAX || size > end - position) {
            return begin;
        }
        if (size > buffer.capacity()) {
            buffer = ByteBuffer.allocateDirect(size);
        }
        fill(position);
        return 0;
    }

    private void fill(int from) {
        buffer.clear().limit(Math.min(buffer.capacity(), end - from));
        file.readFully(buffer, from);
        buffer.flip();
        bufferPosition = from;
    }

    // ---- behind a bad batch
    // -----------------------------------------------------------------------------------------------------------------

    /** Bytes from the position up to the last one that is not zero: 0 for an untouched reservation. */
    long badBytes() {
        long last = position - 1L;
        for (long from = position; from < end; from += buffer.limit()) {
            fill((int) from);
            if (buffer.limit() == 0) {
                break;
            }
            for (int i = buffer.limit() - 1; i >= 0; i--) {
                if (buffer.get(i) != 0) {
                    last = from + i;
                    break;
                }
            }
        }
        return last + 1 - position;
    }

    /**
     * Goes on behind the batch that is bad, at the next one that is whole and has offsets from {@code expected} on.
     *
     * @return false where there is none; the position is where it was then
     */
    boolean seekNext(long expected, long offsetMax) {
        int bad = position;
        int candidate = bad + 1;
        while (end - candidate >= RecordBatchDescriptor.HEADER_SIZE) {
            candidate = nextCandidate(candidate, expected, offsetMax);
            if (candidate < 0) {
                break;
            }
            position = candidate;
            if (problem(expected, true, offsetMax) == null) {
                return true;
            }
            candidate++;
        }
        position = bad;
        return false;
    }

    /** The next place that could be a header, by the fields that garbage seldom gets right; -1 if there is none. */
    private int nextCandidate(int from, long expected, long offsetMax) {
        int start = from;
        while (end - start >= RecordBatchDescriptor.HEADER_SIZE) {
            fill(start);
            int places = buffer.limit() - RecordBatchDescriptor.HEADER_SIZE + 1;
            for (int i = 0; i < places; i++) {
                if (buffer.get(i + RecordBatchDescriptor.MAGIC) == RecordBatchDescriptor.MAGIC_V2
                        && couldBeHeader(i, start + i, expected, offsetMax)) {
                    return start + i;
                }
            }
            if (places <= 0) {
                return -1;
            }
            start += places;
        }
        return -1;
    }

    private boolean couldBeHeader(int i, int filePosition, long expected, long offsetMax) {
        long base = RecordBatchDescriptor.baseOffset(buffer, i);
        int size = RecordBatchDescriptor.sizeInBytes(buffer, i);
        return base >= expected
                && base < offsetMax
                && base - expected <= Integer.MAX_VALUE
                && size >= RecordBatchDescriptor.HEADER_SIZE
                && size <= Math.min(BATCH_BYTES_MAX, end - filePosition);
    }
}
