package io.millrace.log.segment;

import io.millrace.index.HeaderSums;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The entries of a {@code .headersum} file as they were found: positions ascend; what reads as zero or out of order is left out, since a
 * crash may leave it. Read through the channel. Immutable.
 */
public final class HeaderSumTable {
    /** Read at once, and so many zeros end the reading. */
    private static final int CHUNK_BYTES = 64 << 10;

    private static final HeaderSumTable EMPTY = new HeaderSumTable(new int[0], new long[0], 0, 0);

    private final int[] positions;
    private final long[] sums;
    private final int count;
    /** So many entries stand at the beginning of the file without one between them that was left out. */
    private final int leading;

    private HeaderSumTable(int[] positions, long[] sums, int count, int leading) {
        this.positions = positions;
        this.sums = sums;
        this.count = count;
        this.leading = leading;
    }

    /** No entry: nothing is covered. */
    public static HeaderSumTable empty() {
        return EMPTY;
    }

    /**
     * The table of a segment; empty where there is no file, or one that is none. The file of a log that was killed has its full length,
     * 15 MiB, most of it a hole: 64 KiB of zeros end the reading. What a power cut may have left behind so many lost pages is
     * left out, which is always right.
     */
    public static HeaderSumTable read(Path path, FileFaults faults) {
        if (!Files.exists(path)) {
            return EMPTY;
        }
        try (StorageFile file = StorageFile.open(path, StorageFile.Mode.READ, faults)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(file.size(), CHUNK_BYTES));
            file.readFully(bytes, 0);
            while (!bytes.hasRemaining() && !endsInZeros(bytes) && bytes.capacity() < file.size()) {
                bytes = ByteBuffer.allocate((int) Math.min(file.size(), 2L * bytes.capacity()))
                        .put(bytes.flip());
                file.readFully(bytes, bytes.position());
            }
            return decode(bytes.flip());
        }
    }

    private static boolean endsInZeros(ByteBuffer bytes) {
        int from = Math.max(0, bytes.position() - CHUNK_BYTES);
        for (int at = bytes.position() - 1; at >= from; at--) {
            if (bytes.get(at) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The table in these bytes. */
    public static HeaderSumTable decode(ByteBuffer bytes) {
        int slots = bytes.limit() / HeaderSums.ENTRY_SIZE;
        if (slots < 2
                || bytes.getInt(0) != HeaderSums.MAGIC
                || bytes.getLong(Integer.BYTES) != HeaderSums.VERSION_AND_ZERO) {
            return EMPTY;
        }
        int[] positions = new int[slots - 1];
        long[] sums = new long[slots - 1];
        int count = 0;
        int leading = 0;
        for (int slot = 1; slot < slots; slot++) {
            int position = bytes.getInt(slot * HeaderSums.ENTRY_SIZE + HeaderSums.POSITION);
            if (position > (count == 0 ? 0 : positions[count - 1])) {
                positions[count] = position;
                sums[count] = bytes.getLong(slot * HeaderSums.ENTRY_SIZE + HeaderSums.SUM);
                leading += count == slot - 1 ? 1 : 0;
                count++;
            }
        }
        return count == 0 ? EMPTY : new HeaderSumTable(positions, sums, count, leading);
    }

    /** The table with one entry more: what the file of the synced offset knows about this segment. */
    public HeaderSumTable with(int position, long sum) {
        int at = Arrays.binarySearch(positions, 0, count, position);
        if (at >= 0 || position <= 0) {
            return this;
        }
        int slot = -at - 1;
        int[] newPositions = new int[count + 1];
        long[] newSums = new long[count + 1];
        System.arraycopy(positions, 0, newPositions, 0, slot);
        System.arraycopy(sums, 0, newSums, 0, slot);
        newPositions[slot] = position;
        newSums[slot] = sum;
        System.arraycopy(positions, slot, newPositions, slot + 1, count - slot);
        System.arraycopy(sums, slot, newSums, slot + 1, count - slot);
        return new HeaderSumTable(newPositions, newSums, count + 1, 0);
    }

    /** How many entries of the file may be kept where the segment ends at a position: those up to it that follow each other. */
    public int keepable(int position) {
        return Math.min(leading, floor(position) + 1);
    }

    public int count() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    public int position(int slot) {
        return positions[slot];
    }

    public long sum(int slot) {
        return sums[slot];
    }

    /** How far the sums reach, 0 without an entry. */
    public int end() {
        return count == 0 ? 0 : positions[count - 1];
    }

    /** Slot of the last entry at or below a position, -1 if there is none. */
    public int floor(int position) {
        int at = Arrays.binarySearch(positions, 0, count, position);
        return at >= 0 ? at : -at - 2;
    }
}
