package io.millrace.library;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Where a tailer stands: the segment, the position in it, and the offset that is wanted next. Everybody who moves the tailer moves this.
 *
 * <p>Owned by the tailer's thread.
 */
final class TailCursor {
    static final long UNKNOWN = LogFiles.NONE;

    final SegmentWindow window;

    /** Offset of the first record that is wanted next. */
    long nextOffset;
    /** File position at which the next batch begins or will begin. */
    long position;
    /** The base offset it must have; UNKNOWN after a jump by an index. */
    long chainOffset = UNKNOWN;
    /** How many offsets were gone before they could be read. */
    long skipped;
    /** Base offset of the segment behind this one, once it is known. */
    long laterBase = UNKNOWN;

    // Of the batch that is shown.
    int sizeInBytes;
    long baseOffset;
    long lastOffset;

    TailCursor(Path directory) {
        window = new SegmentWindow(directory);
    }

    /** Stands at the first byte of a segment; false where it has no file. */
    boolean enter(long base) {
        if (!window.open(base)) {
            return false;
        }
        startOfSegment();
        laterBase = UNKNOWN;
        return true;
    }

    /** Walks the segment from its first byte: also where an index has led nowhere. */
    void startOfSegment() {
        position = 0;
        chainOffset = window.baseOffset();
    }

    /** Stands at a batch somewhere in the segment, whose offset is not known yet. */
    void jumpTo(long newPosition) {
        position = newPosition;
        if (newPosition > 0) {
            chainOffset = UNKNOWN;
        }
    }

    void skipTo(long offset) {
        skipped += offset - nextOffset;
        nextOffset = offset;
    }

    /** Takes the loaded batch as the one that is shown, and stands behind it. False where it is below what is wanted. */
    boolean show(int size) {
        ByteBuffer buffer = window.buffer();
        int at = window.at();
        sizeInBytes = size;
        baseOffset = RecordBatchDescriptor.baseOffset(buffer, at);
        lastOffset = baseOffset + RecordBatchDescriptor.lastOffsetDelta(buffer, at);
        position += size;
        chainOffset = lastOffset + 1;
        if (lastOffset < nextOffset) {
            return false;
        }
        nextOffset = chainOffset;
        return true;
    }

    /** Whether a base offset may be that of the next batch: the one that follows, or a later one where compaction has left a gap. */
    boolean mayFollow(long base) {
        return chainOffset == UNKNOWN ? base >= window.baseOffset() && base <= nextOffset : base >= chainOffset;
    }

    /** Lets go of the segment; the next batch is looked for anew. */
    void leave(long wanted) {
        window.close();
        sizeInBytes = 0;
        chainOffset = UNKNOWN;
        nextOffset = wanted;
    }
}
