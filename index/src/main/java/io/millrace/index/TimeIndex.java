package io.millrace.index;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;

/**
 * A segment's sparse index from timestamps to offsets: Kafka's {@code .timeindex} file.
 *
 * <pre>
 *   0                               8              12
 *  +-------------------------------+---------------+
 *  |           timestamp           |relative offset|   one entry, big endian
 *  +-------------------------------+---------------+
 *
 *  timestamp         int64   milliseconds since 1970; greater than the entry's before
 *  relative offset   int32   offset less the segment's base offset; never less than the entry's before
 * </pre>
 *
 * <p>An entry (t, o) says: up to offset o inclusive the greatest timestamp in the segment is t; a record with a greater one
 * comes after o. With base offset 50, {@code 00 00 01 93 00 00 00 00  00 00 00 05} says that of time 0x19300000000 and
 * offset 55. The file of an index that is written has its full length, zeros after the last entry; {@link #trim} cuts it.
 * There is no checksum. A crash leaves any subset of the pages and the full length: an index that was not closed is
 * rebuilt from its segment.
 *
 * <p>Owned by its segment. One writer, any readers: see the package. Callers keep a reader out of {@link #close}.
 */
public final class TimeIndex implements AutoCloseable {
    /** Bytes of an entry. */
    public static final int ENTRY_SIZE = Long.BYTES + Integer.BYTES;

    /** The last timestamp of an empty index. */
    public static final long NO_TIMESTAMP = -1;

    private static final int TIMESTAMP = 0;
    private static final int RELATIVE_OFFSET = TIMESTAMP + Long.BYTES;

    private static final FloorSearch BY_TIMESTAMP = new FloorSearch(ENTRY_SIZE, TIMESTAMP, true);
    private static final FloorSearch BY_OFFSET = new FloorSearch(ENTRY_SIZE, RELATIVE_OFFSET, false);

    private final long baseOffset;
    private final IndexFile file;
    private final KeyRanges ranges = new KeyRanges();

    private TimeIndex(long baseOffset, IndexFile file) {
        this.baseOffset = baseOffset;
        this.file = file;
    }

    /**
     * Opens the time index of a segment. Every whole entry of an existing file counts as valid: call {@link #sanityCheck}.
     *
     * @param path the file; made, empty, if it is not there and {@code writable}
     * @param baseOffset the segment's base offset
     * @param maxBytes room for entries, rounded down to whole entries; of no meaning when read-only
     * @param writable whether entries will be appended or removed
     * @param faults asked before every file operation
     * @return the index, not yet mapped
     */
    public static TimeIndex open(Path path, long baseOffset, int maxBytes, boolean writable, FileFaults faults) {
        return new TimeIndex(baseOffset, IndexFile.open(path, ENTRY_SIZE, maxBytes, writable, faults));
    }

    /**
     * Appends an entry if its timestamp is greater than the last one's; the same timestamp is passed over. Writer only.
     *
     * @param timestamp milliseconds since 1970, at least the last entry's
     * @param offset at least the last entry's, and at most {@code baseOffset + Integer.MAX_VALUE}
     * @param skipFullCheck true for the entry of a roll or close, which has the last slot to itself
     * @throws IllegalStateException if the index is full: see {@link #isFull}
     * @throws StorageException if the disk is full; the index is unchanged
     */
    public void maybeAppend(long timestamp, long offset, boolean skipFullCheck) {
        int slot = file.entries();
        checkNext(slot, timestamp, offset, skipFullCheck);
        if (timestamp <= lastTimestamp()) {
            return;
        }
        if (slot >= file.maxEntries()) {
            throw full();
        }
        int at = slot * ENTRY_SIZE;
        MappedRegion region = file.regionForNext();
        region.putLong(at + TIMESTAMP, timestamp);
        region.putInt(at + RELATIVE_OFFSET, (int) (offset - baseOffset));
        file.publishNext();
    }

    /**
     * Where a scan for a record of at least some time starts: every record with a timestamp greater than the floor entry's
     * comes after the returned offset.
     *
     * @param timestamp any time
     * @return offset of the entry with the greatest timestamp that is at most {@code timestamp}; {@code baseOffset} if none
     */
    public long floorOffset(long timestamp) {
        int slot = floorSlot(timestamp);
        return slot < 0 ? baseOffset : offset(slot);
    }

    /**
     * The greatest indexed timestamp that is at most the given one.
     *
     * @param timestamp any time
     * @return that timestamp, {@link #NO_TIMESTAMP} if there is none
     */
    public long floorTimestamp(long timestamp) {
        int slot = floorSlot(timestamp);
        return slot < 0 ? NO_TIMESTAMP : timestamp(slot);
    }

    /**
     * Timestamp of a slot.
     *
     * @param slot from 0 on
     * @return milliseconds since 1970
     */
    public long timestampAt(int slot) {
        checkSlot(slot);
        return timestamp(slot);
    }

    /**
     * Offset of a slot.
     *
     * @param slot from 0 on
     * @return the offset
     */
    public long offsetAt(int slot) {
        checkSlot(slot);
        return offset(slot);
    }

    /**
     * Number of entries.
     *
     * @return count, visible with its entries
     */
    public int entries() {
        return file.entries();
    }

    /**
     * Number of entries that fit, the roll's included.
     *
     * @return count
     */
    public int maxEntries() {
        return file.maxEntries();
    }

    /**
     * Whether the segment has to roll. One slot less than fits, since a roll adds an entry.
     *
     * @return true if an append needs {@code skipFullCheck}
     */
    public boolean isFull() {
        return file.entries() >= file.maxEntries() - 1;
    }

    /**
     * The segment's base offset.
     *
     * @return the offset
     */
    public long baseOffset() {
        return baseOffset;
    }

    /**
     * Timestamp of the last entry, the greatest.
     *
     * @return milliseconds since 1970, {@link #NO_TIMESTAMP} in an empty index
     */
    public long lastTimestamp() {
        int entries = file.entries();
        return entries == 0 ? NO_TIMESTAMP : edgeTimestamp(entries - 1);
    }

    /**
     * Offset of the last entry.
     *
     * @return the offset, {@code baseOffset} in an empty index
     */
    public long lastOffset() {
        int entries = file.entries();
        return entries == 0 ? baseOffset : baseOffset + edgeRelativeOffset(entries - 1);
    }

    /**
     * Removes the entries whose offset is at least the given one. Writer only. A reader may see the entries that are
     * appended in their place while it still searches: it checks what it finds at the offset.
     *
     * @param offset first offset to go
     */
    public void truncateTo(long offset) {
        if (offset <= baseOffset) {
            reset();
        } else if (entries() > 0) {
            long last = offset - 1 - baseOffset;
            int slot = BY_OFFSET.floor(file.region(), entries(), last);
            file.truncateToEntries(slot + 1);
            ranges.drop();
        }
    }

    /** Removes all entries. Writer only. */
    public void reset() {
        file.truncateToEntries(0);
        ranges.drop();
    }

    /**
     * Checks what can be checked without reading the whole: the size, and the first entry and the last two.
     *
     * @throws StorageException {@code DAMAGED}, with the position of what is wrong
     */
    public void sanityCheck() {
        file.checkSize();
        int entries = entries();
        if (entries > 0) {
            checkPair(0, 0);
            checkPair(entries - 1, Math.max(0, entries - 2));
            checkPair(entries - 1, 0);
        }
    }

    /**
     * Checks every entry: timestamps ascend, offsets do not descend. Reads the whole file.
     *
     * @throws StorageException {@code DAMAGED}, with the position of the first wrong entry
     */
    public void checkAllEntries() {
        file.checkSize();
        int entries = entries();
        if (entries > 0) {
            file.region();
        }
        for (int slot = 0; slot < entries; slot++) {
            checkPair(slot, Math.max(0, slot - 1));
        }
    }

    /** Cuts the file to the valid entries, at roll. Writer only. Entries may be appended again afterwards. */
    public void trim() {
        file.trim();
    }

    /**
     * Changes how many entries fit. Writer only.
     *
     * @param maxBytes room in bytes; at least the present entries stay
     */
    public void resize(int maxBytes) {
        file.resize(maxBytes);
    }

    /** Has room for the first entries made and warmed before the writer needs it. For a background thread, of a log at work. */
    public void prepareFirst() {
        file.prepareFirst();
    }

    /** Reserves and warms pages before the writer needs them. For a background thread; does nothing when idle. */
    public void prepareAhead() {
        file.prepareAhead();
    }

    /** Makes the entries durable. */
    public void force() {
        file.force();
    }

    /**
     * The file's path.
     *
     * @return the path
     */
    public Path path() {
        return file.path();
    }

    /**
     * Tells that the file was renamed.
     *
     * @param newPath where it is now
     */
    public void moved(Path newPath) {
        file.moved(newPath);
    }

    /**
     * Gives the mapping back, for an index that nobody has used for a while: the next use maps it again. The writer's lock is
     * held, and no reader may be inside.
     */
    public void park() {
        ranges.drop();
        file.park();
    }

    /** Trims and unmaps. No reader may be inside. */
    @Override
    public void close() {
        file.close();
    }

    /** Unmaps, and leaves the file as it is: for one that is deleted or whose disk failed. No reader may be inside. */
    public void discard() {
        file.discard();
    }

    private int floorSlot(long timestamp) {
        KeyRanges.Table known = ranges.current();
        int entries = file.entries();
        return entries == 0 ? -1 : BY_TIMESTAMP.floor(file.region(), ranges, known, entries, timestamp);
    }

    private void checkNext(int slot, long timestamp, long offset, boolean skipFullCheck) {
        if (!skipFullCheck && isFull()) {
            throw full();
        }
        long relative = offset - baseOffset;
        boolean fits = relative >= 0 && relative <= Integer.MAX_VALUE;
        if (!fits || (slot > 0 && (offset < lastOffset() || timestamp < lastTimestamp()))) {
            throw new IllegalArgumentException("timestamp=" + timestamp + " offset=" + offset + " baseOffset="
                    + baseOffset + " lastTimestamp=" + lastTimestamp() + " lastOffset=" + lastOffset() + " file="
                    + file.path());
        }
    }

    private IllegalStateException full() {
        return new IllegalStateException("time index is full: file=" + file.path());
    }

    /** Of the first entry and the last two, or of a mapped index. */
    private void checkPair(int slot, int earlierSlot) {
        if (edgeRelativeOffset(slot) < 0) {
            throw file.damaged(slot, "negative offset in time index");
        }
        boolean ascending = edgeTimestamp(slot) > edgeTimestamp(earlierSlot)
                && edgeRelativeOffset(slot) >= edgeRelativeOffset(earlierSlot);
        if (slot != earlierSlot && !ascending) {
            throw file.damaged(slot, "entries of time index do not ascend");
        }
    }

    private void checkSlot(int slot) {
        if (slot < 0 || slot >= file.entries()) {
            throw new IndexOutOfBoundsException(slot);
        }
    }

    private long timestamp(int slot) {
        return file.region().getLong(slot * ENTRY_SIZE + TIMESTAMP);
    }

    private int relativeOffset(int slot) {
        return file.region().getInt(slot * ENTRY_SIZE + RELATIVE_OFFSET);
    }

    private long edgeTimestamp(int slot) {
        return file.edgeLong(slot * ENTRY_SIZE + TIMESTAMP);
    }

    private int edgeRelativeOffset(int slot) {
        return file.edgeInt(slot * ENTRY_SIZE + RELATIVE_OFFSET);
    }

    private long offset(int slot) {
        return baseOffset + relativeOffset(slot);
    }
}
