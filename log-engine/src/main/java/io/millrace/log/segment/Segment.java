package io.millrace.log.segment;

import io.millrace.index.HeaderSums;
import io.millrace.index.OffsetIndex;
import io.millrace.index.TimeIndex;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.txn.AbortedTransactionIndex;
import io.millrace.mapped.CloseSteps;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A contiguous file of batches and its indexes. The last segment of a log is active and grows; the others are sealed.
 *
 * <p>Life: {@link #create} or {@link #open}, {@link #activate} for the active one, {@link #seal}, at last {@link #delete} or
 * {@link #release}. The log holds one pin for as long as the segment belongs to it, each reader one while it reads; the files are
 * closed when the last pin goes, so that a slice on its way to a socket survives the deletion of its segment. Of a settled segment
 * that nobody uses the files may be <i>parked</i>, see {@link OpenSegments}: their next use opens them again.
 *
 * <p>Threads: what writes runs under the log's writer lock, or on the one thread that seals. Readers see {@link #size()} and the
 * index entries through releases of the writer; an index entry may name an offset that is not published yet, which no reader asks
 * for. Invariant: {@code size} is the end of a batch, and every index entry names the first byte of a batch below it.
 */
public final class Segment {
    /** No batch has a timestamp. */
    public static final long NO_TIMESTAMP = RecordBatchDescriptor.NO_TIMESTAMP;

    /** In place of the one pin of the log, while the segment is being parked: nobody gets in. */
    private static final int PARKING = -1;

    /** Used since it was last looked at, not used since, and parked. */
    private static final int HOT = 2;

    private static final int COLD = 1;
    private static final int PARKED = 0;

    private static final VarHandle PINS;
    private static final VarHandle WARMTH;
    private static final VarHandle SIZE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            PINS = lookup.findVarHandle(Segment.class, "pins", int.class);
            WARMTH = lookup.findVarHandle(Segment.class, "warmth", int.class);
            SIZE = lookup.findVarHandle(Segment.class, "size", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final SegmentContext context;
    private final long baseOffset;
    private final Path path;
    private final StorageFile file;
    private final SegmentIndexes indexes;
    private final FileIdentity identity;
    private final long createdMs;
    private final ReadMapping readMapping;

    /** Held while a segment that has rolled ends its files, without the writer lock; taken after that one. */
    private final Object ending = new Object();

    // Writer's.
    private volatile @Nullable SegmentWriter writer;
    /** Something has been appended or cut since the writer was made. */
    private boolean resumed = true;
    /** The file holds batches of an expired segment, until it is activated. */
    private boolean isRecycled;
    /** What was made ready for it, until it is activated. */
    private NextSegment.@Nullable Made prepared;
    /** The writer of a segment that has rolled, until its spare bytes are trimmed. */
    private volatile @Nullable SegmentWriter retired;

    private volatile boolean deleted;
    /** It belongs to a log, whose lock and pins keep it from being parked under somebody's hands. */
    private volatile boolean settled;
    /** Appends and cuts so far, and how many of them the last force has seen: a segment is parked when they are the same. */
    private int changes;

    private volatile int forcedChanges;
    /** The indexes on the disk are those of all batches: of an active segment that is appended to they never are. */
    private volatile boolean indexesForced = true;

    /** Position of the last batch appended here since the segment was opened or cut, -1 before there is one. */
    private int lastBatch = -1;

    // Published.
    private int size;

    @SuppressWarnings("UnusedVariable") // through PINS
    private int pins = 1;

    private volatile int warmth = HOT;

    private Segment(
            SegmentContext context,
            long baseOffset,
            StorageFile file,
            SegmentIndexes indexes,
            FileIdentity identity,
            long createdMs) {
        this.context = context;
        this.baseOffset = baseOffset;
        this.file = file;
        this.path = file.path();
        this.indexes = indexes;
        this.identity = identity;
        this.createdMs = createdMs;
        readMapping = new ReadMapping(this, context.openSegments().readMappings());
    }

    /** A new, empty segment, also where a roll that failed half way has left its files. */
    public static Segment create(SegmentContext context, long baseOffset, SegmentLimits limits, long nowMs) {
        Path log = context.path(baseOffset, SegmentFiles.LOG);
        StorageFile file = StorageFile.open(log, StorageFile.Mode.CREATE, context.faults());
        try {
            SegmentIndexes indexes = SegmentIndexes.open(context, baseOffset, limits);
            Segment segment = new Segment(context, baseOffset, file, indexes, FileIdentity.of(log), nowMs);
            if (segment.file.size() > 0 || !indexes.isEmpty()) {
                segment.file.truncate(0);
                indexes.startEmpty();
            }
            return segment;
        } catch (StorageException e) {
            file.close();
            throw e;
        }
    }

    /** A new segment in the files that were made ready for it; null where there are none. */
    public static @Nullable Segment createPrepared(
            SegmentContext context, long baseOffset, SegmentLimits limits, long nowMs) {
        NextSegment next = context.next();
        NextSegment.Made made = next == null ? null : next.take(limits.segmentBytes());
        if (made == null) {
            return null;
        }
        try {
            made.rename(context, baseOffset);
            SegmentIndexes indexes = SegmentIndexes.open(context, baseOffset, limits);
            Segment segment = new Segment(context, baseOffset, made.file(), indexes, made.identity(), nowMs);
            made.indexes(indexes);
            segment.prepared = made;
            return segment;
        } catch (StorageException e) {
            made.abandon();
            throw e;
        }
    }

    /**
     * A new segment in the file of one that has expired, which holds old batches behind a header of zeros, with its pages in the cache. Where
     * the file has gone it begins with an empty one.
     */
    public static Segment recycle(
            SegmentContext context, long baseOffset, SegmentLimits limits, Path expired, long nowMs) {
        Path log = context.path(baseOffset, SegmentFiles.LOG);
        if (!StorageFile.renameIfExists(expired, log, context.faults())) {
            return create(context, baseOffset, limits, nowMs);
        }
        StorageFile file = StorageFile.open(log, StorageFile.Mode.READ_WRITE, context.faults());
        try {
            SegmentIndexes indexes = SegmentIndexes.open(context, baseOffset, limits);
            Segment segment = new Segment(context, baseOffset, file, indexes, FileIdentity.of(log), nowMs);
            segment.isRecycled = true;
            if (!indexes.isEmpty()) {
                indexes.startEmpty();
            }
            return segment;
        } catch (StorageException e) {
            file.close();
            throw e;
        }
    }

    /**
     * A segment that exists; its size is the file's, which after an unclean stop may be more than its batches. The indexes are as they
     * are on disk: see {@link #indexProblem}. The files are parked: ten thousand logs that are opened and not used hold no descriptor.
     */
    public static Segment open(SegmentContext context, long baseOffset, SegmentLimits limits) {
        Path log = context.path(baseOffset, SegmentFiles.LOG);
        BasicFileAttributes found = attributes(log);
        if (found.size() > Integer.MAX_VALUE) {
            throw new StorageException(
                    StorageException.Kind.DAMAGED, "segment is larger than 2 GiB", log, found.size(), null);
        }
        Segment segment = new Segment(
                context,
                baseOffset,
                StorageFile.parked(log, StorageFile.Mode.READ_WRITE, context.faults()),
                SegmentIndexes.open(context, baseOffset, limits),
                FileIdentity.of(found),
                found.lastModifiedTime().toMillis());
        segment.size = (int) found.size();
        segment.warmth = PARKED;
        return segment;
    }

    private static BasicFileAttributes attributes(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class);
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "look at", file, -1, e);
        }
    }

    /** Of a new log: it holds no descriptor until its first append. */
    public void restUntilUsed() {
        if (!settled && size == 0) {
            warmth = PARKED;
            indexes.park();
            file.park();
        }
    }

    // ---- writing
    // -----------------------------------------------------------------------------------------------------------------

    /** Makes this the active segment: batches are appended from {@link #size()} on. */
    public void activate(SegmentLimits limits) {
        closeRetired();
        SegmentWriter before = writer;
        if (before != null) {
            before.abandon(); // the preparer may still watch it, and would set the end of the file back to its cursor
        }
        long mappedLimit = context.mappable() ? limits.segmentBytes() : 0;
        SegmentWriter active = prepared == null ? newWriter(mappedLimit) : prepared.writer();
        if (isRecycled) {
            isRecycled = false;
            active.startRecycled();
        } else if (prepared != null) {
            prepared = null;
            active.startPrepared();
        }
        synchronized (ending) {
            writer = active;
            indexes.activate(this, limits);
        }
        resumed = false;
    }

    private SegmentWriter newWriter(long mappedLimit) {
        return new SegmentWriter(
                file,
                size,
                mappedLimit,
                context.preparer(),
                context.writerLock(),
                context.nanos(),
                indexes::prepareAhead,
                context.next());
    }

    /** Before the first append or cut of an active segment that was opened: what a log needs only that is used. */
    private void resume() {
        resumed = true;
        indexesForced = false;
        indexes.resume(this);
    }

    /**
     * Appends checked batches whose offsets are assigned. All or nothing: where it throws, the size is what it was, and only
     * NO_SPACE leaves the segment fit for another append.
     */
    public void append(ByteBuffer batches, int at, int length) {
        SegmentWriter active = writer;
        if (active == null) {
            throw new IllegalStateException("segment is sealed: " + path);
        }
        int position = size;
        touch();
        if (!resumed) {
            resume();
        }
        changes++;
        active.append(batches, at, length);
        int end = at + length;
        for (int batch = at; batch < end; batch += RecordBatchDescriptor.sizeInBytes(batches, batch)) {
            indexes.note(batches, batch, position + (batch - at));
            lastBatch = position + (batch - at);
        }
        SIZE.setRelease(this, position + length);
    }

    /** Whether a batch of so many bytes up to that offset has to go to another segment; time is not looked at. */
    public boolean isFullFor(int bytes, long lastOffset, int segmentBytes) {
        return size > segmentBytes - bytes
                || indexes.isFull()
                || lastOffset - baseOffset > Integer.MAX_VALUE
                || lastOffset < baseOffset;
    }

    /** Whether the age is told by the clock, because the first batch has no timestamp. */
    public boolean ageNeedsClock() {
        return indexes.firstTimestamp(this) < 0;
    }

    /** How long ago it was created, by the clock. */
    public long ageByClockMs(long nowMs) {
        return nowMs - createdMs;
    }

    /** How long the first batch has waited, by Kafka's rule: in record time where the batches have timestamps. */
    public long ageMs(long recordTimestampMs, long nowMs) {
        long first = indexes.firstTimestamp(this);
        return first >= 0 ? recordTimestampMs - first : nowMs - createdMs;
    }

    /** How long ago it was made, or opened by this process. */
    public long clockAgeMs(long nowMs) {
        return nowMs - createdMs;
    }

    /** Ends the appends: the segment has rolled. What is slow about it is left to {@link #seal}. */
    public void retireWriter() {
        if (!indexesForced) {
            indexes.finishTimes();
        }
        if (writer != null) {
            retired = writer;
            writer = null;
        }
    }

    /**
     * {@link #retireWriter} at the end of a log, in which nobody is in a hurry: a file that somebody has cut is an error here, and not a page that
     * is gone, of which JDK 17 tells while the next file is being opened.
     */
    public void endWriter() {
        if (!indexesForced) {
            checkFile();
        }
        retireWriter();
    }

    /**
     * Unmaps the tail and trims spare bytes of all files, after {@link #retireWriter}. Any thread; readers may go on. A trimmed file is to be
     * forced once more: else a loss of power may bring the spare bytes back, behind a segment that counts as whole.
     */
    public void seal() {
        SegmentWriter old = retired;
        boolean trimmed = closeRetired();
        context.writerLock().lock();
        try {
            if (old != null && retired == old) {
                retired = null;
                changes += trimmed ? 1 : 0;
            }
        } finally {
            context.writerLock().unlock();
        }
        synchronized (ending) {
            if (writer == null && !deleted) {
                indexes.trim();
            }
        }
    }

    /** {@link #force} and {@link #forceIndexes}, where they have not seen all: the last step of an orderly close. */
    public void forceRest() {
        if (forcedChanges != changes) {
            force();
        }
        if (!indexesForced) {
            forceIndexes();
        }
    }

    private boolean closeRetired() {
        SegmentWriter old = retired;
        return old != null && old.close();
    }

    /** Makes the batches durable. */
    public void force() {
        force(false);
    }

    /**
     * Makes the batches durable.
     *
     * @param onForeignThread on one that may be interrupted at any time, which must not close the file for everybody
     */
    public void force(boolean onForeignThread) {
        int unusedSize = size(); // acquires what the writer did before it published that size
        int seen = changes;
        if (onForeignThread) {
            file.forceUninterrupted();
        } else {
            file.force(false);
        }
        forcedChanges = seen;
    }

    /**
     * Makes the indexes durable, then the header sums with one of the whole segment: only a sealed segment's are worth it, the others are
     * checked after a crash anyhow.
     */
    public void forceIndexes() {
        try {
            boolean ended = writer == null;
            indexes.force();
            HeaderSums sealed = sealSums();
            if (sealed != null) {
                sealed.force();
                sealed.discard();
            }
            indexesForced = ended;
        } catch (StorageException e) {
            // Deleted under our hands: the indexes are opened by name.
            if (!deleted) {
                throw e;
            }
        }
    }

    private @Nullable HeaderSums sealSums() {
        synchronized (ending) {
            return writer == null && !deleted ? indexes.sums().seal(size) : null;
        }
    }

    /** Ends what recovery has begun on a segment that is followed by others: its indexes are whole, and on the disk. */
    public void finishRecovered() {
        indexes.finishTimes();
        indexes.trim();
        forceIndexes();
    }

    /**
     * Drops the batches from the one that contains {@code offset} on.
     *
     * @return the offset after the last batch that is left, the base offset if none is
     */
    public long truncateTo(long offset) {
        HeaderScanner scanner = HeaderScanner.ofThisThread();
        int position = seek(scanner, offset, size) ? scanner.position() : size;
        truncateToPosition(position, offset);
        return lastOffsetBefore(position) + 1;
    }

    private void truncateToPosition(int position, long offset) {
        touch();
        if (!resumed) {
            resume();
        }
        changes++;
        indexesForced = false;
        SIZE.setRelease(this, position);
        readMapping.drop();
        lastBatch = -1;
        closeRetired();
        SegmentWriter active = writer;
        if (active != null) {
            active.truncate(position);
        } else {
            file.truncate(position);
        }
        synchronized (ending) {
            indexes.truncateTo(this, position, offset);
        }
    }

    private long lastOffsetBefore(int end) {
        HeaderScanner scanner =
                HeaderScanner.ofThisThread().wrap(this, indexes.offsets().lastPosition(), end);
        long last = baseOffset - 1;
        while (scanner.hasBatch()) {
            last = scanner.lastOffset();
            scanner.skip();
        }
        return last;
    }

    // ---- opening
    // -----------------------------------------------------------------------------------------------------------------

    /** Looks at the indexes without reading the log: what is wrong with them, or null. */
    public @Nullable String indexProblem() {
        return indexes.problem(size);
    }

    /**
     * Opens a segment of a log that was closed in order: takes its timestamps from the index and walks the headers behind the last
     * index entry.
     *
     * @return the offset after the last batch, or -1 where the batches do not end at the end of the file
     */
    public long adoptClosed() {
        indexes.adoptTimes();
        HeaderScanner scanner =
                HeaderScanner.ofThisThread().wrap(this, indexes.offsets().lastPosition(), size);
        long last = baseOffset - 1;
        while (scanner.hasBatch()) {
            if (scanner.lastOffset() < last) {
                return -1;
            }
            last = scanner.lastOffset();
            scanner.skip();
        }
        return scanner.position() == size ? last + 1 : -1;
    }

    /** Whether the batches go on from the last index entry to the end of the file. */
    public boolean endsWithBatch() {
        if (indexProblem() != null) {
            return false;
        }
        HeaderScanner scanner =
                HeaderScanner.ofThisThread().wrap(this, indexes.offsets().lastPosition(), size);
        while (scanner.hasBatch()) {
            scanner.skip();
        }
        return scanner.position() == size;
    }

    /** Takes the timestamps of a sealed segment from its index, without a look at its batches. */
    public void adoptSealed() {
        indexes.adoptTimes();
    }

    /** Removes the header sums: they are of other batches. */
    public void dropHeaderSums() {
        indexes.sums().remove();
    }

    /** Makes the offset and time index anew from the headers of the batches. */
    public void rebuildIndexes() {
        indexesForced = false;
        indexes.rebuild(this);
    }

    /** What is scanned is not known to be on the disk. */
    void beginScan() {
        changes += size > 0 ? 1 : 0;
        indexesForced = false;
        indexes.beginScan();
    }

    /** Cuts the file: what recovery found to be the end of the last whole batch. */
    void cutTo(int position) {
        file.truncate(position);
        SIZE.setRelease(this, position);
    }

    /**
     * Throws where the file is not what this segment wrote: shorter than what is published, gone, or another file under its name. Any
     * thread, also without a pin, while the log is open; a few microseconds, and no file is opened for it.
     *
     * @throws StorageException DAMAGED
     */
    public void checkFile() {
        if (fileProblem() == null) {
            return;
        }
        // What the owner of the lock was doing meanwhile (a truncation, a deletion) is over now.
        context.writerLock().lock();
        try {
            StorageException problem = deleted ? null : fileProblem();
            if (problem != null) {
                throw problem;
            }
        } finally {
            context.writerLock().unlock();
        }
    }

    /** Runs a check while nobody appends or cuts. */
    void whileUnchanged(Runnable check) {
        context.writerLock().lock();
        try {
            check.run();
        } finally {
            context.writerLock().unlock();
        }
    }

    private @Nullable StorageException fileProblem() {
        return identity.problem(path, size());
    }

    /**
     * Throws where the last batch that was appended reads as zero: a file that was cut may have been reserved anew since, its length is
     * right then. With a pin.
     *
     * @throws StorageException DAMAGED
     */
    public void checkLastBatch() {
        if (!hasLostLastBatch()) {
            return;
        }
        context.writerLock().lock();
        try {
            if (hasLostLastBatch()) {
                throw StorageException.damaged(
                        path, lastBatch, "file was cut by somebody else: the last batch reads as zero");
            }
        } finally {
            context.writerLock().unlock();
        }
    }

    private boolean hasLostLastBatch() {
        int at = lastBatch;
        if (at < 0) {
            return false;
        }
        ByteBuffer header = ByteBuffer.allocate(RecordBatchDescriptor.LOG_OVERHEAD);
        file.readFully(header, at);
        return header.getInt(RecordBatchDescriptor.LENGTH) == 0;
    }

    // ---- reading, with a pin
    // -----------------------------------------------------------------------------------------------------

    /** Adds a pin; false where the segment has gone already. */
    public boolean pin() {
        int current = (int) PINS.getVolatile(this);
        while (current != 0) {
            if (current == PARKING) {
                Thread.onSpinWait(); // some ten microseconds
                current = (int) PINS.getVolatile(this);
                continue;
            }
            int seen = (int) PINS.compareAndExchange(this, current, current + 1);
            if (seen == current) {
                touch();
                return true;
            }
            current = seen;
        }
        return false;
    }

    /** Takes a pin back; the last one closes the files. */
    public void unpin() {
        int left = (int) PINS.getAndAdd(this, -1) - 1;
        if (left < 0) {
            throw new IllegalStateException("segment was unpinned more often than pinned: " + path);
        }
        if (left == 0) {
            CloseSteps.run(path, readMapping::drop, this::abandonWriters, indexes::discard, file::close);
        }
    }

    /** Whether the last pin has gone, so that nobody reads it any more. */
    public boolean isClosed() {
        return (int) PINS.getVolatile(this) == 0;
    }

    // ---- parking
    // -----------------------------------------------------------------------------------------------------------------

    /** The segment belongs to a log from here on, and may be parked while nobody uses it. */
    public void settle() {
        if (!settled) {
            settled = true;
            if (warmth != PARKED) {
                context.openSegments().opened(this);
            }
        }
    }

    private void unsettle() {
        settled = false;
        context.openSegments().left(this);
    }

    boolean isSettled() {
        return settled;
    }

    /** Before a use of the files, with a pin or under the writer lock. */
    private void touch() {
        if (warmth != HOT && (int) WARMTH.getAndSet(this, HOT) == PARKED && settled) {
            context.openSegments().opened(this);
        }
    }

    /**
     * Gives the descriptor and the mappings back until the next use. False where somebody uses the segment or has done so lately, or
     * where its bytes were not forced: the kernel might forget whom to tell of a write that failed.
     */
    boolean tryPark() {
        if (WARMTH.compareAndSet(this, HOT, COLD)) {
            return false;
        }
        ReentrantLock lock = context.writerLock();
        if (lock.isHeldByCurrentThread() || !lock.tryLock()) {
            return false;
        }
        try {
            return settled && isQuiet() && PINS.compareAndSet(this, 1, PARKING) && park();
        } finally {
            lock.unlock();
        }
    }

    private boolean isQuiet() {
        SegmentWriter active = writer;
        SegmentWriter old = retired;
        return forcedChanges == changes && (active == null || active.isQuiet()) && (old == null || old.isQuiet());
    }

    private boolean park() {
        try {
            warmth = PARKED;
            readMapping.drop();
            indexes.park();
            file.park();
            return true;
        } finally {
            PINS.setVolatile(this, 1);
        }
    }

    private void abandonWriters() {
        SegmentWriter active = writer;
        SegmentWriter old = retired;
        NextSegment.Made unused = prepared;
        if (unused != null) {
            unused.writer().abandon();
        }
        if (active != null) {
            active.abandon();
        }
        if (old != null) {
            old.abandon();
        }
    }

    /** The log lets go of the segment, which stays on disk. Nothing to do for one that it has deleted. */
    public void release() {
        if (!deleted) {
            unsettle();
            unpin();
        }
    }

    /**
     * Renames the files, so that they are not found again, and lets go of the segment.
     *
     * @return the files to be removed after the delay
     */
    public List<Path> delete() {
        synchronized (ending) {
            deleted = true;
        }
        try {
            leaveLog();
            closeRetired();
            touch();
            openByName();
            return renameFiles();
        } finally {
            unpin();
        }
    }

    /** Under the lock, because a segment is parked under it. */
    private void leaveLog() {
        context.writerLock().lock();
        try {
            unsettle();
            retireWriter();
        } finally {
            context.writerLock().unlock();
        }
    }

    private List<Path> renameFiles() {
        List<Path> files = new ArrayList<>(indexes.paths());
        files.add(0, path);
        List<Path> renamed = new ArrayList<>();
        for (Path each : files) {
            Path target = each.resolveSibling(each.getFileName() + SegmentFiles.DELETED);
            if (Files.exists(each)) {
                StorageFile.rename(each, target, context.faults());
                renamed.add(target);
            }
        }
        return renamed;
    }

    /** Indexes and parked files are opened by name: who has a pin must find them when the name is another segment's. */
    private void openByName() {
        try {
            file.channel();
            indexes.offsets().floorEntry(Long.MAX_VALUE);
            indexes.times().floorOffset(Long.MAX_VALUE);
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.IO) {
                throw e;
            }
        }
    }

    /** Moves the walk to the first batch that ends at or after {@code offset}; false where there is none before {@code end}. */
    boolean seek(HeaderScanner scanner, long offset, int end) {
        return seek(scanner.wrap(this, indexes.offsets().floorPosition(offset), end), offset);
    }

    private static boolean seek(HeaderScanner scanner, long offset) {
        while (scanner.hasBatch()) {
            if (scanner.lastOffset() >= offset) {
                return true;
            }
            scanner.skip();
        }
        return false;
    }

    /** Where the first batch begins that ends at or after {@code offset}, or {@code end} where none does. */
    public int positionOf(long offset, int end) {
        HeaderScanner scanner = HeaderScanner.ofThisThread();
        return seek(scanner, offset, end) ? scanner.position() : end;
    }

    /** The same as one number: position in the high, size of that batch in the low 32 bits; -1 where there is none. */
    public long extentOf(long offset, int end) {
        HeaderScanner scanner = HeaderScanner.ofThisThread();
        return seek(scanner, offset, end) ? extent(scanner) : -1;
    }

    /**
     * {@link #extentOf} for those who come often and want little: out of a mapping of the segment, with a pin.
     *
     * @throws InternalError where a page of it cannot be had
     */
    public long extentOfMapped(long offset, int end) {
        long found = readMapping.walk(offset, indexes.offsets().floorPosition(offset), end);
        if (!ReadMapping.isUnfinished(found)) {
            return found;
        }
        HeaderScanner scanner = HeaderScanner.ofThisThread().wrap(this, ReadMapping.position(found), end);
        return seek(scanner, offset) ? extent(scanner) : -1;
    }

    /** Extent of the first batch from {@code fromOffset} on whose largest timestamp is at least {@code timestamp}, or -1. */
    public long extentOfTimestamp(long timestamp, long fromOffset, int end) {
        long from = Math.max(fromOffset, indexes.times().floorOffset(timestamp));
        HeaderScanner scanner = HeaderScanner.ofThisThread();
        boolean found = seek(scanner, from, end);
        while (found && scanner.hasBatch()) {
            if (scanner.maxTimestamp() >= timestamp) {
                return extent(scanner);
            }
            scanner.skip();
        }
        return -1;
    }

    private static long extent(HeaderScanner scanner) {
        return (long) scanner.position() << Integer.SIZE | scanner.sizeInBytes();
    }

    /** Base offset of the batch that contains {@code offset}; the offset itself where none does. */
    public long batchStart(long offset) {
        HeaderScanner scanner = HeaderScanner.ofThisThread();
        return seek(scanner, offset, size()) ? Math.min(offset, scanner.baseOffset()) : offset;
    }

    /** A position at or below that of {@code offset}, from the index alone. */
    public int floorPosition(long offset) {
        return indexes.offsets().floorPosition(offset);
    }

    /** Offset of the first record of the batch at a position. */
    public long baseOffsetAt(int position) {
        HeaderScanner scanner = HeaderScanner.ofThisThread().wrap(this, position, size());
        if (!scanner.hasBatch()) {
            throw new StorageException(StorageException.Kind.DAMAGED, "no batch where one was", path, position, null);
        }
        return scanner.baseOffset();
    }

    // ---- facts
    // -------------------------------------------------------------------------------------------------------------------

    /** Offset of the first record there is room for; the file's name. */
    public long baseOffset() {
        return baseOffset;
    }

    /** End of the last batch that is published, in bytes. */
    public int size() {
        return (int) SIZE.getAcquire(this);
    }

    /** Bytes of the entries of the offset index. */
    public long offsetIndexBytes() {
        return (long) indexes.offsets().entries() * OffsetIndex.ENTRY_SIZE;
    }

    /** Bytes of the entries of the time index. */
    public long timeIndexBytes() {
        return (long) indexes.times().entries() * TimeIndex.ENTRY_SIZE;
    }

    /** Largest timestamp of the first batch, {@link #NO_TIMESTAMP} if it has none; read from the file, with a pin. */
    public long firstTimestamp() {
        HeaderScanner scanner = HeaderScanner.ofThisThread().wrap(this, 0, size());
        return scanner.hasBatch() ? scanner.maxTimestamp() : NO_TIMESTAMP;
    }

    /** Largest timestamp of the batches, {@link #NO_TIMESTAMP} if none has one. */
    public long maxTimestamp() {
        return indexes.maxTimestamp();
    }

    /** Last offset of the first batch that has the largest timestamp. */
    public long maxTimestampOffset() {
        return indexes.maxTimestampOffset();
    }

    /** What retention by time compares with: the largest timestamp, the file's time where no batch has one. */
    public long retentionTimestamp() {
        long timestamp = maxTimestamp();
        return timestamp >= 0 ? timestamp : createdMs;
    }

    /** The file. */
    public Path path() {
        return path;
    }

    /** The channel of the file, while the segment is pinned. */
    public FileChannel channel() {
        touch();
        return file.channel();
    }

    /** Reads into the buffer until it is full or the file ends, while the segment is pinned; returns how many bytes. */
    public int read(ByteBuffer target, long position) {
        return file.readFully(target, position);
    }

    /**
     * Maps written bytes of the file for reading, while the segment is pinned; the caller closes the region before it unpins. A file that
     * somebody else has cut is not mapped beyond its end, where every access is an error, and the JDK would lengthen it.
     */
    public MappedRegion map(int position, int length) {
        if (file.size() < (long) position + length) {
            throw StorageException.damaged(path, file.size(), "file ends before the bytes that are to be mapped");
        }
        return MappedRegion.map(file, position, length, false);
    }

    /** Whether a published stretch is in the page cache, while the segment is pinned; false where it cannot be told. */
    public boolean isInCache(int from, int to) {
        return readMapping.isInCache(from, to);
    }

    /** Aborted transactions whose markers stand here. */
    public AbortedTransactionIndex aborted() {
        return indexes.aborted();
    }

    /** The file, for recovery and for walks. */
    StorageFile file() {
        touch();
        return file;
    }

    /** What is kept about the batches. */
    SegmentIndexes indexes() {
        return indexes;
    }

    /** The running sum over the headers of all batches, under the writer lock; 0 where the segment is not covered by sums. */
    public long headerSum() {
        return indexes.sums().isCovered() ? indexes.sums().sum() : 0;
    }

    @Override
    public String toString() {
        return "Segment[" + path + " size=" + size() + "]";
    }
}
