package io.millrace.log.inspect;

import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Walks the batches of a segment's file, each checked as a whole, and finds the way again behind bytes that are none.
 *
 * <p>Reads through the channel into a buffer of its own, never through a mapping; the file may grow meanwhile, what is there at the
 * opening is looked at. Confined to a thread.
 */
public final class SegmentBatches implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;
    /** A length field beyond this is taken for damage: it bounds the memory that garbage can ask for. */
    private static final int BATCH_BYTES_MAX = 256 << 20;
    /** Attributes that no version of the format has used. */
    private static final int UNUSED_ATTRIBUTES = 0xff80;

    /** What stands at the position. */
    public enum State {
        /** A whole, sound batch. */
        BATCH,
        /** Bytes that are no sound batch; {@link #problem()} says why. */
        BAD,
        /** Nothing but zeros up to the end of the file. */
        END
    }

    private final StorageFile file;
    private final long length;
    private final BatchValidator validator = new BatchValidator();
    private ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
    private long bufferPosition;
    private long position;
    private int at;
    private State state = State.BAD;
    private @Nullable String problem;
    private int skip;

    private SegmentBatches(StorageFile file) {
        this.file = file;
        this.length = file.size();
    }

    /** Opens a segment's file for reading. */
    public static SegmentBatches open(Path log) {
        StorageFile file = StorageFile.open(log, StorageFile.Mode.READ, FileFaults.NONE);
        try {
            return new SegmentBatches(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Moves behind the batch that was looked at last and looks at what stands there. */
    public State advance() {
        position += skip;
        return look();
    }

    private State look() {
        skip = 0;
        problem = null;
        if (position >= length) {
            state = State.END;
            return state;
        }
        at = load(position);
        BatchVerdict verdict = validator.checkIntegrity(buffer, at, buffer.limit());
        if (verdict == BatchVerdict.VALID && RecordBatchDescriptor.lastOffsetDelta(buffer, at) >= 0) {
            skip = RecordBatchDescriptor.sizeInBytes(buffer, at);
            state = State.BATCH;
        } else {
            problem = verdict == BatchVerdict.VALID
                    ? "last offset is below the base offset"
                    : validator.explain(verdict, buffer, at, buffer.limit());
            state = lastNonZero(position) < position ? State.END : State.BAD;
        }
        return state;
    }

    /** Has the batch at the position in the buffer as far as the file has it; returns where in the buffer. */
    private int load(long from) {
        int have = available(from, RecordBatchDescriptor.HEADER_SIZE);
        int lengthField = have < RecordBatchDescriptor.LOG_OVERHEAD
                ? 0
                : buffer.getInt(index(from) + RecordBatchDescriptor.LENGTH);
        long size = (long) lengthField + RecordBatchDescriptor.LOG_OVERHEAD;
        if (lengthField > 0 && size <= Math.min(BATCH_BYTES_MAX, length - from)) {
            available(from, (int) size);
        }
        return index(from);
    }

    private int index(long from) {
        return (int) (from - bufferPosition);
    }

    /** Reads so that {@code wanted} bytes from there on are in the buffer, or all that the file has; returns how many are. */
    private int available(long from, int wanted) {
        boolean there =
                from >= bufferPosition && from + Math.min(wanted, length - from) <= bufferPosition + buffer.limit();
        if (!there) {
            if (wanted > buffer.capacity()) {
                buffer = ByteBuffer.allocate(wanted);
            }
            buffer.clear().limit((int) Math.min(buffer.capacity(), length - from));
            file.readFully(buffer, from);
            buffer.flip();
            bufferPosition = from;
        }
        return (int) Math.min(wanted, bufferPosition + buffer.limit() - from);
    }

    /** Position of the last byte that is not zero, {@code from - 1} where there is none at or after it. */
    private long lastNonZero(long from) {
        for (long end = length; end > from; ) {
            long begin = Math.max(from, end - BUFFER_BYTES);
            available(begin, (int) (end - begin));
            for (long i = end - 1; i >= begin; i--) {
                if (buffer.get(index(i)) != 0) {
                    return i;
                }
            }
            end = begin;
        }
        return from - 1;
    }

    /**
     * After {@link State#BAD}: moves to the next sound batch whose offsets lie within bounds, so that the next {@link #advance} finds
     * it. Where the length of the bad batch can be believed it is tried first, for a record may hold what looks like a batch.
     *
     * @return false where there is none; the position is where it was
     */
    public boolean resync(long offsetMin, long offsetEnd) {
        long bad = position;
        if (available(bad, RecordBatchDescriptor.LOG_OVERHEAD) == RecordBatchDescriptor.LOG_OVERHEAD) {
            long stated = (long) buffer.getInt(index(bad) + RecordBatchDescriptor.LENGTH)
                    + RecordBatchDescriptor.LOG_OVERHEAD;
            if (stated >= RecordBatchDescriptor.HEADER_SIZE && isBatch(bad + stated, offsetMin, offsetEnd)) {
                return true;
            }
        }
        for (long candidate = bad + 1; candidate + RecordBatchDescriptor.HEADER_SIZE <= length; candidate++) {
            if (available(candidate, RecordBatchDescriptor.HEADER_SIZE) == RecordBatchDescriptor.HEADER_SIZE
                    && buffer.get(index(candidate) + RecordBatchDescriptor.MAGIC) == RecordBatchDescriptor.MAGIC_V2
                    && isBatch(candidate, offsetMin, offsetEnd)) {
                return true;
            }
        }
        position = bad;
        look();
        return false;
    }

    private boolean isBatch(long candidate, long offsetMin, long offsetEnd) {
        if (candidate + RecordBatchDescriptor.HEADER_SIZE > length
                || available(candidate, RecordBatchDescriptor.HEADER_SIZE) < RecordBatchDescriptor.HEADER_SIZE) {
            return false;
        }
        int where = index(candidate);
        long base = RecordBatchDescriptor.baseOffset(buffer, where);
        long size = (long) buffer.getInt(where + RecordBatchDescriptor.LENGTH) + RecordBatchDescriptor.LOG_OVERHEAD;
        boolean plausible = base >= offsetMin
                && base < offsetEnd
                && size >= RecordBatchDescriptor.HEADER_SIZE
                && size <= length - candidate
                && (RecordBatchDescriptor.attributes(buffer, where) & UNUSED_ATTRIBUTES) == 0;
        if (!plausible) {
            return false;
        }
        position = candidate;
        boolean sound = look() == State.BATCH;
        skip = 0;
        return sound;
    }

    /**
     * Whether the bytes from {@code from} to {@code to} are one sound batch but for its length field, which does not say so.
     *
     * @return the length field that makes it sound, or -1
     */
    int lengthThatFits(long from, long to) {
        long size = to - from;
        if (size < RecordBatchDescriptor.HEADER_SIZE || size > BATCH_BYTES_MAX) {
            return -1;
        }
        ByteBuffer copy = ByteBuffer.allocate((int) size);
        file.readFully(copy, from);
        int lengthField = (int) size - RecordBatchDescriptor.LOG_OVERHEAD;
        copy.putInt(RecordBatchDescriptor.LENGTH, lengthField);
        BatchVerdict verdict = validator.checkIntegrity(copy, 0, copy.capacity());
        return verdict == BatchVerdict.VALID ? lengthField : -1;
    }

    /** Four bytes of the file as a number. */
    int intAt(long where) {
        ByteBuffer four = ByteBuffer.allocate(Integer.BYTES);
        file.readFully(four, where);
        return four.getInt(0);
    }

    /** Bytes from the position to the last one that is not zero, which follow no sound batch; 0 where only zeros follow. */
    public long badBytes() {
        return lastNonZero(position) + 1 - position;
    }

    /** Length of the file when it was opened. */
    public long length() {
        return length;
    }

    /** Byte position of what was looked at last. */
    public long position() {
        return position;
    }

    /** Holds the batch at {@link #at()}, until the next call of another method than an accessor. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Where in the buffer the batch begins. */
    public int at() {
        return at;
    }

    /** Why the bytes are no sound batch, or null. */
    public @Nullable String problem() {
        return problem;
    }

    @Override
    public void close() {
        file.close();
    }
}
