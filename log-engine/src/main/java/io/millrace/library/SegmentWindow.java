package io.millrace.library;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import org.jspecify.annotations.Nullable;

/**
 * The segment file that a tailer is in: batches of it as bytes, out of a mapped window, or through the file where there is too little to be
 * worth a mapping.
 *
 * <pre>
 *   file:  | written ................ position ...... | reserved, reads as zeros |
 *                ^ window start                                     window end ^
 * </pre>
 *
 * <p>The writer extends the file before it copies into it, and cuts spare bytes off behind the last batch when it rolls or closes. A mapped
 * byte beyond the new end cannot be read, and on JDK 17 the error of it comes late. So a place where no batch is known to be is looked at
 * through the mapping only where the page holds a byte of a batch before it, which is never cut; else through the file, whose end is an
 * answer and not an error.
 *
 * <p>Owned by one thread; keeps its buffers from segment to segment.
 */
final class SegmentWindow implements AutoCloseable {
    /** Less than this is read through the file: a mapping costs some microseconds, a read of it half a one. */
    static final int MAP_BYTES_MIN = 64 << 10;

    private static final int MAP_BYTES_MAX = 1 << 30;
    private static final int COPY_BYTES_MIN = 16 << 10;
    static final int PAGE = 4096;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Path directory;
    private final ByteBuffer header = ByteBuffer.allocateDirect(RecordBatchDescriptor.LOG_OVERHEAD);
    private ByteBuffer copy = NOTHING;

    private @Nullable QuietFile file;
    private @Nullable Object identity;
    private @Nullable MappedRegion region;
    private ByteBuffer mapped = NOTHING;
    private long start;
    private long end;
    private long baseOffset = -1;
    private boolean viewed;
    /** End of the file when it was asked for last. */
    private long knownEnd;

    private ByteBuffer buffer = NOTHING;
    private int at;

    SegmentWindow(Path directory) {
        this.directory = directory;
    }

    /** Enters the segment with that base offset; false where it has no file, and then no segment is open. */
    boolean open(long newBaseOffset) {
        close();
        Path path = SegmentFiles.path(directory, newBaseOffset, SegmentFiles.LOG);
        // Before the open: where the name goes to another file in between, this one counts as gone.
        identity = identityOf(path);
        file = QuietFile.openIfExists(path);
        baseOffset = newBaseOffset;
        knownEnd = 0;
        return file != null;
    }

    /**
     * Whether the file that is open has lost its name: it was deleted, or is used again for a later segment and holds other bytes than those
     * that are looked for. Some microseconds: for when something does not fit.
     */
    boolean isGone() {
        Object opened = identity;
        return opened == null || !opened.equals(identityOf(path()));
    }

    /** The inode, null where there is no file or the file system has none. */
    private static @Nullable Object identityOf(Path path) {
        try {
            return Files.getFileAttributeView(path, BasicFileAttributeView.class)
                    .readAttributes()
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw StorageException.of("attributes", path, -1, e);
        }
    }

    boolean isOpen() {
        return file != null;
    }

    long baseOffset() {
        return baseOffset;
    }

    Path path() {
        return openFile().path();
    }

    long fileSize() {
        long size = openFile().size();
        knownEnd = size;
        return size;
    }

    /** What {@link #fileSize} was last, 0 where it was not asked for yet. */
    long knownEnd() {
        return knownEnd;
    }

    /** Size of the batch at a position as its header says, 0 where there is none, or none yet. It may be nonsense. */
    int sizeAt(long position) {
        return size(isLookSafe(position) ? mappedLength((int) (position - start)) : readLength(position));
    }

    /** The same through the file, for a place that may lie beyond its end. */
    int sizeInFileAt(long position) {
        return size(readLength(position));
    }

    /** The base offset of the batch that was looked at through the file last. */
    long baseOffsetInFile() {
        return header.getLong(RecordBatchDescriptor.BASE_OFFSET);
    }

    private static int size(int length) {
        boolean plausible = length > 0 && length <= Integer.MAX_VALUE - RecordBatchDescriptor.LOG_OVERHEAD;
        return plausible ? length + RecordBatchDescriptor.LOG_OVERHEAD : 0;
    }

    private boolean isLookSafe(long position) {
        return isOnPageOfKnownByte(position, RecordBatchDescriptor.LOG_OVERHEAD)
                && isInside(position, RecordBatchDescriptor.LOG_OVERHEAD);
    }

    private static boolean isOnPageOfKnownByte(long position, int length) {
        int inPage = (int) position & (PAGE - 1);
        return inPage != 0 && length <= PAGE - inPage;
    }

    private boolean isInside(long position, int length) {
        return position >= start && position + length <= end;
    }

    /** The fences keep the look from being moved out of a loop that waits, and what follows from being read before it. */
    private int mappedLength(int at) {
        VarHandle.acquireFence();
        int length = mapped.getInt(at + RecordBatchDescriptor.LENGTH);
        VarHandle.acquireFence();
        return length;
    }

    private int readLength(long position) {
        header.clear();
        int count = openFile().read(header, position);
        return count < RecordBatchDescriptor.LOG_OVERHEAD ? 0 : header.getInt(RecordBatchDescriptor.LENGTH);
    }

    /**
     * Makes a batch readable in {@link #buffer} at {@link #at}; false where the file does not have all of it.
     *
     * @param copying into a private buffer, for whoever looks at it with a checksum and while it may be written: a write through the
     *     channel shows a header before the file is long enough for the rest, also where an older mapping reaches further
     */
    boolean load(long position, int size, boolean copying) {
        if (!isInside(position, size) || (copying && !isOnPageOfKnownByte(position, size))) {
            long fileSize = fileSize();
            if (position + size > fileSize) {
                return false;
            }
            if (!isInside(position, size) && fileSize - position >= MAP_BYTES_MIN) {
                remap(position, fileSize);
            }
        }
        if (!isInside(position, size)) {
            return readCopy(position, size);
        }
        at = (int) (position - start);
        buffer = mapped;
        if (copying) {
            ensureCopy(size).put(0, mapped, at, size);
            buffer = copy;
            at = 0;
        }
        return true;
    }

    private boolean readCopy(long position, int size) {
        ByteBuffer target = ensureCopy(size);
        at = 0;
        buffer = target;
        boolean whole = openFile().read(target, position) == size;
        target.position(0);
        return whole;
    }

    private ByteBuffer ensureCopy(int size) {
        if (copy.capacity() < size) {
            int doubled = (int) Math.min(Integer.MAX_VALUE - 8L, 2L * copy.capacity());
            copy = ByteBuffer.allocateDirect(Math.max(COPY_BYTES_MIN, Math.max(size, doubled)));
        }
        return copy.clear().limit(size);
    }

    private void remap(long position, long fileSize) {
        unmap();
        start = position & -PAGE;
        int length = (int) Math.min(MAP_BYTES_MAX, fileSize - start);
        MappedRegion made = openFile().map(start, length);
        region = made;
        mapped = made.readOnlyView(0, length);
        end = start + length;
    }

    /** Where the batch that was loaded is. */
    ByteBuffer buffer() {
        return buffer;
    }

    int at() {
        return at;
    }

    /** Somebody was given a view of the buffer, and may use it too late: the memory behind it must outlive that. */
    void viewed() {
        viewed = true;
    }

    /** Forgets the mapping; the file stays open. */
    void unmap() {
        MappedRegion old = region;
        region = null;
        mapped = NOTHING;
        start = 0;
        end = 0;
        if (old != null && viewed) {
            old.release();
        } else if (old != null) {
            old.close();
        }
        viewed = false;
    }

    private QuietFile openFile() {
        QuietFile open = file;
        if (open == null) {
            throw new IllegalStateException("no segment is open");
        }
        return open;
    }

    /** Leaves the segment. */
    @Override
    public void close() {
        unmap();
        buffer = NOTHING;
        QuietFile open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }
}
