package io.millrace.index;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;

/**
 * A segment's sparse index from offsets to byte positions: Kafka's {@code .index} file.
 *
 * <pre>
 *   0               4               8
 *  +---------------+---------------+
 *  |relative offset|   position    |   one entry, big endian, entries ascending in both
 *  +---------------+---------------+
 *
 *  relative offset   int32   offset of a batch's last record, less the segment's base offset; never negative
 *  position          int32   byte position in the segment at which that batch starts
 * </pre>
 *
 * <p>With base offset 50, an entry {@code 00 00 00 05  00 00 10 00} says: the batch that ends with offset 55 starts at byte
 * 4096. The file of an index that is written has its full length, zeros after the last entry; {@link #trim} cuts it.
 * There is no checksum. A crash leaves any subset of the pages and the full length: an index that was not closed is
 * rebuilt from its segment.
 *
 * <p>Owned by its segment. One writer, any readers: see the package. Callers keep a reader out of {@link #close}.
 */
public final class OffsetIndex implements AutoCloseable {
    /** Bytes of an entry. */
    public static final int ENTRY_SIZE = Long.BYTES;

    /** The key; an entry is stored and loaded whole, as one long with the position in its lower half. */
    private static final int RELATIVE_OFFSET = 0;

    private static final FloorSearch BY_OFFSET = new FloorSearch(ENTRY_SIZE, RELATIVE_OFFSET, false);

    private final long baseOffset;
    private final IndexFile file;
    private final KeyRanges ranges = new KeyRanges();

    private OffsetIndex(long baseOffset, IndexFile file) {
        this.baseOffset = baseOffset;
        this.file = file;
    }

    /**
     * Opens the index of a segment. Every whole entry of an existing file counts as valid: call {@link #sanityCheck}.
     *
     * @param path the file; made, empty, if it is not there and {@code writable}
     * @param baseOffset the segment's base offset
     * @param maxBytes room for entries, rounded down to whole entries; of no meaning when read-only
     * @param writable whether entries will be appended or removed
     * @param faults asked before every file operation
     * @return the index, not yet mapped
     */
    public static OffsetIndex open(Path path, long baseOffset, int maxBytes, boolean writable, FileFaults faults) {
        return new OffsetIndex(baseOffset, IndexFile.open(path, ENTRY_SIZE, maxBytes, writable, faults));
    }

    /**
     * Appends an entry. Writer only.
     *
     * @param offset greater than the last entry's, and at most {@code baseOffset + Integer.MAX_VALUE}
     * @param position byte position in the segment
     * @throws IllegalStateException if the index is full: see {@link #isFull}
     * @throws StorageException if the disk is full; the index is unchanged
     */
    public void append(long offset, int position) {
        int slot = file.entries();
        checkNext(slot, offset);
        int at = slot * ENTRY_SIZE;
        file.regionForNext().putLong(at, entry((int) (offset - baseOffset), position));
        file.publishNext();
    }

    /**
     * Where a scan for an offset starts.
     *
     * @param offset any offset
     * @return position of the last entry whose offset is at most {@code offset}, 0 if there is none
     */
    public int floorPosition(long offset) {
        return position(floorEntry(offset));
    }

    /**
     * The last indexed offset that is at most the given one.
     *
     * @param offset any offset
     * @return that offset, {@code baseOffset} if there is none
     */
    public long floorOffset(long offset) {
        return baseOffset + relativeOffset(floorEntry(offset));
    }

    /**
     * Both halves of the floor entry in one look-up, for those who need them to belong together.
     *
     * @param offset any offset
     * @return the entry, to be taken apart by {@link #relativeOffset} and {@link #position}; 0 if there is none
     */
    public long floorEntry(long offset) {
        KeyRanges.Table known = ranges.current();
        int entries = file.entries();
        if (entries == 0 || offset < baseOffset) {
            return 0;
        }
        MappedRegion region = file.region();
        long relative = offset - baseOffset;
        int slot = BY_OFFSET.floor(region, ranges, known, entries, relative);
        return slot < 0 ? 0 : region.getLong(slot * ENTRY_SIZE);
    }

    /**
     * The offset of an entry, relative to the base offset.
     *
     * @param entry what {@link #floorEntry} or {@link #entry} returned
     * @return offset less the base offset
     */
    public static int relativeOffset(long entry) {
        return (int) (entry >>> Integer.SIZE);
    }

    /**
     * The position of an entry.
     *
     * @param entry what {@link #floorEntry} or {@link #entry} returned
     * @return byte position in the segment
     */
    public static int position(long entry) {
        return (int) entry;
    }

    /**
     * The entry of a slot.
     *
     * @param slot from 0 on
     * @return the entry
     */
    public long entry(int slot) {
        if (slot < 0 || slot >= file.entries()) {
            throw new IndexOutOfBoundsException(slot);
        }
        return file.region().getLong(slot * ENTRY_SIZE);
    }

    /** The first entry or one of the last two. */
    private long edge(int slot) {
        return file.edgeLong(slot * ENTRY_SIZE);
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
     * Number of entries that fit.
     *
     * @return count
     */
    public int maxEntries() {
        return file.maxEntries();
    }

    /**
     * Whether no further entry fits; the segment then rolls.
     *
     * @return true if {@link #append} would fail
     */
    public boolean isFull() {
        return file.entries() >= file.maxEntries();
    }

    /**
     * Whether an offset can be expressed relative to the base offset.
     *
     * @param offset any offset
     * @return true if it can be appended as far as its size goes
     */
    public boolean canAppendOffset(long offset) {
        long relative = offset - baseOffset;
        return relative >= 0 && relative <= Integer.MAX_VALUE;
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
     * Offset of the last entry.
     *
     * @return the offset, {@code baseOffset} in an empty index
     */
    public long lastOffset() {
        return baseOffset + relativeOffset(lastEntry());
    }

    /**
     * Position of the last entry.
     *
     * @return byte position, 0 in an empty index
     */
    public int lastPosition() {
        return position(lastEntry());
    }

    /**
     * Removes the entries whose offset is at least the given one. Writer only. A reader may see the entries that are
     * appended in their place while it still searches: it checks what it finds at the position.
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
            checkPair(0, edge(0), 0, edge(0));
            checkPair(entries - 1, edge(entries - 1), Math.max(0, entries - 2), edge(Math.max(0, entries - 2)));
            checkPair(entries - 1, edge(entries - 1), 0, edge(0));
        }
    }

    /**
     * Checks every entry: offsets and positions ascend. Reads the whole file.
     *
     * @throws StorageException {@code DAMAGED}, with the position of the first wrong entry
     */
    public void checkAllEntries() {
        file.checkSize();
        int entries = entries();
        for (int slot = 0; slot < entries; slot++) {
            checkPair(slot, entry(slot), Math.max(0, slot - 1), entry(Math.max(0, slot - 1)));
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

    private void checkNext(int slot, long offset) {
        if (slot >= file.maxEntries()) {
            throw new IllegalStateException("offset index is full: file=" + file.path());
        }
        if (!canAppendOffset(offset) || (slot > 0 && offset <= lastOffset())) {
            throw new IllegalArgumentException("offset=" + offset + " baseOffset=" + baseOffset + " lastOffset="
                    + lastOffset() + " file=" + file.path());
        }
    }

    private void checkPair(int slot, long entry, int earlierSlot, long earlier) {
        if (relativeOffset(entry) < 0 || position(entry) < 0) {
            throw file.damaged(slot, "negative entry in offset index");
        }
        boolean ascending = relativeOffset(entry) > relativeOffset(earlier) && position(entry) > position(earlier);
        if (slot != earlierSlot && !ascending) {
            throw file.damaged(slot, "entries of offset index do not ascend");
        }
    }

    private long lastEntry() {
        int entries = file.entries();
        return entries == 0 ? 0 : edge(entries - 1);
    }

    private static long entry(int relativeOffset, int position) {
        return ((long) relativeOffset << Integer.SIZE) | (position & 0xFFFF_FFFFL);
    }
}
