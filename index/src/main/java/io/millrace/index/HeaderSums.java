package io.millrace.index;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.MappedRegion;
import java.nio.file.Path;

/**
 * Sums over those bytes of a segment that its batches' own checksums leave open: the {@code .headersum} file, a format of this engine.
 *
 * <pre>
 *   0               4               8               12
 *  +---------------+---------------+---------------+
 *  | magic "MRHS"  |  version = 1  |       0       |   once
 *  +---------------+---------------+---------------+
 *  |   position    |             sum               |   one entry, big endian, positions ascending
 *  +---------------+-------------------------------+
 *
 *  position   int32   end of the batches that are covered, exclusive: where a batch begins, or the end of the segment
 *  sum        int64   running sum over the open bytes of all batches below the position
 * </pre>
 *
 * <p>The file of a segment that grows has zeros after its last entry; {@link #trim} cuts them. A crash leaves any subset of the pages:
 * entries that read as zero, or one of which a half is zero. What a sum covers and how it is computed is the segment's matter.
 *
 * <p>Owned by its segment. One writer, no readers: who checks the sums reads the file.
 */
public final class HeaderSums implements AutoCloseable {
    /** Bytes of an entry, and of what stands before the first one. */
    public static final int ENTRY_SIZE = Integer.BYTES + Long.BYTES;
    /** Position of the covered end in an entry. */
    public static final int POSITION = 0;
    /** Position of the sum in an entry. */
    public static final int SUM = POSITION + Integer.BYTES;
    /** The first four bytes of the file: MRHS. */
    public static final int MAGIC = 0x4D524853;
    /** The four bytes after the magic. */
    public static final int VERSION = 1;
    /** The eight bytes after the magic. */
    public static final long VERSION_AND_ZERO = (long) VERSION << Integer.SIZE;

    private static final int HEADERS = 1;

    private final IndexFile file;

    private HeaderSums(IndexFile file) {
        this.file = file;
    }

    /**
     * Opens the file of a segment that grows, and keeps of an existing one the entries up to a position. A file that does not begin as
     * it must is begun anew.
     *
     * @param path the file; made if it is not there
     * @param maxEntries room for entries
     * @param keptEntries how many entries of an existing file are kept
     * @param faults asked before every file operation
     * @return the sums, open for appending
     */
    public static HeaderSums open(Path path, int maxEntries, int keptEntries, FileFaults faults) {
        long bytes = (maxEntries + (long) HEADERS) * ENTRY_SIZE;
        IndexFile file = IndexFile.open(path, ENTRY_SIZE, (int) Math.min(bytes, Integer.MAX_VALUE), true, faults);
        HeaderSums sums = new HeaderSums(file);
        try {
            sums.keep(keptEntries);
        } catch (RuntimeException e) {
            sums.discard();
            throw e;
        }
        return sums;
    }

    private void keep(int entries) {
        int found = file.entries();
        int kept = entries > 0 && entries + HEADERS <= found ? entries + HEADERS : 0;
        if (kept < found) {
            file.truncateToEntries(kept);
            file.trim();
        }
        if (kept == 0) {
            store(0, MAGIC, VERSION_AND_ZERO);
        }
    }

    /**
     * Appends an entry.
     *
     * @param position greater than the last entry's
     * @param sum of everything below
     */
    public void append(int position, long sum) {
        assert position > lastPosition() : position + " " + file.path();
        store(file.entries(), position, sum);
    }

    private void store(int slot, int first, long second) {
        int at = slot * ENTRY_SIZE;
        MappedRegion region = file.regionForNext();
        region.putInt(at + POSITION, first);
        region.putLong(at + SUM, second);
        file.publishNext();
    }

    /**
     * Number of entries.
     *
     * @return count
     */
    public int entries() {
        return file.entries() - HEADERS;
    }

    /**
     * Whether no further entry fits. What follows the last one is then not covered.
     *
     * @return true if {@link #append} would fail
     */
    public boolean isFull() {
        return file.entries() >= file.maxEntries();
    }

    /**
     * The end of what is covered.
     *
     * @return byte position, 0 without an entry
     */
    public int lastPosition() {
        int entries = file.entries();
        return entries <= HEADERS ? 0 : file.region().getInt((entries - 1) * ENTRY_SIZE + POSITION);
    }

    /**
     * The sum of the last entry.
     *
     * @return the sum; without meaning where there is no entry
     */
    public long lastSum() {
        int entries = file.entries();
        return entries <= HEADERS ? 0 : file.region().getLong((entries - 1) * ENTRY_SIZE + SUM);
    }

    /**
     * Removes the entries that cover more than what is below a position, and cuts the file: what was removed must not be found after a
     * crash.
     *
     * @param position the segment ends there now
     */
    public void truncateTo(int position) {
        int count = file.entries();
        while (count > HEADERS && file.region().getInt((count - 1) * ENTRY_SIZE + POSITION) > position) {
            count--;
        }
        if (count < file.entries()) {
            file.truncateToEntries(count);
            file.trim();
            file.force();
        }
    }

    /** Cuts the file to its entries. Entries may be appended again afterwards. */
    public void trim() {
        file.trim();
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

    /** Trims and unmaps. */
    @Override
    public void close() {
        file.close();
    }

    /**
     * Gives the mapping back, for sums that nobody has used for a while: the next use maps them again. The writer's lock is held.
     */
    public void park() {
        file.park();
    }

    /** Unmaps, and leaves the file as it is: for one that is deleted or whose disk failed. */
    public void discard() {
        file.discard();
    }
}
