package io.millrace.log.segment;

import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts bytes at the end of the active segment's file.
 *
 * <pre>
 *   file:   | written ................ cursor | ready ........ | mapped, not ready ....... |  not there yet
 *                     ^ tail starts                                          tail ends     ^
 * </pre>
 *
 * <p>A busy log copies into a {@link MappedTail} whose blocks are reserved and whose pages are present; the {@link TailPreparation} keeps
 * the stretch that is ready ahead of the cursor. What is too large for what is ready, and everything that an idle log appends, goes
 * through the channel into the same page cache. Both ways may alternate freely: a mapping and a channel of one file show the same pages.
 *
 * <p>It is a class of its own because it is the only one that knows how bytes get into a file. Owner: the log's writer lock guards
 * {@link #append} and the tail in use; the preparation's {@code shape} guards the length of the file, so that it is never cut while pages
 * are being made ready. Lock order: writer lock, then shape.
 *
 * <p>A crash leaves: everything that was copied (the page cache outlives the process), then zeros up to the end of the reservation, or in
 * a recycled file a header of zeros and then batches with offsets below those of this segment.
 */
public final class SegmentWriter {
    /** A batch this large does not make a log worth a tail: one write of it costs little more than the copy. */
    static final int LARGE_BYTES = 128 << 10;
    /** A batch up to this size is worth a wait for pages that are being made ready: a write of it is dearer than they are. */
    private static final int SMALL_BYTES = 32 << 10;
    /** Some 200 µs, in which two steps of the preparation end: a spin is a pause of the processor, 20 ns. */
    private static final int AWAIT_SPINS_MAX = 10_000;

    private static final long NEVER = Long.MAX_VALUE;
    private static final VarHandle CURSOR;

    static {
        try {
            CURSOR = MethodHandles.lookup().findVarHandle(SegmentWriter.class, "cursor", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final StorageFile file;
    private final TailPreparation preparation;
    private final @Nullable NextSegment nextSegment;
    private final ReentrantLock writerLock;

    // Guarded by the writer lock.
    private long cursor;
    private @Nullable MappedTail tail;
    /** What is known to be ready of the tail; 0 without one. */
    private long readyEnd;
    /** More is asked for when the cursor passes this; NEVER without a tail. */
    private long askMark = NEVER;

    // Preparer's thread only.
    private boolean watched;
    private long idleSinceNs;
    private long idleCursor = -1;

    /**
     * A writer that goes on at {@code cursor}.
     *
     * @param limit where the segment will roll
     * @param nextSegment told when the end comes near, and when the log is idle
     */
    public SegmentWriter(
            StorageFile file,
            long cursor,
            long limit,
            PagePreparer preparer,
            ReentrantLock writerLock,
            LongSupplier nanos,
            Runnable prepareIndexes,
            @Nullable NextSegment nextSegment) {
        this.file = file;
        this.cursor = cursor;
        this.writerLock = writerLock;
        this.nextSegment = nextSegment;
        preparation = new TailPreparation(this, file, limit, preparer, nanos, prepareIndexes, nextSegment);
    }

    /** A place that the cursor has reached. Any thread. */
    long cursorSeen() {
        return (long) CURSOR.getOpaque(this);
    }

    /** Where the next byte goes. */
    public long cursor() {
        return cursor;
    }

    /**
     * Begins with a file that holds other batches, whose pages are in the cache. Where it cannot be mapped they are cut off, and the writer
     * begins with an empty one.
     */
    public void startRecycled() {
        assert cursor == 0;
        MappedTail recycled = preparation.mapRecycled();
        if (recycled == null) {
            file.truncate(0);
        } else {
            use(recycled);
            askForMore(); // at once, so that the preparer watches it: an idle log gives the rest of the file back
        }
    }

    /** Preparer's thread, before anybody appends: makes the first bytes ready, where there is room for a tail. */
    void prepareFirst(int bytes, long nowNs) {
        assert cursor == 0;
        preparation.prepareFirst(bytes, nowNs);
    }

    /** The segment that was made ready becomes the active one. */
    void startPrepared() {
        if (preparation.next() != null) {
            MappedTail first = preparation.takeNext();
            use(first);
            preparation.watch(first); // an idle log gives it back
        }
    }

    /**
     * Copies bytes to the end. On an exception nothing has been appended: NO_SPACE leaves the writer as it was, anything else means
     * that the log must not be written again. The buffer's position and limit are as before.
     */
    public void append(ByteBuffer source, int at, int length) {
        assert writerLock.isHeldByCurrentThread();
        long end = cursor + length;
        MappedTail mapped = tail;
        if (mapped != null && end <= readyEnd) {
            mapped.put(cursor, source, at, length);
            cursor = end;
        } else {
            appendBeyondReady(source, at, length);
        }
        if (end >= askMark) {
            askForMore();
        }
    }

    private void appendBeyondReady(ByteBuffer source, int at, int length) {
        boolean isReady = isReadyFor(length);
        for (int spins = 0; !isReady && isWorthWaiting(length, spins); spins++) {
            Thread.onSpinWait();
            isReady = isReadyFor(length);
        }
        if (isReady) {
            appendAcross(source, at, length);
            return;
        }
        if (length > SMALL_BYTES) {
            preparation.noteOutrun();
        }
        appendThroughChannel(source, at, length);
        cursor += length;
        leaveTailsBehind();
        if (tail == null) {
            preparation.noteChannelAppend(cursor, length);
        }
    }

    /** What is being made ready is served sooner so than through the channel, where a small batch would stand behind the preparer's writes. */
    private boolean isWorthWaiting(int length, int spins) {
        return length <= SMALL_BYTES && spins < AWAIT_SPINS_MAX && tail != null && preparation.isUnderWay();
    }

    private boolean isReadyFor(int length) {
        MappedTail mapped = tail;
        long end = cursor + length;
        if (mapped != null) {
            // What is not ready of a recycled file costs a fault a page, and no new one: less than a write.
            readyEnd = mapped.isRecycled() ? mapped.end() : mapped.ready();
            if (end <= readyEnd) {
                return true;
            }
        }
        MappedTail next = preparation.next();
        return next != null && end <= next.ready() && reaches(next);
    }

    /** Whether nothing is left out between the cursor and the next tail. */
    private boolean reaches(MappedTail next) {
        return cursor >= next.start() || (tail != null && readyEnd == next.start());
    }

    private void appendAcross(ByteBuffer source, int at, int length) {
        MappedTail mapped = tail;
        int head = mapped == null ? 0 : (int) Math.min(length, Math.max(0, readyEnd - cursor));
        if (mapped != null && head > 0) {
            mapped.put(cursor, source, at, head);
        }
        if (head < length) {
            MappedTail next = preparation.takeNext();
            next.put(cursor + head, source, at + head, length - head);
            use(next);
        }
        cursor += length;
    }

    private void appendThroughChannel(ByteBuffer source, int at, int length) {
        try {
            MappedTail mapped = tail;
            long end = cursor + length;
            if (mapped != null && mapped.isRecycled() && end <= mapped.end()) {
                mapped.clearHeader(end);
            }
            preparation.write(source, at, length, cursor);
        } catch (StorageException e) {
            forgetBeyondCursor(e);
            throw e;
        }
    }

    /**
     * A write that failed half way may have left whole batches that were never acknowledged: they must not be found. Not while zeros are
     * held back, which is done inside {@code shape}.
     */
    private void forgetBeyondCursor(StorageException cause) {
        try {
            truncate(cursor);
        } catch (StorageException e) {
            cause.addSuppressed(e);
        }
    }

    /** After the channel has moved the cursor: drops the tails behind it and enters the one it stands in. */
    private void leaveTailsBehind() {
        MappedTail mapped = tail;
        if (mapped != null && mapped.end() <= cursor) {
            dropTail();
        }
        MappedTail next = preparation.next();
        if (next != null && next.start() <= cursor) {
            preparation.takeNext();
            if (cursor < next.end()) {
                use(next);
            } else {
                preparation.retire(next);
            }
        }
    }

    private void use(MappedTail next) {
        dropTail();
        tail = next;
        readyEnd = next.isRecycled() ? next.end() : next.ready();
        askMark = 0;
    }

    private void dropTail() {
        MappedTail worn = tail;
        tail = null;
        readyEnd = 0;
        askMark = NEVER;
        if (worn != null) {
            preparation.retire(worn);
        }
    }

    private void askForMore() {
        MappedTail mapped = tail;
        if (mapped != null) {
            readyEnd = mapped.isRecycled() ? mapped.end() : mapped.ready();
            askMark = preparation.askFor(cursor, mapped);
        }
    }

    // ---- preparer's thread
    // ---------------------------------------------------------------------------------------------------------

    /** Makes ready what was asked for. Returns whether the writer is to be watched, and is not yet. */
    boolean prepare(long nowNs) {
        if (!preparation.prepare(nowNs)) {
            return false;
        }
        boolean isNew = !watched;
        watched = true;
        return isNew;
    }

    /** Gives the tails of a log back that has appended nothing for {@code idleNs}; true when none are held. */
    boolean releaseIfIdle(long nowNs, long idleNs) {
        if (!writerLock.tryLock()) {
            return false;
        }
        boolean isAtRest;
        try {
            boolean isOpen = !preparation.isClosed();
            watched = isOpen && !isIdle(nowNs, idleNs);
            isAtRest = isOpen && !watched;
            if (isAtRest) {
                truncate(cursor);
            }
        } finally {
            writerLock.unlock();
        }
        if (isAtRest && nextSegment != null) {
            nextSegment.drop();
        }
        return !watched;
    }

    private boolean isIdle(long nowNs, long idleNs) {
        if (cursor != idleCursor) {
            idleCursor = cursor;
            idleSinceNs = nowNs;
        }
        return nowNs - idleSinceNs >= idleNs;
    }

    // ---- the end
    // -------------------------------------------------------------------------------------------------------------------

    /** Whether it holds no tail and waits for none, so that the file is in nobody's hands. Under the writer lock. */
    boolean isQuiet() {
        return tail == null && preparation.next() == null && !preparation.isUnderWay();
    }

    /** Sets the end back to {@code position} and trims the file there. Under the writer lock, or when nobody appends any more. */
    public void truncate(long position) {
        preparation.whileStill(() -> {
            unmapTails();
            cursor = position;
            preparation.trim(position);
        });
    }

    /**
     * Unmaps, and trims the spare bytes. Nobody appends any more. The file stays open. Calling it again does nothing.
     *
     * @return whether there was something to be trimmed
     */
    public boolean close() {
        boolean[] trims = new boolean[1];
        preparation.whileStill(() -> {
            trims[0] = !preparation.isClosed() && preparation.hasSpareBytes();
            preparation.close();
            if (trims[0]) {
                truncate(cursor);
            } else {
                unmapTails();
            }
        });
        return trims[0];
    }

    /** Unmaps and leaves the file as it is: for a log that has failed or is deleted. Calling it again does nothing. */
    public void abandon() {
        preparation.whileStill(() -> {
            preparation.close();
            unmapTails();
        });
    }

    private void unmapTails() {
        MappedTail mapped = tail;
        tail = null;
        readyEnd = 0;
        askMark = NEVER;
        preparation.unmap(mapped);
    }
}
