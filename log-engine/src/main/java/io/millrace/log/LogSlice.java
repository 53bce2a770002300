package io.millrace.log;

import io.millrace.log.segment.Segment;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a segment's file: whole batches from the first byte of the first one on; the last one may be cut off by the size that
 * was asked for. It keeps the file open until {@link #close}, which is called exactly once, also where the segment has been deleted
 * meanwhile.
 *
 * <p>A reader that wants no garbage makes one and has it filled again and again: {@link PartitionLog#readInto}. Owned by whoever asked
 * for it; may be handed to another thread.
 */
public final class LogSlice implements AutoCloseable {
    private @Nullable LogState log;
    /** Pinned; null while the slice is closed. */
    private @Nullable Segment segment;

    private int position;
    private int length;
    private @Nullable MappedRegion mapped;

    /** One that is closed, to be filled by a read. */
    public LogSlice() {}

    /** Takes over one pin of the segment. */
    void open(LogState newLog, Segment pinned, int newPosition, int newLength) {
        log = newLog;
        position = newPosition;
        length = newLength;
        segment = pinned;
    }

    /** Whether it holds a file; then it is to be closed before it is filled again. */
    public boolean isOpen() {
        return segment != null;
    }

    private Segment segment() {
        Segment pinned = segment;
        if (pinned == null) {
            throw new IllegalStateException("slice is closed: " + this);
        }
        return pinned;
    }

    private LogState log() {
        LogState owner = log;
        if (owner == null) {
            throw new IllegalStateException("slice was never filled");
        }
        return owner;
    }

    /** The channel of the segment's file, to transfer from; not to be closed, written or positioned. */
    public FileChannel channel() {
        return segment().channel();
    }

    /** First byte of the slice in the file. */
    public long position() {
        return position;
    }

    /** Number of bytes; 0 at the end of the log. */
    public int length() {
        return length;
    }

    /** Base offset of the segment that the slice lies in. */
    public long segmentBaseOffset() {
        return segment().baseOffset();
    }

    /** Offset of the first record of the first batch, which may be below the offset that was asked for. Not for an empty slice. */
    public long firstBatchOffset() {
        return segment().baseOffsetAt(position);
    }

    /** Copies the slice to the target's position, which moves; the target has room for {@link #length()} bytes. */
    public void copyTo(ByteBuffer target) {
        int limit = target.limit();
        target.limit(target.position() + length);
        try {
            int count = segment().read(target, position);
            if (count < length) {
                throw endsEarly((long) position + count);
            }
        } catch (StorageException e) {
            throw failed(e);
        } finally {
            target.limit(limit);
        }
    }

    private MappedRegion map() {
        try {
            return segment().map(position, length);
        } catch (StorageException e) {
            throw e.kind() == StorageException.Kind.DAMAGED ? endsEarly(e.position()) : failed(e);
        }
    }

    /** A truncation may have taken records above the high watermark; anything else that ends the file is somebody else's doing. */
    private StorageException endsEarly(long at) {
        try {
            segment().checkFile();
        } catch (StorageException e) {
            return log().isClosed() ? e : log().fail(e);
        }
        return StorageException.damaged(segment().path(), at, "segment ends inside a slice");
    }

    private StorageException failed(StorageException e) {
        if (e.kind() == StorageException.Kind.IO && !log().isClosed()) {
            log().fail(e);
        }
        return e;
    }

    /** The bytes, readable only, from position 0 on: a copy, valid also after {@link #close}. Checksums and codecs read a copy. */
    public ByteBuffer copy() {
        ByteBuffer copy = ByteBuffer.allocate(length);
        copyTo(copy);
        return copy.flip().asReadOnlyBuffer();
    }

    /**
     * The bytes themselves, readable only, from position 0 on: mapped memory, valid until {@link #close}, after which any access may
     * end the process. Not for native code, such as checksums and codecs: those take a {@link #copy}. Not for records above the high
     * watermark either, since a truncation may take those away.
     */
    public ByteBuffer view() {
        if (length == 0) {
            return ByteBuffer.allocate(0).asReadOnlyBuffer();
        }
        MappedRegion region = mapped;
        if (region == null) {
            region = map();
            mapped = region;
        }
        return region.readOnlyView(0, length);
    }

    @Override
    public void close() {
        Segment pinned = segment;
        if (pinned == null) {
            throw new IllegalStateException("slice was closed before: " + this);
        }
        segment = null;
        MappedRegion region = mapped;
        mapped = null;
        if (region != null) {
            region.close();
        }
        pinned.unpin();
    }

    @Override
    public String toString() {
        Segment pinned = segment;
        return "LogSlice[" + (pinned == null ? "closed" : pinned.path()) + " position=" + position + " length=" + length
                + "]";
    }
}
