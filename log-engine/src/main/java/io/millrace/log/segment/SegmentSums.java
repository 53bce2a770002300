package io.millrace.log.segment;

import io.millrace.index.HeaderSums;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The running sum over the header bytes that no CRC covers, and its file beside the segment ({@link HeaderSums}).
 *
 * <p>A segment is covered where this engine wrote it from its first byte. The file is made with the first entry, so that an idle log has
 * none, and closed by the seal. An entry of the whole segment is written by the seal alone, after the indexes have been forced: it says
 * that they need not be made anew after a crash.
 *
 * <p>Owned by {@link SegmentIndexes}, under the log's writer lock; {@link #prepareAhead} on the preparer's thread.
 */
final class SegmentSums {
    /** Headers of so many bytes of log are read again to go on with sums that end before the segment does: 20 ms. */
    private static final int CATCH_UP_BYTES_MAX = 64 << 20;

    /** Whether the running sum is that of all batches. */
    private enum Coverage {
        /** Nobody has asked yet: the segment is sealed, or about to be activated. */
        UNKNOWN,
        /** It is. */
        COVERED,
        /** A part of the batches was written by somebody who keeps no sums. */
        NONE
    }

    private final SegmentContext context;
    private final long baseOffset;
    private final Path path;
    private final int entriesMax;

    private Coverage coverage = Coverage.UNKNOWN;
    private long sum;
    /** Entries of the file on the disk that are kept when it is opened for more. */
    private int kept;
    /** While a scan makes everything anew: the file stays as it is until the scan has found no damage. */
    private boolean scanning;

    private int[] scannedPositions = new int[0];
    private long[] scannedSums = new long[0];
    private int scanned;

    /** Null while there is no entry to write. */
    private volatile @Nullable HeaderSums file;

    SegmentSums(SegmentContext context, long baseOffset, int entriesMax) {
        this.context = context;
        this.baseOffset = baseOffset;
        this.entriesMax = entriesMax;
        path = context.path(baseOffset, SegmentFiles.HEADER_SUMS);
    }

    Path path() {
        return path;
    }

    /** The sum of all batches so far; meaningless where the segment is not covered. */
    long sum() {
        return sum;
    }

    boolean isCovered() {
        return coverage == Coverage.COVERED;
    }

    /** The entries as they are on the disk. */
    HeaderSumTable onDisk() {
        return HeaderSumTable.read(path, context.faults());
    }

    // ---- growing
    // -------------------------------------------------------------------------------------------------------------------

    /** Adds a batch. Two multiplications, whether or not they are wanted: cheaper than the question. */
    void add(ByteBuffer buffer, int at) {
        sum = HeaderHash.add(sum, buffer, at);
    }

    /** Enters the sum of what is below a position. */
    void enter(int position) {
        if (coverage != Coverage.COVERED) {
            return;
        }
        if (scanning) {
            remember(position);
            return;
        }
        HeaderSums open = open();
        if (!open.isFull() && position > open.lastPosition()) {
            open.append(position, sum);
        }
    }

    private HeaderSums open() {
        HeaderSums open = file;
        if (open == null) {
            open = HeaderSums.open(path, entriesMax, kept, context.faults());
            file = open;
        }
        return open;
    }

    private void remember(int position) {
        if (scanned == scannedPositions.length) {
            int capacity = Math.max(64, 2 * scanned);
            scannedPositions = Arrays.copyOf(scannedPositions, capacity);
            scannedSums = Arrays.copyOf(scannedSums, capacity);
        }
        scannedPositions[scanned] = position;
        scannedSums[scanned] = sum;
        scanned++;
    }

    /** Gives the mapping back until the next entry. */
    void park() {
        HeaderSums open = file;
        if (open != null) {
            open.park();
        }
    }

    /** Preparer's thread. */
    void prepareAhead() {
        HeaderSums open = file;
        if (open != null) {
            open.prepareAhead();
        }
    }

    // ---- opening and cutting
    // -------------------------------------------------------------------------------------------------------

    /** The segment grows from its size on. Sums that reach beyond it are of other batches. */
    void activate(Segment segment) {
        if (coverage == Coverage.UNKNOWN) {
            HeaderSumTable found = onDisk();
            cover(segment, found.end() <= segment.size() ? found : HeaderSumTable.empty(), segment.size());
        }
    }

    /** The segment ends at {@code size} now. What is cut is forced: sums of batches that are gone must not come back. */
    void truncate(Segment segment, int size) {
        HeaderSums open = file;
        file = null;
        if (open != null) {
            open.trim();
            open.discard();
        }
        cover(segment, onDisk(), size);
        if (kept > 0) {
            open().force();
        }
    }

    /** Finds the sum at the end of the segment: from the last entry below it, over the headers of what follows. */
    private void cover(Segment segment, HeaderSumTable table, int size) {
        kept = table.keepable(size);
        int slot = kept - 1;
        int from = slot < 0 ? 0 : table.position(slot);
        sum = slot < 0 ? HeaderHash.seed(baseOffset) : table.sum(slot);
        boolean known = size == 0 || coverage == Coverage.COVERED || (slot >= 0 && size - from <= CATCH_UP_BYTES_MAX);
        coverage = known && catchUp(segment, from, size) ? Coverage.COVERED : Coverage.NONE;
        if (coverage == Coverage.NONE || kept == 0) {
            remove();
        }
    }

    private boolean catchUp(Segment segment, int from, int size) {
        HeaderScanner scanner = HeaderScanner.ofThisThread().wrap(segment, from, size);
        while (scanner.hasBatch()) {
            add(scanner.buffer(), scanner.bufferAt());
            scanner.skip();
        }
        return scanner.position() == size;
    }

    /** Sums of other batches are worse than none. */
    void remove() {
        HeaderSums open = file;
        file = null;
        kept = 0;
        if (open != null) {
            open.discard();
        }
        if (Files.exists(path)) {
            StorageFile.deleteIfExists(path, context.faults());
        }
    }

    // ---- scanning
    // ------------------------------------------------------------------------------------------------------------------

    /** All batches are about to be added again, from the first one on. */
    void beginScan() {
        coverage = Coverage.COVERED;
        sum = HeaderHash.seed(baseOffset);
        scanning = true;
        scanned = 0;
    }

    /** The scan has found no damage: the sums are those that it computed. */
    void endScan() {
        scanning = false;
        remove();
        for (int i = 0; i < scanned && !open().isFull(); i++) {
            open().append(scannedPositions[i], scannedSums[i]);
        }
        scannedPositions = new int[0];
        scannedSums = new long[0];
        scanned = 0;
    }

    /** Takes the sums of a sealed segment that had none, read from its batches: positions ascend and lie below its end. */
    void adopt(int[] positions, long[] sums, int count, long whole) {
        coverage = Coverage.COVERED;
        sum = whole;
        scannedPositions = positions;
        scannedSums = sums;
        scanned = count;
        endScan();
    }

    // ---- the end
    // -------------------------------------------------------------------------------------------------------------------

    /**
     * Enters the sum of the whole segment and hands the file over, to be forced and discarded without the lock.
     *
     * @return null where nothing is covered, or where the disk has no room: the segment is scanned after a crash, as one whose seal did
     *     not come to its end
     */
    @Nullable
    HeaderSums seal(int size) {
        if (coverage != Coverage.COVERED || size == 0) {
            return null;
        }
        try {
            HeaderSums sealed = open();
            if (!sealed.isFull() && size > sealed.lastPosition()) {
                sealed.append(size, sum);
            }
            sealed.trim();
            kept = sealed.entries();
            file = null;
            return sealed;
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NO_SPACE) {
                throw e;
            }
            return null;
        }
    }

    void discard() {
        HeaderSums open = file;
        if (open != null) {
            open.discard();
        }
    }
}
