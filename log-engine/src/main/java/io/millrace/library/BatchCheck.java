package io.millrace.library;

import io.millrace.log.LogClock;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * What a tailer believes that has nothing but the files. A batch counts only if its base offset is the one that follows and its checksum
 * holds; anything else is not written to its end yet, or is what a file that is used again held before. It is damage only where it stays
 * although the writer has gone on.
 *
 * <p>Owned by the tailer's thread.
 */
final class BatchCheck {
    /** A batch that fails its check for so long is looked at as a possible damage. */
    private static final long SUSPICION_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** A batch that is being copied in is whole within a microsecond: so often it is looked at again before anything else is done. */
    private static final int ATTEMPTS = 4;

    private final TailCursor cursor;
    private final SegmentWindow window;
    private final LogFiles files;
    private final LogClock clock;
    private final CRC32C crc = new CRC32C();
    private long suspectPosition = TailCursor.UNKNOWN;
    private long suspectSinceNs;

    BatchCheck(TailCursor cursor, LogFiles files, LogClock clock) {
        this.cursor = cursor;
        this.window = cursor.window;
        this.files = files;
        this.clock = clock;
    }

    /** Loads the batch at the cursor, as a copy; whether it is whole. */
    boolean isWhole(int size) {
        for (int attempt = 0; attempt < ATTEMPTS && size >= RecordBatchDescriptor.HEADER_SIZE; attempt++) {
            if (!window.load(cursor.position, size, true) || !isExpected(size)) {
                return false;
            }
            if (checksumHolds(size)) {
                suspectPosition = TailCursor.UNKNOWN;
                return true;
            }
            Thread.onSpinWait();
        }
        return false;
    }

    private boolean isExpected(int size) {
        ByteBuffer buffer = window.buffer();
        int at = window.at();
        return RecordBatchDescriptor.sizeInBytes(buffer, at) == size
                && RecordBatchDescriptor.magic(buffer, at) == RecordBatchDescriptor.MAGIC_V2
                && RecordBatchDescriptor.lastOffsetDelta(buffer, at) >= 0
                && isNext(RecordBatchDescriptor.baseOffset(buffer, at), size);
    }

    /** Throws where the copy that was loaded, of a batch that was published, is not what was written. */
    void requireChecksum(int size) {
        if (!checksumHolds(size)) {
            throw damaged();
        }
    }

    private boolean checksumHolds(int size) {
        ByteBuffer buffer = window.buffer();
        int at = window.at();
        return RecordBatchDescriptor.computeCrc(buffer, at, size, crc) == RecordBatchDescriptor.crc(buffer, at);
    }

    /** The base offset stands outside the checksum. */
    private boolean isNext(long base, int size) {
        return cursor.mayFollow(base)
                && (cursor.chainOffset == TailCursor.UNKNOWN || base == cursor.chainOffset || isGap(size));
    }

    /**
     * A gap is legal in a segment that was compacted, which the last one never is. A base offset that was harmed looks like one, but for what
     * comes behind the batch; so does a batch of a later segment in a file that is used again, which is beyond the next segment's first.
     */
    private boolean isGap(int size) {
        if (!isLaterSegmentThere()) {
            return false;
        }
        long behind = isFollowed(size) ? window.baseOffsetInFile() : cursor.laterBase;
        return RecordBatchDescriptor.lastOffset(window.buffer(), window.at()) < Math.min(behind, cursor.laterBase);
    }

    /** Whether another batch of this log stands behind the one at the cursor, and not what the file held before it was used again. */
    private boolean isFollowed(int size) {
        return window.sizeInFileAt(cursor.position + size) >= RecordBatchDescriptor.HEADER_SIZE
                && window.baseOffsetInFile() > Math.max(cursor.chainOffset, window.baseOffset());
    }

    private boolean isLaterSegmentThere() {
        if (cursor.laterBase == TailCursor.UNKNOWN) {
            cursor.laterBase = LogFiles.firstAtLeast(files.bases(), window.baseOffset() + 1);
        }
        return cursor.laterBase != TailCursor.UNKNOWN;
    }

    /**
     * A batch does not hold: it is not written to its end yet, unless the writer has gone on. Throws where that lasts.
     *
     * @return whether the segment has gone under the tailer, and its file may hold another one
     */
    boolean suspect(int size) {
        long now = clock.nanos();
        if (suspectPosition != cursor.position) {
            suspectPosition = cursor.position;
            suspectSinceNs = now;
            return false;
        }
        if (now - suspectSinceNs < SUSPICION_NS) {
            return false;
        }
        suspectSinceNs = now;
        if (window.isGone()) {
            return true;
        }
        // Gone between the two looks is told by the last one.
        if (writerHasGoneOn(size) && !isWhole(window.sizeAt(cursor.position)) && !window.isGone()) {
            throw damaged();
        }
        return false;
    }

    private boolean writerHasGoneOn(int size) {
        return isLaterSegmentThere() || (size >= RecordBatchDescriptor.HEADER_SIZE && isFollowed(size));
    }

    private StorageException damaged() {
        return StorageException.damaged(
                window.path(),
                cursor.position,
                "the batch at offset " + cursor.chainOffset + " is not what was written");
    }

    void forget() {
        suspectPosition = TailCursor.UNKNOWN;
    }
}
