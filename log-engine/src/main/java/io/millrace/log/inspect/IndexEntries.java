package io.millrace.log.inspect;

import io.millrace.index.OffsetIndex;
import io.millrace.index.TimeIndex;
import io.millrace.log.inspect.PartitionFiles.SegmentPath;
import io.millrace.log.segment.SegmentFiles;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The entries of an index file, read into memory. Zeros behind the last entry, which an index has that was not closed, do not count.
 * Owned by one thread.
 */
public final class IndexEntries {
    private final Path path;
    private final ByteBuffer bytes;
    private final long baseOffset;
    private final int entrySize;
    private final int count;

    private IndexEntries(Path path, long baseOffset, int entrySize) {
        this.path = path;
        this.baseOffset = baseOffset;
        this.entrySize = entrySize;
        bytes = SmallFile.read(path);
        int entries = bytes.limit() / entrySize;
        while (entries > 0 && isZero(entries - 1)) {
            entries--;
        }
        count = entries;
    }

    /** The offset index of a segment; empty where it has none. */
    public static IndexEntries offsets(SegmentPath segment) {
        return new IndexEntries(
                segment.beside(SegmentFiles.OFFSET_INDEX), segment.baseOffset(), OffsetIndex.ENTRY_SIZE);
    }

    /** The time index of a segment; empty where it has none. */
    public static IndexEntries times(SegmentPath segment) {
        return new IndexEntries(segment.beside(SegmentFiles.TIME_INDEX), segment.baseOffset(), TimeIndex.ENTRY_SIZE);
    }

    private boolean isZero(int slot) {
        for (int i = slot * entrySize; i < (slot + 1) * entrySize; i++) {
            if (bytes.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The file. */
    public Path path() {
        return path;
    }

    /** Number of entries. */
    public int count() {
        return count;
    }

    /** Length of the file. */
    public int bytes() {
        return bytes.limit();
    }

    /** Whether the file is whole entries. */
    public boolean sizeFits() {
        return bytes.limit() % entrySize == 0;
    }

    /** Byte position of an entry in the file. */
    public long filePosition(int slot) {
        return (long) slot * entrySize;
    }

    /** Offset of an entry, absolute; of either index, whose last four bytes or first four hold it. */
    public long offset(int slot) {
        return baseOffset + bytes.getInt(slot * entrySize + (entrySize == TimeIndex.ENTRY_SIZE ? Long.BYTES : 0));
    }

    /** Position of an entry of the offset index. */
    public int position(int slot) {
        return bytes.getInt(slot * entrySize + Integer.BYTES);
    }

    /** Timestamp of an entry of the time index, milliseconds. */
    public long timestamp(int slot) {
        return bytes.getLong(slot * entrySize);
    }
}
