package io.millrace.log.compact;

import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.segment.Segment;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;

/**
 * Reads the batches of a sealed, pinned segment one after the other, through its channel into a buffer on the heap, and checks each: what
 * is damaged must not be given a new checksum. Owned by one thread; used again for the next segment.
 */
final class SegmentBatches {
    /** Told how many bytes were read from the disk; may wait, may throw to end the walk. */
    @FunctionalInterface
    interface Meter {
        void read(int bytes);
    }

    private final BatchValidator validator = new BatchValidator();
    private final int bufferBytes;
    private final Meter meter;
    private ByteBuffer buffer;
    private Segment segment;
    private int bufferPosition;
    private int position;
    private int end;
    private int at;
    private int size;

    @SuppressWarnings("NullAway.Init") // wrapped before every walk
    SegmentBatches(int bufferBytes, Meter meter) {
        this.bufferBytes = bufferBytes;
        this.meter = meter;
        buffer = ByteBuffer.allocate(bufferBytes).limit(0);
    }

    /** Begins at a position where a batch begins. */
    SegmentBatches wrap(Segment pinned, int fromPosition) {
        if (buffer.capacity() > bufferBytes) {
            buffer = ByteBuffer.allocate(bufferBytes);
        }
        buffer.clear().limit(0);
        segment = pinned;
        bufferPosition = fromPosition;
        position = fromPosition;
        end = pinned.size();
        size = 0;
        return this;
    }

    /** Moves to the next batch, all of which is then in the buffer; false at the end. */
    boolean next() {
        position += size;
        if (position >= end) {
            return false;
        }
        if (!inBuffer(RecordBatchDescriptor.LOG_OVERHEAD)) {
            fill();
        }
        size = inBuffer(RecordBatchDescriptor.LOG_OVERHEAD)
                ? RecordBatchDescriptor.sizeInBytes(buffer, position - bufferPosition)
                : 0;
        if (size < RecordBatchDescriptor.HEADER_SIZE || size > end - position) {
            throw damaged("no whole batch where one was");
        }
        if (!inBuffer(size)) {
            grow(size);
            fill();
        }
        at = position - bufferPosition;
        BatchVerdict verdict = validator.checkIntegrity(buffer, at, buffer.limit());
        if (verdict != BatchVerdict.VALID) {
            throw damaged(validator.explain(verdict, buffer, at, buffer.limit()));
        }
        return true;
    }

    private boolean inBuffer(int length) {
        return position - bufferPosition + (long) length <= buffer.limit();
    }

    private void grow(int needed) {
        if (buffer.capacity() < needed) {
            buffer = ByteBuffer.allocate(needed);
        }
    }

    private void fill() {
        buffer.clear().limit(Math.min(buffer.capacity(), end - position));
        bufferPosition = position;
        segment.read(buffer, bufferPosition);
        buffer.flip();
        meter.read(buffer.limit());
    }

    /** A fault of the batch that {@link #next} moved to. */
    StorageException damaged(String what) {
        return StorageException.damaged(segment.path(), position, what);
    }

    /** Holds the batch, at {@link #at()}. */
    ByteBuffer buffer() {
        return buffer;
    }

    int at() {
        return at;
    }

    /** Bytes of the batch. */
    int size() {
        return size;
    }
}
