package io.millrace.log.compact;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The records of one batch, inflated where they are compressed. Owned by one thread; used again for the next batch.
 *
 * <p>An inflated batch is kept in a buffer of its own behind a copy of its header, as if it had never been compressed, so that
 * positions in it mean the same.
 */
final class BatchRecords {
    /** What a batch may inflate to: a thread has to hold it. */
    static final int INFLATED_BYTES_MAX = 1 << 30;

    private static final int BUFFER_BYTES_MIN = 64 << 10;

    private final @Nullable RecordCodec codec;
    private final RecordCursor cursor = new RecordCursor();
    private ByteBuffer inflated = ByteBuffer.allocate(0);
    private ByteBuffer current = inflated;

    BatchRecords(@Nullable RecordCodec codec) {
        this.codec = codec;
    }

    /**
     * Begins with the records of a checked batch.
     *
     * @throws UncleanableException where they cannot be inflated
     */
    RecordCursor wrap(ByteBuffer batches, int at) {
        int number = RecordBatchDescriptor.codec(batches, at);
        // What compaction has emptied is not compressed; a client's batch always has a record.
        if (number == 0 || RecordBatchDescriptor.sizeInBytes(batches, at) == RecordBatchDescriptor.HEADER_SIZE) {
            current = batches;
            return cursor.wrap(batches, at);
        }
        if (codec == null) {
            throw new UncleanableException("it has compressed batches, and there is no codec for them", null);
        }
        try {
            inflate(codec, number, batches, at);
        } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
            throw new UncleanableException(
                    "the batch at offset " + RecordBatchDescriptor.baseOffset(batches, at) + " does not inflate: " + e,
                    e);
        }
        current = inflated;
        return cursor.wrap(inflated, 0);
    }

    private void inflate(RecordCodec with, int number, ByteBuffer batches, int at) throws IOException {
        int size = RecordBatchDescriptor.sizeInBytes(batches, at);
        int header = RecordBatchDescriptor.HEADER_SIZE;
        inflated.clear();
        ensureRoom(Math.max(BUFFER_BYTES_MIN, size));
        inflated.put(batches.slice(at, header));
        try (InputStream stream = with.inflate(number, batches.slice(at + header, size - header))) {
            int count = 0;
            while (count >= 0) {
                inflated.position(inflated.position() + count);
                ensureRoom(1);
                count = stream.read(inflated.array(), inflated.position(), inflated.remaining());
            }
        }
        inflated.flip();
        inflated.putInt(RecordBatchDescriptor.LENGTH, inflated.limit() - RecordBatchDescriptor.LOG_OVERHEAD);
    }

    private void ensureRoom(int length) throws IOException {
        if (inflated.remaining() < length) {
            long wanted = Math.max(2L * inflated.capacity(), (long) inflated.position() + length);
            if (inflated.position() + (long) length > INFLATED_BYTES_MAX) {
                throw new IOException("more than " + INFLATED_BYTES_MAX + " bytes");
            }
            ByteBuffer larger = ByteBuffer.allocate((int) Math.min(INFLATED_BYTES_MAX, wanted));
            inflated = larger.put(inflated.flip());
        }
    }

    /** The records that were kept, compressed as the batch was. */
    ByteBuffer deflate(int number, ByteBuffer records) {
        if (codec == null) {
            throw new UncleanableException("there is no codec", null);
        }
        try {
            return codec.deflate(number, records);
        } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
            throw new UncleanableException("records of codec " + number + " cannot be compressed again: " + e, e);
        }
    }

    /** Where the positions of the cursor are. */
    ByteBuffer buffer() {
        return current;
    }

    /** Gives back what a large batch took. */
    void release() {
        cursor.release();
        if (inflated.capacity() > 16 * BUFFER_BYTES_MIN) {
            inflated = ByteBuffer.allocate(0);
        }
        current = inflated;
    }
}
