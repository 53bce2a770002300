package io.millrace.log.segment;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;

/**
 * Walks the headers of batches in a file, through its channel, a few pages at a time: the step from an index entry to the exact batch.
 *
 * <p>Confined to a thread, which reuses it ({@link #ofThisThread}); a walk is over before the thread begins another. It reads through
 * the channel and not through a mapping, because a page that cannot be had is then an exception here and not the end of the process.
 */
final class HeaderScanner {
    /** One read covers the distance between two index entries at the default interval. */
    private static final int CHUNK_BYTES = 8 << 10;

    private static final ThreadLocal<HeaderScanner> SCANNERS = ThreadLocal.withInitial(HeaderScanner::new);

    private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    private long chunkPosition;
    private Segment segment;
    private int position;
    private int end;
    private int at;

    @SuppressWarnings("NullAway.Init") // wrapped before every walk
    private HeaderScanner() {}

    static HeaderScanner ofThisThread() {
        return SCANNERS.get();
    }

    /** Begins at a position where a batch begins; the walk stops before {@code end}. */
    HeaderScanner wrap(Segment segment, int position, int end) {
        this.segment = segment;
        this.position = position;
        this.end = end;
        chunkPosition = 0;
        chunk.limit(0);
        return this;
    }

    /** Makes the header at the position readable; false where the file has no further whole batch before the end. */
    boolean hasBatch() {
        if (end - position < RecordBatchDescriptor.HEADER_SIZE || !load()) {
            return false;
        }
        at = (int) (position - chunkPosition);
        int size = RecordBatchDescriptor.sizeInBytes(chunk, at);
        return size >= RecordBatchDescriptor.HEADER_SIZE && size <= end - position;
    }

    /** Moves behind the batch whose header is readable. */
    void skip() {
        position += sizeInBytes();
    }

    private boolean load() {
        boolean loaded = position >= chunkPosition
                && position + (long) RecordBatchDescriptor.HEADER_SIZE <= chunkPosition + chunk.limit();
        return loaded || readChunk();
    }

    private boolean readChunk() {
        fillChunk();
        if (isShort() && end <= segment.size()) {
            // The log may have cut the file and gone on since, or be about to: not while the lock is held.
            segment.whileUnchanged(this::fillOrThrow);
        }
        return !isShort();
    }

    private void fillChunk() {
        chunk.clear().limit(Math.min(CHUNK_BYTES, end - position));
        chunkPosition = position;
        try {
            segment.file().readFully(chunk, position);
        } catch (StorageException e) {
            chunk.limit(0);
            throw e;
        }
        chunk.flip();
    }

    private boolean isShort() {
        return chunk.limit() < RecordBatchDescriptor.HEADER_SIZE;
    }

    private void fillOrThrow() {
        fillChunk();
        if (isShort() && end <= segment.size()) {
            // What was written is not there, and it was not the log that cut it: somebody else has.
            throw StorageException.damaged(
                    segment.path(),
                    chunkPosition + chunk.limit(),
                    "file ends before the " + end + " bytes written to it");
        }
    }

    int position() {
        return position;
    }

    int sizeInBytes() {
        return RecordBatchDescriptor.sizeInBytes(chunk, at);
    }

    long baseOffset() {
        return RecordBatchDescriptor.baseOffset(chunk, at);
    }

    long lastOffset() {
        return RecordBatchDescriptor.lastOffset(chunk, at);
    }

    long maxTimestamp() {
        return RecordBatchDescriptor.maxTimestamp(chunk, at);
    }

    /** The buffer that holds the header, at {@link #bufferAt}. */
    ByteBuffer buffer() {
        return chunk;
    }

    int bufferAt() {
        return at;
    }
}
