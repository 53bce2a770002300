package io.millrace.log.segment;

import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts bytes at the end of the active segment's file.
 *
 * <pre>
 *   file:   | written ................ cursor | prepared | next window, prepared |  not there yet
 *                            ^ window start              ^ window end
 * </pre>
 *
 * <p>A busy log copies into a mapped <i>window</i> whose blocks are reserved and whose pages are populated before it is handed over;
 * the next window is made ready by the {@link PagePreparer} while the first half of this one fills. What is too large for what is
 * ready, and everything that an idle log appends, goes through the channel into the same page cache. Both ways may alternate freely:
 * a mapping and a channel of one file show the same pages.
 *
 * <p>It is a class of its own because it is the only one that knows how bytes get into a file. Owner: the log's writer lock guards
 * {@link #append} and the window in use; {@code shape} guards the length of the file, so that it is never cut while a window is being
 * prepared. Lock order: writer lock, then shape.
 *
 * <p>A crash leaves: everything that was copied (the page cache outlives the process), then zeros up to the end of the reservation.
 */
public final class SegmentWriter {
    /** A batch this large does not make a log worth a window: one write of it costs little more than the copy. */
    static final int LARGE_BYTES = 128 << 10;
    /** Smallest window: 16 pages, what a log of a few records a second may hold. */
    static final int WINDOW_BYTES_MIN = 64 << 10;
    /** Largest window: making one of 4 MiB takes 1.5 ms of processor, in which an append of 2.6 GB/s fills it once. */
    static final int WINDOW_BYTES_MAX = 4 << 20;

    private static final int PAGE = 4096;
    /** Zeroed at once: 15 to 20 µs, for which a write through the channel may have to wait. */
    private static final int ZERO_STEP = 64 << 10;
    /** Populated at once: madvise holds the process's memory map while it runs, and other page faults wait. */
    private static final int POPULATE_STEP = 256 << 10;
    /** A window is sized to last so long. */
    private static final long WINDOW_NS = TimeUnit.MILLISECONDS.toNanos(200);
    /** Requests closer together than this tell nothing about the rate. */
    private static final long REQUEST_INTERVAL_NS_MIN = TimeUnit.MILLISECONDS.toNanos(1);
    /** So many small appends within a streak make a log busy. */
    private static final int STREAK_APPENDS = 4;

    private static final long STREAK_NS = TimeUnit.SECONDS.toNanos(1);
    /** Some 4 ms, two times what making the largest window takes: a spin is a pause of the processor, 20 ns. */
    private static final int AWAIT_SPINS_MAX = 200_000;

    private static final long AWAIT_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long NOT_NOW = Long.MAX_VALUE;

    /** A stretch of the file that is ready to be copied into. */
    private record Window(MappedRegion region, long start, long end) {}

    private final StorageFile file;
    private final PagePreparer preparer;
    private final ReentrantLock writerLock;
    private final LongSupplier nanos;
    private final Runnable prepareIndexes;
    private final long limit;
    private final Object shape = new Object();
    /** Held for each stretch of zeros and for each write through the channel meanwhile, so that no byte is zeroed after it was written. */
    private final Object zeroing = new Object();

    // Guarded by the writer lock.
    private long cursor;
    private @Nullable MappedRegion window;
    private long windowStart;
    private long windowEnd;
    /** The next window is asked for when the cursor passes this; NOT_NOW while one is asked for or none is worth it. */
    private long requestMark = NOT_NOW;

    private int streak;
    private long streakStartNs;
    private long awaitAgainNs;
    private long requestedAtNs;
    private long requestedAtCursor = -1;

    // Handed to the preparer by the queue's offer, and back by the volatile below.
    private long nextStart;
    private int nextLength;

    private volatile @Nullable Window next;
    /** A window is asked for or waits in {@code next}. Set by the writer, cleared by it, or by the preparer that could not. */
    private volatile boolean requested;
    /** The preparer could not: the writer asks again after this time. */
    private volatile long notBeforeNs;

    private long channelEnd; // guarded by zeroing: what is below was written, and is not to be zeroed
    private boolean closed; // guarded by shape
    private boolean spare; // guarded by shape: bytes behind the cursor have been prepared
    private boolean watched; // preparer's thread only, as the two below
    private long idleSinceNs;
    private long idleCursor = -1;

    /** A writer that goes on at {@code cursor}; {@code limit} is where the segment will roll. */
    public SegmentWriter(
            StorageFile file,
            long cursor,
            long limit,
            PagePreparer preparer,
            ReentrantLock writerLock,
            LongSupplier nanos,
            Runnable prepareIndexes) {
        this.file = file;
        this.cursor = cursor;
        this.limit = limit;
        this.preparer = preparer;
        this.writerLock = writerLock;
        this.nanos = nanos;
        this.prepareIndexes = prepareIndexes;
        this.notBeforeNs = nanos.getAsLong();
        this.awaitAgainNs = notBeforeNs;
    }

    /** Where the next byte goes. */
    public long cursor() {
        return cursor;
    }

    /**
     * Copies bytes to the end. On an exception nothing has been appended: NO_SPACE leaves the writer as it was, anything else means
     * that the log must not be written again. The buffer's position and limit are as before.
     */
    public void append(ByteBuffer source, int at, int length) {
        assert writerLock.isHeldByCurrentThread();
        long position = cursor;
        long end = position + length;
        MappedRegion region = window;
        if (region != null && end <= windowEnd) {
            region.putBytes((int) (position - windowStart), source, at, length);
            cursor = end;
        } else {
            appendBeyondWindow(source, at, length);
        }
        if (end >= requestMark) {
            requestNext();
        }
    }

    private void appendBeyondWindow(ByteBuffer source, int at, int length) {
        Window ready = length < LARGE_BYTES && fillsLargestWindows() ? awaitNext() : next;
        if (ready != null && cursor + length <= ready.end && reaches(ready)) {
            appendAcross(ready, source, at, length);
            return;
        }
        appendThroughChannel(source, at, length);
        cursor += length;
        leaveWindowsBehind(ready);
        askForWindowIfBusy(length);
    }

    /** Whether the window in use is one of the largest: the log takes all that can be prepared. */
    private boolean fillsLargestWindows() {
        return window != null && windowEnd - windowStart == WINDOW_BYTES_MAX;
    }

    /**
     * The next window, waited for while the preparer is at it: what outruns the preparer is served sooner so than through the channel,
     * where it would stand behind the preparer's own writes to the file. Bounded, and not tried again for a while where it was in vain,
     * because the preparer does not get a processor.
     */
    private @Nullable Window awaitNext() {
        Window ready = next;
        if (ready != null || !requested || nanos.getAsLong() - awaitAgainNs < 0) {
            return ready;
        }
        for (int spins = 0; ready == null && requested && spins < AWAIT_SPINS_MAX; spins++) {
            Thread.onSpinWait();
            ready = next;
        }
        if (ready == null) {
            awaitAgainNs = nanos.getAsLong() + AWAIT_PAUSE_NS;
        }
        return ready;
    }

    private boolean reaches(Window ready) {
        return cursor >= ready.start || (window != null && windowEnd == ready.start);
    }

    private void appendAcross(Window ready, ByteBuffer source, int at, int length) {
        int head = 0;
        if (window != null && cursor < ready.start) {
            head = (int) (ready.start - cursor);
            window.putBytes((int) (cursor - windowStart), source, at, head);
        }
        ready.region.putBytes((int) (cursor + head - ready.start), source, at + head, length - head);
        cursor += length;
        use(ready);
    }

    private void appendThroughChannel(ByteBuffer source, int at, int length) {
        try {
            if (!requested || next != null) {
                write(source, at, length);
            } else {
                synchronized (zeroing) {
                    write(source, at, length);
                    channelEnd = cursor + length;
                }
            }
        } catch (StorageException e) {
            forgetBeyondCursor(e);
            throw e;
        }
    }

    private void write(ByteBuffer source, int at, int length) {
        requireLength(cursor);
        int position = source.position();
        int limitBefore = source.limit();
        try {
            file.writeFully(source.limit(at + length).position(at), cursor);
        } finally {
            source.limit(limitBefore).position(position);
        }
    }

    /** A write behind the end of a file that somebody else has cut would leave a hole where acknowledged batches stood. */
    private void requireLength(long written) {
        long length = file.size();
        if (length < written) {
            throw StorageException.damaged(
                    file.path(), length, "file was cut by somebody else: it has " + length + " bytes of " + written);
        }
    }

    /**
     * A write that failed half way may have left whole batches that were never acknowledged: they must not be found. Not under
     * {@code zeroing}, which is taken inside {@code shape}.
     */
    private void forgetBeyondCursor(StorageException cause) {
        try {
            truncate(cursor);
        } catch (StorageException e) {
            cause.addSuppressed(e);
        }
    }

    /** After the channel has moved the cursor: drops the windows behind it and enters the one it stands in. */
    private void leaveWindowsBehind(@Nullable Window ready) {
        if (window != null && windowEnd <= cursor) {
            dropWindow();
        }
        if (ready == null || ready.start > cursor) {
            return;
        }
        if (cursor < ready.end) {
            use(ready);
        } else {
            next = null;
            requested = false;
            preparer.retire(ready.region);
        }
    }

    private void use(Window ready) {
        dropWindow();
        window = ready.region;
        windowStart = ready.start;
        windowEnd = ready.end;
        next = null;
        requested = false;
        requestMark = windowEnd >= limit ? NOT_NOW : windowStart + requestAfter(windowEnd - windowStart);
    }

    /** Half a window of an ordinary log; a log that fills the largest ones has the next one made at once. */
    private static long requestAfter(long windowLength) {
        return windowLength < WINDOW_BYTES_MAX ? windowLength / 2 : 0;
    }

    private void dropWindow() {
        MappedRegion worn = window;
        window = null;
        windowEnd = 0;
        requestMark = NOT_NOW;
        if (worn != null) {
            preparer.retire(worn);
        }
    }

    private void askForWindowIfBusy(int length) {
        if (requested || window != null || length >= LARGE_BYTES || !preparer.isUsable()) {
            return;
        }
        long now = nanos.getAsLong();
        if (now - streakStartNs > STREAK_NS) {
            streakStartNs = now;
            streak = 0;
        }
        if (++streak >= STREAK_APPENDS) {
            requestNext();
        }
    }

    private void requestNext() {
        requestMark = NOT_NOW;
        long start = window == null ? cursor & -PAGE : windowEnd;
        long now = nanos.getAsLong();
        if (requested || start >= limit || now - notBeforeNs < 0) {
            return;
        }
        nextStart = start;
        nextLength = windowLength(now, start);
        requestedAtNs = now;
        requestedAtCursor = cursor;
        synchronized (zeroing) {
            channelEnd = cursor;
        }
        requested = true;
        if (!preparer.request(this)) {
            requested = false;
        }
    }

    /** What the log appended since the last request, stretched to the time a window is to last; the smallest for a first one. */
    private int windowLength(long now, long start) {
        long elapsedNs = Math.max(REQUEST_INTERVAL_NS_MIN, now - requestedAtNs);
        double expected = requestedAtCursor < 0 ? 0 : (double) (cursor - requestedAtCursor) * WINDOW_NS / elapsedNs;
        long wanted = Math.max(WINDOW_BYTES_MIN, Math.min(WINDOW_BYTES_MAX, (long) expected));
        long rounded = (wanted + WINDOW_BYTES_MIN - 1) & -WINDOW_BYTES_MIN;
        long room = ((limit + PAGE - 1) & -PAGE) - start;
        return (int) Math.min(rounded, room);
    }

    /** Makes the window that was asked for. Preparer's thread. Returns whether the writer is to be watched, and is not yet. */
    boolean prepare(long nowNs) {
        synchronized (shape) {
            if (closed || !requested || next != null) {
                return false;
            }
            Window made = make(nextStart, nextLength);
            if (made == null) {
                notBeforeNs = nowNs + STREAK_NS;
                requested = false;
            }
            next = made;
            boolean isNew = !watched;
            watched = true;
            return isNew;
        }
    }

    /** Null where it cannot be had now: the writer goes on through the channel, and meets the error there if there is one. */
    private @Nullable Window make(long start, int length) {
        if (!preparer.reserve(length)) {
            return null;
        }
        MappedRegion region = null;
        spare = true;
        try {
            requireLength(requestedAtCursor); // where it fails, the next append goes through the channel and tells
            zeroAhead(start, start + length);
            region = MappedRegion.map(file, start, length, true);
            populate(region, length);
            prepareIndexes.run();
            return new Window(region, start, start + length);
        } catch (StorageException e) {
            if (region == null) {
                preparer.unreserve(length);
            } else {
                preparer.unmap(region);
            }
            return null;
        }
    }

    /**
     * Reserves and warms a stretch of the file. Zeros through the channel and then the populating cost 0.4 s of processor a GB,
     * {@code fallocate} and the populating 1.3 s. What the channel has written by now is passed over.
     */
    private void zeroAhead(long start, long end) {
        for (long at = start; at < end; at += ZERO_STEP) {
            synchronized (zeroing) {
                long from = Math.max(at, channelEnd);
                file.fillWithZeros(from, Math.max(0, Math.min(end, at + ZERO_STEP) - from));
            }
        }
    }

    private static void populate(MappedRegion region, int length) {
        region.adviseRandom();
        for (int from = 0; from < length; from += POPULATE_STEP) {
            region.populateWrite(from, Math.min(POPULATE_STEP, length - from));
        }
    }

    /** Gives the windows of a log back that has appended nothing for {@code idleNs}. Preparer's thread; true when none are held. */
    boolean releaseIfIdle(long nowNs, long idleNs) {
        if (!writerLock.tryLock()) {
            return false;
        }
        try {
            synchronized (shape) {
                watched = !closed && !isIdle(nowNs, idleNs);
                if (!watched && !closed) {
                    truncate(cursor);
                }
                return !watched;
            }
        } finally {
            writerLock.unlock();
        }
    }

    private boolean isIdle(long nowNs, long idleNs) {
        if (cursor != idleCursor) {
            idleCursor = cursor;
            idleSinceNs = nowNs;
        }
        return nowNs - idleSinceNs >= idleNs;
    }

    /** Whether it holds no window and waits for none, so that the file is in nobody's hands. Under the writer lock. */
    boolean isQuiet() {
        return window == null && next == null && !requested;
    }

    /** Sets the end back to {@code position} and trims the file there. Under the writer lock, or when nobody appends any more. */
    public void truncate(long position) {
        synchronized (shape) {
            cursor = position;
            unmapWindows();
            spare = true;
            file.truncate(position);
            spare = false;
        }
    }

    /**
     * Unmaps, and trims the spare bytes. Nobody appends any more. The file stays open. Calling it again does nothing.
     *
     * @return whether there was something to be trimmed
     */
    public boolean close() {
        synchronized (shape) {
            boolean trims = !closed && spare;
            closed = true;
            if (trims) {
                truncate(cursor);
            } else {
                unmapWindows();
            }
            return trims;
        }
    }

    /** Unmaps and leaves the file as it is: for a log that has failed or is deleted. Calling it again does nothing. */
    public void abandon() {
        synchronized (shape) {
            closed = true;
            unmapWindows();
        }
    }

    private void unmapWindows() {
        MappedRegion current = window;
        Window ready = next;
        window = null;
        windowEnd = 0;
        requestMark = NOT_NOW;
        next = null;
        requested = false;
        if (current != null) {
            preparer.unmap(current);
        }
        if (ready != null) {
            preparer.unmap(ready.region);
        }
    }
}
