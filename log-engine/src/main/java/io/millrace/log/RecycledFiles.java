package io.millrace.log;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Files of segments that retention has just deleted, kept under their {@code .deleted} names to become the next segments of the same log.
 *
 * <p>A new page of the page cache is what a sustained append waits for; these files have theirs, and their blocks. In flow the files of
 * deleted segments that nobody reads any more; out flows, at a roll, one whose pages are all in the cache. What is not taken within the
 * delay of deleted files is removed like any other, so that nothing stays on the disk longer for it.
 *
 * <p>A file becomes fit for it in three steps, off the append path: the directory is forced, because after a loss of power the old name
 * must not show the new batches; its first header is zeroed; its pages are asked for. It holds batches below {@code endOffset}, and is
 * handed out for segments that begin there or later: a batch left in it never has an offset that its new segment may have.
 *
 * <p>Threads: offered on the housekeeper, taken under the log's writer lock.
 */
final class RecycledFiles {
    /** A roll takes one and deletes one; another is for the retention that comes late. */
    private static final int FILES_MAX = 2;

    /** A deleted file. */
    private record Recycled(Path file, long endOffset) {}

    private final Path directory;
    private final FileFaults faults;
    private final ArrayDeque<Recycled> ready = new ArrayDeque<>();

    RecycledFiles(Path directory, FileFaults faults) {
        this.directory = directory;
        this.faults = faults;
    }

    /**
     * Makes a deleted file fit, where there is room for it and its pages are in the cache. Nobody reads it, and it was renamed already.
     *
     * @throws StorageException where the directory could not be forced
     */
    void offer(Path file, long endOffset) {
        if (isFull()) {
            return;
        }
        StorageFile.forceDirectory(directory, faults);
        if (clearFirstHeader(file)) {
            add(new Recycled(file, endOffset));
        }
    }

    /** Whether the next roll is likely to get one. */
    synchronized boolean hasFile() {
        return !ready.isEmpty();
    }

    private synchronized boolean isFull() {
        return ready.size() >= FILES_MAX;
    }

    private synchronized void add(Recycled recycled) {
        if (ready.size() < FILES_MAX) {
            ready.add(recycled);
        }
    }

    private boolean clearFirstHeader(Path path) {
        try (StorageFile file = StorageFile.open(path, StorageFile.Mode.READ_WRITE, faults)) {
            int length = (int) file.size();
            try (MappedRegion pages = MappedRegion.map(file, 0, length, false)) {
                if (!pages.isInCache()) {
                    return false;
                }
            }
            file.writeFully(ByteBuffer.allocate(Long.BYTES + Integer.BYTES), 0);
            return true;
        } catch (StorageException e) {
            return false; // gone already, or not to be written: it is removed like any other
        }
    }

    /** A file for a segment that begins at an offset, or null. Whoever takes it renames it, before it is removed. */
    synchronized @Nullable Path take(long baseOffset) {
        Recycled first = ready.peek();
        return first == null || first.endOffset > baseOffset ? null : ready.remove().file;
    }
}
