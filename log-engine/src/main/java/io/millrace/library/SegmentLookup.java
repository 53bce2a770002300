package io.millrace.library;

import io.millrace.index.OffsetIndex;
import io.millrace.index.TimeIndex;
import io.millrace.log.segment.SegmentFiles;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Looks into a segment's index files while another process may write them: entries are read through the file one by one (some twenty of
 * them), and what stands behind the last entry, zeros up to the end of the reservation, counts as the end. An index is a hint: a caller
 * checks the batch that it finds there.
 *
 * <p>Stateless but for its buffer; owned by one thread.
 */
final class SegmentLookup {
    private final Path directory;
    private final ByteBuffer entry = ByteBuffer.allocateDirect(TimeIndex.ENTRY_SIZE);

    SegmentLookup(Path directory) {
        this.directory = directory;
    }

    /** Position of a batch at or below the one that holds {@code offset}; 0 where the index tells nothing. */
    long floorPosition(long baseOffset, long offset) {
        try (QuietFile index = open(baseOffset, SegmentFiles.OFFSET_INDEX)) {
            return index != null && readFloor(index, OffsetIndex.ENTRY_SIZE, offset - baseOffset)
                    ? entry.getInt(Integer.BYTES)
                    : 0;
        }
    }

    /** Offset of a record at or below the first one that has at least that timestamp; the base offset where the index tells nothing. */
    long floorOffset(long baseOffset, long timestampMs) {
        try (QuietFile index = open(baseOffset, SegmentFiles.TIME_INDEX)) {
            return index != null && readFloor(index, TimeIndex.ENTRY_SIZE, timestampMs)
                    ? baseOffset + entry.getInt(Long.BYTES)
                    : baseOffset;
        }
    }

    /** The largest timestamp that the time index tells of, {@link Long#MAX_VALUE} where it tells nothing. */
    long lastTimestamp(long baseOffset) {
        try (QuietFile index = open(baseOffset, SegmentFiles.TIME_INDEX)) {
            return index != null && readFloor(index, TimeIndex.ENTRY_SIZE, Long.MAX_VALUE)
                    ? entry.getLong(0)
                    : Long.MAX_VALUE;
        }
    }

    private @Nullable QuietFile open(long baseOffset, String suffix) {
        return QuietFile.openIfExists(SegmentFiles.path(directory, baseOffset, suffix));
    }

    /** Reads the last entry whose key is at most {@code key}; false where there is none. */
    private boolean readFloor(QuietFile index, int entrySize, long key) {
        long low = 0;
        long high = index.size() / entrySize;
        while (low < high) {
            long middle = (low + high) >>> 1;
            boolean atMost = read(index, entrySize, middle) && !isEmpty(entrySize) && key(entrySize) <= key;
            if (atMost) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low > 0 && read(index, entrySize, low - 1);
    }

    private boolean read(QuietFile index, int entrySize, long slot) {
        entry.clear().limit(entrySize);
        return index.read(entry, slot * entrySize) == entrySize;
    }

    private long key(int entrySize) {
        return entrySize == OffsetIndex.ENTRY_SIZE ? entry.getInt(0) : entry.getLong(0);
    }

    private boolean isEmpty(int entrySize) {
        return entry.getLong(0) == 0 && (entrySize == OffsetIndex.ENTRY_SIZE || entry.getInt(Long.BYTES) == 0);
    }
}
