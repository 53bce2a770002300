package io.millrace.library;

import io.millrace.log.LogClock;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log batch by batch: what a {@link Tailer} stands on, and what a program uses that wants the bytes as they are (compressed batches,
 * transaction markers).
 *
 * <pre>{@code
 * try (BatchTailer batches = log.tailer().fromEarliest().buildBatches()) {
 *     while (batches.next()) {
 *         ByteBuffer bytes = batches.buffer(); // from batches.position() on, batches.sizeInBytes() of them
 *     }
 * }
 * }</pre>
 *
 * <p>Beside the writer, in its process, it reads up to the log end offset, which is published after the bytes, and shows the mapped memory
 * itself; checksums are compared there only if the builder was told so. In another process it has only the files: it takes no lock and writes nothing; a batch is copied and believed only if its base
 * offset follows and its checksum holds. Where that fails at the tail, the writer is in the middle of it, and {@link #next()} says that
 * there is nothing yet; it is damage, and thrown as such, only when it persists although the writer has gone on.
 *
 * <p>A segment that ends is followed by the file that bears the next offset. Where retention has deleted what was to be read next, reading
 * resumes at the earliest record, and {@link #skipped()} has counted what was lost.
 *
 * <p>Owned by one thread. Allocates nothing for a batch, and does nothing but memory accesses for it while the log is busy.
 */
public final class BatchTailer implements AutoCloseable {
    private static final int FAULTS_MAX = 3;

    private final Path directory;
    private final @Nullable PartitionLog log;
    private final LogClock clock;
    private final IdleStrategy idle;
    private final boolean verified;
    private final LogFiles files;
    private final SegmentLookup lookup;
    private final TailCursor cursor;
    private final SegmentWindow window;
    private final SegmentChain chain;
    private final BatchCheck check;

    private long knownEnd;
    private int faults;
    private boolean closed;

    /**
     * A tailer that has not been sought yet.
     *
     * @param log null in another process
     * @param verified whether checksums are compared beside the writer, too; in another process they always are
     */
    BatchTailer(Path directory, @Nullable PartitionLog log, LogClock clock, IdleStrategy idle, boolean verified) {
        this.directory = directory;
        this.log = log;
        this.clock = clock;
        this.idle = idle;
        this.verified = verified;
        files = new LogFiles(directory, log);
        lookup = new SegmentLookup(directory);
        cursor = new TailCursor(directory);
        window = cursor.window;
        chain = new SegmentChain(directory, cursor, files, lookup, clock);
        check = new BatchCheck(cursor, files, clock);
    }

    // ---- reading
    // ------------------------------------------------------------------------------------------------------------------

    /**
     * Moves to the next batch.
     *
     * @return false where there is none yet; the batch shown before is not to be used any more either way
     * @throws StorageException DAMAGED where bytes that were whole are not what was written
     */
    public boolean next() {
        requireOpen();
        try {
            return log == null ? nextVerified() : nextPublished(log);
        } catch (InternalError e) {
            return faulted(e);
        }
    }

    /**
     * {@link #next()}, waiting for it with the idle strategy.
     *
     * @return false after the timeout
     */
    public boolean awaitNext(Duration timeout) throws InterruptedException {
        long startedNs = clock.nanos();
        long timeoutNs = timeout.toNanos();
        while (!next()) {
            if (clock.nanos() - startedNs >= timeoutNs) {
                return false;
            }
            idle(0);
        }
        idle.reset();
        return true;
    }

    void idle(int workCount) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        idle.idle(workCount);
    }

    IdleStrategy idleStrategy() {
        return idle;
    }

    LogClock clock() {
        return clock;
    }

    /** Bytes that a mapping cannot give: the file was cut from outside, or half a batch was taken back on a full disk. */
    private boolean faulted(InternalError cause) {
        if (window.isOpen() && log == null && ++faults < FAULTS_MAX) {
            window.unmap();
            return false;
        }
        throw new StorageException(StorageException.Kind.IO, "mapped access", directory, cursor.position, cause);
    }

    private boolean nextPublished(PartitionLog published) {
        int attempt = 0;
        while (cursor.nextOffset < endOf(published)) {
            if (!window.isOpen() && !chain.locate(cursor.nextOffset)) {
                return false;
            }
            int size = window.sizeAt(cursor.position);
            if (size >= RecordBatchDescriptor.HEADER_SIZE && loadPublished(size)) {
                if (cursor.show(size)) {
                    return true;
                }
            } else if (!chain.enterAfter(attempt++)) {
                return false;
            }
        }
        return false;
    }

    private long endOf(PartitionLog published) {
        if (cursor.nextOffset >= knownEnd) {
            knownEnd = published.logEndOffset();
        }
        return knownEnd;
    }

    /** What stands behind the last batch of a segment that has rolled may be what the file held before it was used again. */
    private boolean loadPublished(int size) {
        if (!window.load(cursor.position, size, verified)) {
            return false;
        }
        ByteBuffer buffer = window.buffer();
        int at = window.at();
        boolean follows = cursor.mayFollow(RecordBatchDescriptor.baseOffset(buffer, at));
        if (follows && verified && RecordBatchDescriptor.lastOffset(buffer, at) >= cursor.nextOffset) {
            check.requireChecksum(size);
        }
        return follows;
    }

    private boolean nextVerified() {
        while (window.isOpen() || chain.locateInTime()) {
            int size = window.sizeAt(cursor.position);
            if (size != 0 && check.isWhole(size)) {
                faults = 0;
                if (cursor.show(size)) {
                    return true;
                }
            } else if (cursor.chainOffset == TailCursor.UNKNOWN) {
                cursor.startOfSegment();
            } else if (size != 0) {
                if (!check.suspect(size) || !chain.locate(cursor.nextOffset)) {
                    return false;
                }
            } else if (!chain.lookForNextSegment()) {
                return false;
            }
        }
        return false;
    }

    // ---- seeking
    // ------------------------------------------------------------------------------------------------------------------

    /** The next batch is the one that holds {@code offset}, or the first one above it. An offset beyond the end is waited for. */
    public void seek(long offset) {
        requireOpen();
        if (offset < 0) {
            throw new IllegalArgumentException("negative offset " + offset);
        }
        cursor.leave(offset);
        chain.forget();
        check.forget();
        knownEnd = 0;
    }

    /** The next batch is the first one of the log. */
    public void seekToEarliest() {
        long[] bases = files.bases();
        seek(bases.length == 0 ? 0 : files.earliest(bases));
    }

    /** The next batch is the one that is appended next. */
    public void seekToLatest() {
        seek(log == null ? scannedEnd() : log.logEndOffset());
    }

    /** The offset behind the last whole batch, found in the files. */
    private long scannedEnd() {
        long[] bases = files.bases();
        if (bases.length == 0) {
            return 0;
        }
        long base = bases[bases.length - 1];
        seek(base);
        if (!cursor.enter(base)) {
            return base;
        }
        cursor.nextOffset = Long.MAX_VALUE; // any batch is one below what is looked for
        chain.startAt(Long.MAX_VALUE);
        walkToEnd();
        if (cursor.chainOffset == TailCursor.UNKNOWN) {
            cursor.startOfSegment();
            walkToEnd();
        }
        return cursor.chainOffset;
    }

    private void walkToEnd() {
        int size = window.sizeAt(cursor.position);
        while (check.isWhole(size)) {
            boolean ignored = cursor.show(size);
            size = window.sizeAt(cursor.position);
        }
    }

    /**
     * The next batch is the first one that has a record of that time or a later one; where there is none, the one appended next.
     *
     * @return the offset of the first such record, of a compressed batch that of its first record
     */
    public long seekToTime(long timestampMs) {
        seekToEarliest();
        long start = cursor.nextOffset;
        long[] bases = files.bases();
        for (int i = bases.length == 0 ? 0 : LogFiles.floorIndex(bases, start); i < bases.length; i++) {
            // The last entry of a segment that has just rolled may not be there yet.
            boolean candidate = i >= bases.length - 2 || lookup.lastTimestamp(bases[i]) >= timestampMs;
            long found = candidate ? findInSegment(bases[i], start, timestampMs) : TailCursor.UNKNOWN;
            if (found != TailCursor.UNKNOWN) {
                seek(found);
                return found;
            }
        }
        seekToLatest();
        return cursor.nextOffset;
    }

    private long findInSegment(long base, long start, long timestampMs) {
        long from = Math.max(start, lookup.floorOffset(base, timestampMs));
        seek(from);
        if (!cursor.enter(base)) {
            return TailCursor.UNKNOWN;
        }
        chain.startAt(from);
        while (window.isOpen() && window.baseOffset() == base && next()) {
            ByteBuffer buffer = buffer();
            if (RecordBatchDescriptor.maxTimestamp(buffer, position()) >= timestampMs) {
                return firstRecord(from, timestampMs);
            }
        }
        return TailCursor.UNKNOWN;
    }

    private long firstRecord(long from, long timestampMs) {
        if (codec() != 0) {
            return Math.max(from, cursor.baseOffset);
        }
        RecordCursor records = new RecordCursor().wrap(buffer(), position());
        while (records.next()) {
            if (records.timestamp() >= timestampMs && records.offset() >= from) {
                return records.offset();
            }
        }
        return cursor.nextOffset;
    }

    // ---- the batch that is shown
    // ---------------------------------------------------------------------------------------------------

    /** What holds the batch. Not to be changed, nor to be kept beyond the next call; see {@link RecordView} on the memory behind it. */
    public ByteBuffer buffer() {
        return window.buffer();
    }

    /** Where in the buffer the batch begins. */
    public int position() {
        return window.at();
    }

    /** Bytes of the batch with its header. */
    public int sizeInBytes() {
        return cursor.sizeInBytes;
    }

    /** Offset of the first record; it may be below the offset that was sought. */
    public long baseOffset() {
        return cursor.baseOffset;
    }

    /** Offset of the last record, inclusive. */
    public long lastOffset() {
        return cursor.lastOffset;
    }

    /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
    public int codec() {
        return RecordBatchDescriptor.codec(buffer(), position());
    }

    /** Whether the batch holds a marker of a transaction and no record of a program. */
    public boolean isControl() {
        return RecordBatchDescriptor.isControl(buffer(), position());
    }

    /** The offset from which the next batch will be. */
    public long nextOffset() {
        return cursor.nextOffset;
    }

    /** How many offsets could not be read because retention had deleted them before. */
    public long skipped() {
        return cursor.skipped;
    }

    void viewed() {
        window.viewed();
    }

    Path directory() {
        return directory;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("tailer is closed: " + directory);
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Lets go of the files. Calling it again does nothing. */
    @Override
    public void close() {
        closed = true;
        window.close();
    }
}
