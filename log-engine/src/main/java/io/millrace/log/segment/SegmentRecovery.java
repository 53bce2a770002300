package io.millrace.log.segment;

import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment from its first byte after an unclean stop, checks every batch, and makes the indexes anew on the way.
 *
 * <p>A batch counts where its checksum holds and its offsets follow: the checksum leaves the base offset, the length and the leader epoch
 * open, so each batch has to begin where the one before ended. Compaction leaves gaps; where they are allowed offsets only have to ascend.
 *
 * <p>It changes nothing but the indexes: what to do about the bytes behind the last good batch is the caller's decision, who knows how far
 * the log is known to have been on the disk. Reads through the channel into a buffer, never through a mapping. Confined to a thread.
 */
public final class SegmentRecovery {
    private static final int BUFFER_BYTES = 1 << 20;
    /** A length field beyond this is taken for damage and not for a batch: it bounds the memory that garbage can ask for. */
    private static final int BATCH_BYTES_MAX = 256 << 20;

    private static final ThreadLocal<SegmentRecovery> RECOVERIES = ThreadLocal.withInitial(SegmentRecovery::new);

    /** Sees every good batch, in order. */
    @FunctionalInterface
    public interface BatchSink {
        /** A whole, checked batch at a place in a buffer that is reused afterwards. */
        void accept(Segment segment, ByteBuffer buffer, int at);
    }

    /**
     * Where the good batches end.
     *
     * @param position byte position of the end
     * @param nextOffset the offset after the last good batch
     * @param badBytes bytes behind it up to the last one that is not zero; 0 for an untouched reservation
     * @param reason what is wrong with what follows, null where nothing follows but zeros
     */
    public record End(
            int position,
            long nextOffset,
            long badBytes,
            @Nullable String reason) {}

    private final BatchValidator validator = new BatchValidator();
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private long bufferPosition;

    private SegmentRecovery() {}

    /** The one of this thread. */
    public static SegmentRecovery ofThisThread() {
        return RECOVERIES.get();
    }

    /**
     * Scans.
     *
     * @param expectedOffset where the log ends before this segment; its first batch may not begin below
     * @param gapsAllowed offsets may be missing
     * @param offsetMax every record lies below: the base offset of the next segment
     */
    public End scan(Segment segment, long expectedOffset, boolean gapsAllowed, long offsetMax, BatchSink sink) {
        segment.resetIndexes();
        buffer.clear().limit(0);
        bufferPosition = 0;
        long expected = Math.max(expectedOffset, segment.baseOffset());
        int position = 0;
        int end = segment.size();
        while (position < end) {
            int at = load(segment, position, end);
            String problem = problem(at, expected, gapsAllowed, offsetMax);
            if (problem != null) {
                return badEnd(segment, position, expected, end, problem);
            }
            segment.note(buffer, at, position);
            sink.accept(segment, buffer, at);
            expected = RecordBatchDescriptor.lastOffset(buffer, at) + 1;
            position += RecordBatchDescriptor.sizeInBytes(buffer, at);
        }
        return new End(position, expected, 0, null);
    }

    /** Has as much of the batch at the position in the buffer as the file has; returns where in the buffer. */
    private int load(Segment segment, int position, int end) {
        if (bufferPosition + buffer.limit() - position < RecordBatchDescriptor.HEADER_SIZE) {
            fill(segment, position, end);
        }
        int at = (int) (position - bufferPosition);
        int length = buffer.limit() - at < RecordBatchDescriptor.LOG_OVERHEAD
                ? 0
                : buffer.getInt(at + RecordBatchDescriptor.LENGTH);
        int size = length + RecordBatchDescriptor.LOG_OVERHEAD;
        if (length <= 0 || size <= buffer.limit() - at || size > BATCH_BYTES_MAX || size > end - position) {
            return at;
        }
        if (size > buffer.capacity()) {
            buffer = ByteBuffer.allocateDirect(size);
        }
        fill(segment, position, end);
        return 0;
    }

    private void fill(Segment segment, int position, int end) {
        buffer.clear().limit(Math.min(buffer.capacity(), end - position));
        segment.file().readFully(buffer, position);
        buffer.flip();
        bufferPosition = position;
    }

    private @Nullable String problem(int at, long expected, boolean gapsAllowed, long offsetMax) {
        BatchVerdict verdict = validator.checkIntegrity(buffer, at, buffer.limit());
        if (verdict != BatchVerdict.VALID) {
            return validator.explain(verdict, buffer, at, buffer.limit());
        }
        long base = RecordBatchDescriptor.baseOffset(buffer, at);
        int delta = RecordBatchDescriptor.lastOffsetDelta(buffer, at);
        if (base < expected || delta < 0 || (!gapsAllowed && base != expected)) {
            return "batch has offsets " + base + " to " + (base + delta) + " where " + expected + " is next";
        }
        return base + delta < offsetMax ? null : "batch has offset " + (base + delta) + " of a later segment";
    }

    private End badEnd(Segment segment, int position, long nextOffset, int end, String problem) {
        long badBytes = lastNonZero(segment, position, end) + 1 - position;
        return badBytes == 0
                ? new End(position, nextOffset, 0, null)
                : new End(position, nextOffset, badBytes, problem);
    }

    /** Position of the last byte that is not zero, {@code from - 1} if there is none. */
    private long lastNonZero(Segment segment, int from, int end) {
        long last = from - 1L;
        for (long position = from; position < end; position += buffer.limit()) {
            fill(segment, (int) position, end);
            if (buffer.limit() == 0) {
                return last;
            }
            for (int i = buffer.limit() - 1; i >= 0; i--) {
                if (buffer.get(i) != 0) {
                    last = position + i;
                    break;
                }
            }
        }
        return last;
    }

    /** Cuts the segment behind its good batches. */
    public static void cut(Segment segment, End end) {
        if (end.position() < segment.size() || end.badBytes() > 0) {
            segment.cutTo(end.position());
        }
    }

    /** What the end of a log below the offset that is known to have been on the disk means. */
    public static StorageException damage(Segment segment, End end, long recoveryPoint) {
        String what = "log is damaged below offset " + recoveryPoint + ", which was known to be on the disk: offset "
                + end.nextOffset() + ": " + end.reason();
        return new StorageException(StorageException.Kind.DAMAGED, what, segment.path(), end.position(), null);
    }
}
