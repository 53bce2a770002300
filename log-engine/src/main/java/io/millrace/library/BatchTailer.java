package io.millrace.library;

import io.millrace.log.LogClock;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
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
 * itself. In another process it has only the files: it takes no lock and writes nothing; a batch is copied and believed only if its base
 * offset follows and its checksum holds. Where that fails at the tail, the writer is in the middle of it, and {@link #next()} says that
 * there is nothing yet; it is damage, and thrown as such, only when it persists although the writer has gone on.
 *
 * <p>A segment that ends is followed by the file that bears the next offset. Where retention has deleted what was to be read next, reading
 * resumes at the earliest record, and {@link #skipped()} has counted what was lost.
 *
 * <p>Owned by one thread. Allocates nothing for a batch, and does nothing but memory accesses for it while the log is busy.
 */
public final class BatchTailer implements AutoCloseable {
    /** While nothing comes, the next segment's file is looked for so often. */
    private static final long LOOK_NS = TimeUnit.MICROSECONDS.toNanos(200);
    /** And the directory is listed so often, for a gap or a deletion. */
    private static final long LIST_NS = TimeUnit.MILLISECONDS.toNanos(20);
    /** A batch that fails its check for so long is looked at as a possible damage. */
    private static final long SUSPICION_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int LOCATE_ATTEMPTS = 20;
    private static final int FAULTS_MAX = 3;
    private static final long UNKNOWN = LogFiles.NONE;
    private static final long NOT_NOW = -2;

    private final Path directory;
    private final @Nullable PartitionLog log;
    private final LogClock clock;
    private final IdleStrategy idle;
    private final LogFiles files;
    private final SegmentWindow window;
    private final SegmentLookup lookup;
    private final CRC32C crc = new CRC32C();

    /** Offset of the first record that is wanted next. */
    private long nextOffset;
    /** File position at which the next batch begins or will begin. */
    private long position;
    /** The base offset it must have; UNKNOWN after a jump by an index. */
    private long chainOffset = UNKNOWN;

    /** The next offset for which its segment was looked up once more, before anything was passed over. */
    private long relocatedFor = UNKNOWN;

    private long knownEnd;
    private long skipped;
    private boolean closed;

    // Of the batch that is shown.
    private int sizeInBytes;
    private long baseOffset;
    private long lastOffset;

    // While nothing comes.
    private long lastLookNs;
    private long lastListNs;
    private long suspectPosition = UNKNOWN;
    private long suspectSinceNs;
    /** Base offset of the segment behind this one, once it is known. */
    private long laterBase = UNKNOWN;

    private int faults;

    BatchTailer(Path directory, @Nullable PartitionLog log, LogClock clock, IdleStrategy idle) {
        this.directory = directory;
        this.log = log;
        this.clock = clock;
        this.idle = idle;
        files = new LogFiles(directory, log);
        window = new SegmentWindow(directory);
        lookup = new SegmentLookup(directory);
        long now = clock.nanos();
        lastLookNs = now - LOOK_NS;
        lastListNs = now - LIST_NS;
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
        throw new StorageException(StorageException.Kind.IO, "mapped access", directory, position, cause);
    }

    private boolean nextPublished(PartitionLog published) {
        int attempt = 0;
        while (nextOffset < endOf(published)) {
            if (!window.isOpen() && !locate(nextOffset)) {
                return false;
            }
            int size = window.sizeAt(position);
            if (size >= RecordBatchDescriptor.HEADER_SIZE && window.load(position, size, false)) {
                show(size);
                if (isWanted()) {
                    return true;
                }
            } else if (!enterAfter(attempt++)) {
                return false;
            }
        }
        return false;
    }

    private long endOf(PartitionLog published) {
        if (nextOffset >= knownEnd) {
            knownEnd = published.logEndOffset();
        }
        return knownEnd;
    }

    /** What is published and not here is in the next segment, or gone. False where it cannot be told right now. */
    private boolean enterAfter(int attempt) {
        if (attempt >= LOCATE_ATTEMPTS) {
            throw notFound();
        }
        if (window.isOpen() && chainOffset == UNKNOWN) {
            startOfSegment();
            return true;
        }
        if (window.isOpen() && enter(chainOffset)) {
            return true;
        }
        if (relocatedFor != nextOffset) {
            relocatedFor = nextOffset;
            return locate(nextOffset);
        }
        long base = baseBehindGap();
        if (base == UNKNOWN) {
            throw notFound();
        }
        return base != NOT_NOW && enter(base);
    }

    private StorageException notFound() {
        return StorageException.damaged(directory, position, "offset " + nextOffset + " is published and not found");
    }

    private boolean nextVerified() {
        while (window.isOpen() || locateInTime()) {
            int size = window.sizeAt(position);
            if (size != 0 && isWhole(size)) {
                suspectPosition = UNKNOWN;
                faults = 0;
                show(size);
                if (isWanted()) {
                    return true;
                }
            } else if (chainOffset == UNKNOWN) {
                startOfSegment();
            } else if (size != 0) {
                return suspect(size);
            } else if (!lookForNextSegment()) {
                return false;
            }
        }
        return false;
    }

    /** Takes the loaded batch as the one that is shown, and stands behind it. */
    private void show(int size) {
        ByteBuffer buffer = window.buffer();
        int at = window.at();
        sizeInBytes = size;
        baseOffset = RecordBatchDescriptor.baseOffset(buffer, at);
        lastOffset = baseOffset + RecordBatchDescriptor.lastOffsetDelta(buffer, at);
        position += size;
        chainOffset = lastOffset + 1;
    }

    /** A batch below the offset that is looked for is passed over. */
    private boolean isWanted() {
        if (lastOffset < nextOffset) {
            return false;
        }
        nextOffset = lastOffset + 1;
        return true;
    }

    // ---- checking, in another process
    // ---------------------------------------------------------------------------------------------

    private boolean isWhole(int size) {
        if (size < RecordBatchDescriptor.HEADER_SIZE || !window.load(position, size, true)) {
            return false;
        }
        ByteBuffer buffer = window.buffer();
        return RecordBatchDescriptor.magic(buffer, 0) == RecordBatchDescriptor.MAGIC_V2
                && RecordBatchDescriptor.lastOffsetDelta(buffer, 0) >= 0
                && isNext(RecordBatchDescriptor.baseOffset(buffer, 0), size)
                && RecordBatchDescriptor.computeCrc(buffer, 0, size, crc) == RecordBatchDescriptor.crc(buffer, 0);
    }

    /** The base offset stands outside the checksum. */
    private boolean isNext(long base, int size) {
        if (chainOffset == UNKNOWN) {
            return base >= window.baseOffset() && base <= nextOffset;
        }
        return base == chainOffset || (base > chainOffset && isGap(size));
    }

    /**
     * A gap is legal in a segment that was compacted, which the last one never is. A base offset that was harmed looks like one, but for what
     * comes behind the batch.
     */
    private boolean isGap(int size) {
        if (!isLaterSegmentThere()) {
            return false;
        }
        boolean isLast = window.sizeInFileAt(position + size) < RecordBatchDescriptor.HEADER_SIZE;
        long behind = isLast ? laterBase : window.baseOffsetInFile();
        return RecordBatchDescriptor.lastOffset(window.buffer(), window.at()) < behind;
    }

    private boolean isLaterSegmentThere() {
        if (laterBase == UNKNOWN) {
            laterBase = LogFiles.firstAtLeast(files.bases(), window.baseOffset() + 1);
        }
        return laterBase != UNKNOWN;
    }

    /** A batch that does not hold: not written to its end yet, unless the writer has gone on. */
    private boolean suspect(int size) {
        long now = clock.nanos();
        if (suspectPosition != position) {
            suspectPosition = position;
            suspectSinceNs = now;
            return false;
        }
        if (now - suspectSinceNs < SUSPICION_NS) {
            return false;
        }
        suspectSinceNs = now;
        if (writerHasGoneOn(size) && !isWhole(window.sizeAt(position))) {
            throw StorageException.damaged(
                    window.path(), position, "the batch at offset " + chainOffset + " is not what was written");
        }
        return false;
    }

    /** An index has led nowhere: the segment is walked from its first byte. */
    private void startOfSegment() {
        position = 0;
        chainOffset = window.baseOffset();
    }

    private boolean writerHasGoneOn(int size) {
        return isLaterSegmentThere()
                || (size >= RecordBatchDescriptor.HEADER_SIZE
                        && window.sizeInFileAt(position + size) >= RecordBatchDescriptor.HEADER_SIZE);
    }

    // ---- from segment to segment
    // --------------------------------------------------------------------------------------------------

    private boolean enter(long base) {
        if (!window.open(base)) {
            return false;
        }
        position = 0;
        chainOffset = base;
        laterBase = UNKNOWN;
        return true;
    }

    /** While nothing comes: whether the log goes on in another file. */
    private boolean lookForNextSegment() {
        long now = clock.nanos();
        if (now - lastLookNs < LOOK_NS) {
            return false;
        }
        lastLookNs = now;
        long base = chainOffset != window.baseOffset() && files.exists(chainOffset) ? chainOffset : UNKNOWN;
        if (base == UNKNOWN && now - lastListNs >= LIST_NS) {
            lastListNs = now;
            requireUncut();
            base = baseBehindGap();
            if (base >= 0 && relocatedFor != nextOffset) {
                relocatedFor = nextOffset;
                return locate(nextOffset);
            }
        }
        // The file of the next segment is made after the last batch of this one: look once more.
        return base >= 0 && (window.sizeAt(position) != 0 || enter(base));
    }

    /**
     * Where the log goes on that neither ends here nor goes on at the next offset: behind what was deleted or compacted away. While
     * compaction swaps its segments in, one of them may have no name: then this is not the time to jump.
     */
    private long baseBehindGap() {
        long least = Math.max(chainOffset, window.baseOffset() + (window.isOpen() ? 1 : 0));
        long[] bases = files.bases();
        long base = LogFiles.firstAtLeast(bases, least);
        if (base != UNKNOWN && (files.isSwapping() || LogFiles.firstAtLeast(files.bases(), least) != base)) {
            return NOT_NOW;
        }
        if (base != UNKNOWN && bases.length > 0 && bases[0] > nextOffset) {
            skipTo(bases[0]);
        }
        return base;
    }

    private void skipTo(long offset) {
        skipped += offset - nextOffset;
        nextOffset = offset;
    }

    private void requireUncut() {
        long fileSize = window.fileSize();
        if (fileSize < position) {
            throw StorageException.damaged(
                    window.path(), fileSize, "segment was cut below position " + position + ", which was read already");
        }
    }

    private boolean locateInTime() {
        long now = clock.nanos();
        if (now - lastListNs < LIST_NS) {
            return false;
        }
        lastListNs = now;
        return locate(nextOffset);
    }

    /** Opens the segment of an offset, and stands at a batch at or below it. False where the log has no file. */
    private boolean locate(long offset) {
        for (int attempt = 0; attempt < LOCATE_ATTEMPTS; attempt++) {
            long[] bases = files.bases();
            if (bases.length == 0) {
                window.close();
                return false;
            }
            long wanted = Math.max(offset, files.earliest(bases));
            if (wanted > offset && (files.isSwapping() || !Arrays.equals(files.bases(), bases))) {
                window.close();
                return false;
            }
            if (enter(bases[LogFiles.floorIndex(bases, wanted)])) {
                startAt(wanted);
                return true;
            }
            // Deleted between the list and the open.
        }
        throw StorageException.damaged(directory, -1, "segments vanish while they are opened");
    }

    private void startAt(long wanted) {
        if (wanted > nextOffset) {
            skipTo(wanted);
        }
        position = lookup.floorPosition(window.baseOffset(), wanted);
        if (position > 0) {
            chainOffset = UNKNOWN;
        }
    }

    // ---- seeking
    // ------------------------------------------------------------------------------------------------------------------

    /** The next batch is the one that holds {@code offset}, or the first one above it. An offset beyond the end is waited for. */
    public void seek(long offset) {
        requireOpen();
        if (offset < 0) {
            throw new IllegalArgumentException("negative offset " + offset);
        }
        forget();
        nextOffset = offset;
    }

    private void forget() {
        window.close();
        sizeInBytes = 0;
        chainOffset = UNKNOWN;
        relocatedFor = UNKNOWN;
        suspectPosition = UNKNOWN;
        knownEnd = 0;
        long now = clock.nanos();
        lastLookNs = now - LOOK_NS;
        lastListNs = now - LIST_NS;
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
        if (!enter(base)) {
            return base;
        }
        nextOffset = Long.MAX_VALUE; // any batch is one below what is looked for
        startAt(Long.MAX_VALUE);
        walkToEnd();
        if (chainOffset == UNKNOWN) {
            startOfSegment();
            walkToEnd();
        }
        return chainOffset;
    }

    private void walkToEnd() {
        int size = window.sizeAt(position);
        while (isWhole(size)) {
            show(size);
            size = window.sizeAt(position);
        }
    }

    /**
     * The next batch is the first one that has a record of that time or a later one; where there is none, the one appended next.
     *
     * @return the offset of the first such record, of a compressed batch that of its first record
     */
    public long seekToTime(long timestampMs) {
        seekToEarliest();
        long start = nextOffset;
        long[] bases = files.bases();
        for (int i = bases.length == 0 ? 0 : LogFiles.floorIndex(bases, start); i < bases.length; i++) {
            // The last entry of a segment that has just rolled may not be there yet.
            boolean candidate = i >= bases.length - 2 || lookup.lastTimestamp(bases[i]) >= timestampMs;
            long found = candidate ? findInSegment(bases[i], start, timestampMs) : UNKNOWN;
            if (found != UNKNOWN) {
                seek(found);
                return found;
            }
        }
        seekToLatest();
        return nextOffset;
    }

    private long findInSegment(long base, long start, long timestampMs) {
        long from = Math.max(start, lookup.floorOffset(base, timestampMs));
        seek(from);
        if (!enter(base)) {
            return UNKNOWN;
        }
        startAt(from);
        while (window.isOpen() && window.baseOffset() == base && next()) {
            ByteBuffer buffer = buffer();
            if (RecordBatchDescriptor.maxTimestamp(buffer, position()) >= timestampMs) {
                return firstRecord(from, timestampMs);
            }
        }
        return UNKNOWN;
    }

    private long firstRecord(long from, long timestampMs) {
        if (codec() != 0) {
            return Math.max(from, baseOffset);
        }
        RecordCursor cursor = new RecordCursor().wrap(buffer(), position());
        while (cursor.next()) {
            if (cursor.timestamp() >= timestampMs && cursor.offset() >= from) {
                return cursor.offset();
            }
        }
        return nextOffset;
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
        return sizeInBytes;
    }

    /** Offset of the first record; it may be below the offset that was sought. */
    public long baseOffset() {
        return baseOffset;
    }

    /** Offset of the last record, inclusive. */
    public long lastOffset() {
        return lastOffset;
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
        return nextOffset;
    }

    /** How many offsets could not be read because retention had deleted them before. */
    public long skipped() {
        return skipped;
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
