package io.millrace.log.compact;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.segment.PartitionListing;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Brings a partition's directory into order before its segments are opened: what an interrupted swap of cleaned segments has left, of
 * ours or of Kafka's. See {@link SegmentSwap} for the states in which a stop can leave it.
 *
 * <ol>
 *   <li>A {@code .swap} at or above the lowest {@code .cleaned} belongs to a swap that never counted: removed, before the {@code .cleaned}
 *       files that tell so.
 *   <li>Any other {@code .log.swap} replaces the segments from its base offset to its end: what is still there of them is removed.
 *   <li>Every {@code .swap} loses its suffix, a log before its indexes.
 *   <li>Indexes without a log are removed: those of an old segment of which the log was renamed already.
 * </ol>
 *
 * <p>A stop in the middle leaves a state of the same kind. Where the headers of a {@code .log.swap} do not lead to the end of the file,
 * it is damaged: nothing is removed, the log does not open.
 */
public final class SwapRecovery {
    private static final int DIGITS = 20;
    private static final int CHUNK_BYTES = 256 << 10;
    /** What goes with a segment; producer snapshots are found to be stray by those who own them. */
    private static final String SNAPSHOT = ".snapshot";

    private final Path directory;
    private final FileFaults faults;

    private SwapRecovery(Path directory, FileFaults faults) {
        this.directory = directory;
        this.faults = faults;
    }

    /**
     * Finishes what counts and undoes what does not.
     *
     * @return files of no use to anybody ({@code .cleaned}, {@code .deleted}), to be removed by the caller, which may fail
     */
    public static List<Path> complete(Path directory, FileFaults faults) {
        if (isInterrupted(PartitionListing.of(directory))) {
            new SwapRecovery(directory, faults).finish(SegmentSwap.list(directory));
        }
        return SegmentFiles.leftovers(directory);
    }

    /** Whether {@link #complete} has more to do than to name leftovers. */
    public static boolean isInterrupted(PartitionListing listing) {
        for (String name : listing.names()) {
            if (isSwap(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSwap(String name) {
        return name.endsWith(SegmentSwap.SWAP) && isSegmentFile(name);
    }

    private static boolean isSwap(Path file) {
        return isSwap(SegmentSwap.name(file));
    }

    private static boolean isSegmentFile(Path file) {
        return isSegmentFile(SegmentSwap.name(file));
    }

    private static boolean isSegmentFile(String name) {
        return name.length() > DIGITS && name.charAt(DIGITS) == '.' && SegmentFiles.beginsWithOffset(name);
    }

    private static long baseOffset(Path file) {
        return Long.parseLong(SegmentSwap.name(file).substring(0, DIGITS));
    }

    private void finish(List<Path> files) {
        long lowestCleaned = files.stream()
                .filter(file -> SegmentSwap.name(file).endsWith(SegmentSwap.CLEANED) && isSegmentFile(file))
                .mapToLong(SwapRecovery::baseOffset)
                .min()
                .orElse(Long.MAX_VALUE);
        Set<Long> counting = new TreeSet<>();
        List<Path> undone = new ArrayList<>();
        for (Path file : files) {
            if (isSwap(file) && baseOffset(file) < lowestCleaned) {
                counting.add(baseOffset(file));
            } else if (isSwap(file)) {
                undone.add(file);
            }
        }
        remove(undone);
        counting.forEach(this::swapIn);
        removeLoneIndexes();
        StorageFile.forceDirectory(directory, faults);
    }

    private void remove(List<Path> files) {
        files.forEach(file -> StorageFile.deleteIfExists(file, faults));
    }

    private void swapIn(long base) {
        Path log = SegmentFiles.path(directory, base, SegmentFiles.LOG + SegmentSwap.SWAP);
        List<Path> swaps = SegmentSwap.files(directory, base, SegmentSwap.SWAP);
        if (swaps.contains(log)) {
            removeReplaced(base, Math.max(base + 1, endOffset(log, base)));
        }
        SegmentSwap.rename(swaps, SegmentSwap.SWAP, "", faults);
    }

    /** The old segments, each log before its indexes: an index that a stop leaves behind is found without its log. */
    private void removeReplaced(long from, long to) {
        List<Path> replaced = new ArrayList<>();
        for (Path file : SegmentSwap.list(directory)) {
            String name = SegmentSwap.name(file);
            boolean other = name.endsWith(SegmentSwap.SWAP)
                    || name.endsWith(SegmentSwap.CLEANED)
                    || name.endsWith(SegmentFiles.DELETED)
                    || name.endsWith(SNAPSHOT);
            if (isSegmentFile(file) && !other && baseOffset(file) >= from && baseOffset(file) < to) {
                replaced.add(file);
            }
        }
        replaced.sort((a, b) -> {
            int byBase = Long.compare(baseOffset(a), baseOffset(b));
            return byBase != 0 ? byBase : Boolean.compare(!isLog(a), !isLog(b));
        });
        remove(replaced);
    }

    private static boolean isLog(Path file) {
        return SegmentSwap.name(file).endsWith(SegmentFiles.LOG);
    }

    private void removeLoneIndexes() {
        Set<Long> logs = new TreeSet<>();
        List<Path> files = SegmentSwap.list(directory).stream()
                .filter(SwapRecovery::isSegmentFile)
                .toList();
        files.stream().filter(SwapRecovery::isLog).forEach(file -> logs.add(baseOffset(file)));
        remove(files.stream()
                .filter(file -> isIndex(file) && !logs.contains(baseOffset(file)))
                .toList());
    }

    private static boolean isIndex(Path file) {
        String name = SegmentSwap.name(file);
        return name.endsWith(SegmentFiles.OFFSET_INDEX)
                || name.endsWith(SegmentFiles.TIME_INDEX)
                || name.endsWith(SegmentFiles.TXN_INDEX)
                || name.endsWith(SegmentFiles.HEADER_SUMS);
    }

    /** The offset after the last batch of a segment that no log has opened, from the headers of its batches. */
    private long endOffset(Path log, long base) {
        StorageFile file = StorageFile.open(log, StorageFile.Mode.READ, faults);
        try {
            long size = file.size();
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).limit(0);
            long chunkPosition = 0;
            long position = 0;
            long end = base;
            while (position < size) {
                if (position + RecordBatchDescriptor.HEADER_SIZE > chunkPosition + chunk.limit()) {
                    chunk.clear();
                    file.readFully(chunk, position);
                    chunk.flip();
                    chunkPosition = position;
                }
                int at = (int) (position - chunkPosition);
                int bytes = chunk.limit() - at < RecordBatchDescriptor.HEADER_SIZE
                        ? 0
                        : RecordBatchDescriptor.sizeInBytes(chunk, at);
                boolean whole = bytes >= RecordBatchDescriptor.HEADER_SIZE && position + bytes <= size;
                if (!whole || RecordBatchDescriptor.lastOffset(chunk, at) < end) {
                    throw StorageException.damaged(
                            log, position, "cleaned segment is damaged before it was swapped in");
                }
                end = RecordBatchDescriptor.lastOffset(chunk, at) + 1;
                position += bytes;
            }
            return end;
        } finally {
            file.close();
        }
    }
}
