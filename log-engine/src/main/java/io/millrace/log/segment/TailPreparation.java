package io.millrace.log.segment;

import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps pages ready ahead of the cursor of one {@link SegmentWriter}, as many as its rate asks for.
 *
 * <p>In flows the cursor, with each {@link #askFor}; out flow {@link MappedTail}s whose {@code ready} moves on in steps. A step reserves
 * blocks by zeros through the channel, which leaves its pages in the cache, then has the mapping's pages made present: 0.4 s of
 * processor a GB together, where {@code fallocate} and populating cost 1.3 s. In a recycled file blocks and pages are there, and only the
 * second part is left: 0.1 s a GB.
 *
 * <p>Threads: the writer's, under the log's writer lock, asks and takes; the preparer's does the work inside {@code shape}. What was asked
 * is handed over by the preparer's queue, and what is ready by {@link MappedTail#ready()} and {@code next}.
 */
final class TailPreparation {
    /** Least that is kept ready: 16 pages, what a log of a few records a second may hold. */
    static final int LEAD_BYTES_MIN = 64 << 10;
    /** Most: an append of 2 GB/s takes 16 ms to use it up, for which the preparer may have to wait for a processor. */
    static final int LEAD_BYTES_MAX = 32 << 20;
    /** Most that is mapped at once: a mapping costs 2 KB of garbage. */
    static final int TAIL_BYTES_MAX = 256 << 20;

    private static final int PAGE = 4096;
    /** A tail is mapped for so many leads, so that few mappings are made. */
    private static final int LEADS_A_TAIL = 16;
    /**
     * Made ready at once, up to a multiple of itself: the page cache takes a write apart into runs of pages that lie at multiples of their
     * size, and one fault makes a whole run present, so that a page costs a sixth of what it does alone. A write through the channel may have
     * to wait for one step: 20 µs, or 70 for a log that is worth it.
     */
    private static final int STEP_BYTES_MIN = 64 << 10;

    private static final int STEP_BYTES_MAX = StorageFile.PIECE_BYTES;
    /** Given back at once. */
    private static final int WORN_STEP = 4 << 20;
    /** So long a log goes on with what is kept ready. */
    private static final long LEAD_NS = TimeUnit.MILLISECONDS.toNanos(200);
    /** Requests closer together than this tell nothing about the rate. */
    private static final long REQUEST_INTERVAL_NS_MIN = TimeUnit.MILLISECONDS.toNanos(1);
    /** So many small appends within a streak make a log busy. */
    private static final int STREAK_APPENDS = 4;

    private static final long STREAK_NS = TimeUnit.SECONDS.toNanos(1);
    /** A log that outruns its preparation goes without it for so long, and twice as long each time that it happens again. */
    private static final long OUTRUN_NS_MIN = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long OUTRUN_NS_MAX = TimeUnit.SECONDS.toNanos(2);

    private final SegmentWriter writer;
    private final StorageFile file;
    private final long limit;
    private final PagePreparer preparer;
    private final LongSupplier nanos;
    private final Runnable prepareIndexes;
    private final @Nullable NextSegment nextSegment;

    /** Held while pages are made ready, and while the length of the file changes. */
    private final Object shape = new Object();
    /** Held for each stretch of zeros and for each write through the channel meanwhile, so that no byte is zeroed after it was written. */
    private final Object zeroing = new Object();

    // Writer's.
    private int streak;
    private long streakStartNs;
    private long askedAtNs;
    private int lead = LEAD_BYTES_MIN;
    private long outrunNs = OUTRUN_NS_MIN;

    // Handed to the preparer by the queue's offer, and back by the volatile below.
    private long askedAtCursor = -1;
    private @Nullable MappedTail current;

    /** The preparer is asked, and has not ended. Set by the writer; cleared by the preparer. */
    private volatile boolean underWay;
    /** A tail that follows the writer's; set by the preparer, taken by the writer. */
    private volatile @Nullable MappedTail next;
    /** The preparer could not, or was outrun: the writer asks again after this time. */
    private volatile long notBeforeNs;
    /** The writer has outrun it: the preparer ends with the step that it is at. */
    private volatile boolean outrun;

    /** Preparer's: nobody appends yet. */
    private boolean isAhead;

    private volatile boolean closed; // written inside shape
    private boolean spare; // guarded by shape: there may be bytes behind the cursor
    private long channelEnd; // guarded by zeroing: what is below was written, and is not to be zeroed

    TailPreparation(
            SegmentWriter writer,
            StorageFile file,
            long limit,
            PagePreparer preparer,
            LongSupplier nanos,
            Runnable prepareIndexes,
            @Nullable NextSegment nextSegment) {
        this.nextSegment = nextSegment;
        this.writer = writer;
        this.file = file;
        this.limit = limit;
        this.preparer = preparer;
        this.nanos = nanos;
        this.prepareIndexes = prepareIndexes;
        notBeforeNs = nanos.getAsLong();
    }

    // ---- writer
    // --------------------------------------------------------------------------------------------------------------------

    /** A small append had to go through the channel, and there is no tail: so many in a streak make the log busy. */
    void noteChannelAppend(long cursor, int length) {
        if (underWay || next != null || length >= SegmentWriter.LARGE_BYTES || !preparer.isUsable()) {
            return;
        }
        long now = nanos.getAsLong();
        if (now - notBeforeNs < 0) {
            return;
        }
        if (now - streakStartNs > STREAK_NS) {
            streakStartNs = now;
            streak = 0;
        }
        if (++streak >= STREAK_APPENDS) {
            ask(cursor, null, now);
        }
    }

    /** Has what is ready moved on with the cursor. Returns the position from which on the question is to be asked again. */
    long askFor(long cursor, MappedTail tail) {
        long ready = tail.ready();
        if (underWay) {
            return cursor; // with every append: a load of the flag
        }
        if (ready >= limit) {
            if (nextSegment != null) {
                nextSegment.request(lead, limit);
            }
            return Long.MAX_VALUE;
        }
        if (next != null && ready == tail.end()) {
            return Long.MAX_VALUE; // with the next tail
        }
        long again = ready - lead / 2;
        if (cursor < again) {
            return again;
        }
        long now = nanos.getAsLong();
        if (now - notBeforeNs < 0) {
            return cursor + LEAD_BYTES_MIN;
        }
        ask(cursor, tail, now);
        return cursor;
    }

    /**
     * A batch that a write is good for had to go through the channel while pages were being made ready: both want the same lock of the file, and
     * the preparer's part of it is the dearer one.
     */
    void noteOutrun() {
        if (underWay && !outrun) {
            outrun = true;
            notBeforeNs = nanos.getAsLong() + outrunNs;
            outrunNs = Math.min(2 * outrunNs, OUTRUN_NS_MAX);
        }
    }

    private void ask(long cursor, @Nullable MappedTail tail, long now) {
        ask(cursor, tail, now, leadAt(cursor, now));
    }

    private void ask(long cursor, @Nullable MappedTail tail, long now, int wanted) {
        lead = wanted;
        askedAtNs = now;
        askedAtCursor = cursor;
        current = tail;
        synchronized (zeroing) {
            channelEnd = cursor;
        }
        outrun = false;
        underWay = true;
        if (!preparer.request(writer)) {
            underWay = false;
        }
    }

    /** Asks for nothing more than what there is, so that the preparer knows of it. */
    void watch(MappedTail tail) {
        ask(askedAtCursor, tail, nanos.getAsLong(), lead);
    }

    /** What the log appended since the last request, stretched to the time that the lead is to last; the least for a first one. */
    private int leadAt(long cursor, long now) {
        if (askedAtCursor < 0) {
            return LEAD_BYTES_MIN;
        }
        long elapsedNs = Math.max(REQUEST_INTERVAL_NS_MIN, now - askedAtNs);
        double expected = (double) (cursor - askedAtCursor) * LEAD_NS / elapsedNs;
        long wanted = Math.max(LEAD_BYTES_MIN, Math.min(LEAD_BYTES_MAX, (long) expected));
        return (int) ((wanted + LEAD_BYTES_MIN - 1) & -LEAD_BYTES_MIN);
    }

    boolean isUnderWay() {
        return underWay;
    }

    @Nullable
    MappedTail next() {
        return next;
    }

    /** The next tail, which is there. */
    MappedTail takeNext() {
        MappedTail taken = next;
        if (taken == null) {
            throw new IllegalStateException("no tail to take: " + file.path());
        }
        next = null;
        return taken;
    }

    /** Writes through the channel, at the cursor. */
    void write(ByteBuffer source, int at, int length, long cursor) {
        if (!underWay) {
            writeNow(source, at, length, cursor);
            return;
        }
        synchronized (zeroing) {
            writeNow(source, at, length, cursor);
            channelEnd = cursor + length;
        }
    }

    private void writeNow(ByteBuffer source, int at, int length, long cursor) {
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

    /** Takes a worn tail over, to unmap it. Under {@code shape} where the preparer cannot: it may be at work on it. */
    void retire(MappedTail worn) {
        if (!preparer.retire(worn.region())) {
            synchronized (shape) {
                preparer.unmap(worn.region());
            }
        }
    }

    /** Maps the whole of a file that holds other batches; null where it cannot be had. Before anything is asked for. */
    @Nullable
    MappedTail mapRecycled() {
        long length = Math.min(file.size(), limit);
        if (length < LEAD_BYTES_MIN) {
            return null;
        }
        file.truncate(length);
        MappedTail tail = map(0, (int) length, true);
        if (tail != null) {
            tail.clearHeader(0);
        }
        return tail;
    }

    // ---- preparer
    // ------------------------------------------------------------------------------------------------------------------

    /** Before anybody appends: makes the first tail, with so many bytes of it ready. */
    void prepareFirst(int bytes, long nowNs) {
        lead = bytes;
        askedAtNs = nowNs;
        askedAtCursor = 0;
        underWay = true;
        isAhead = true;
        boolean unused = prepare(nowNs);
        isAhead = false;
    }

    /** Makes ready what was asked for; false where nothing is to be done any more. */
    boolean prepare(long nowNs) {
        synchronized (shape) {
            if (closed || !underWay) {
                return false;
            }
            if (!prepareLead(askedAtCursor + lead)) {
                notBeforeNs = nowNs + STREAK_NS;
            }
            current = null;
            underWay = false;
            return true;
        }
    }

    /** False where it cannot be had now: the writer goes on through the channel, and meets the error there if there is one. */
    private boolean prepareLead(long wanted) {
        try {
            requireLength(askedAtCursor); // where it fails, the next append goes through the channel and tells
            MappedTail tail = current;
            if (tail != null) {
                tail.wearTo(askedAtCursor & -PAGE, WORN_STEP);
                advance(tail, Math.max(tail.ready(), askedAtCursor & -PAGE), wanted);
            }
            long start = tail == null ? askedAtCursor & -PAGE : tail.end();
            if (wanted > start && start < limit && next == null && !appendNext(start, wanted)) {
                return false;
            }
            prepareIndexes.run();
            return true;
        } catch (StorageException e) {
            return false;
        }
    }

    private boolean appendNext(long start, long wanted) {
        long room = ((limit + PAGE - 1) & -PAGE) - start;
        long length = Math.min(Math.min(room, TAIL_BYTES_MAX), tailBytes());
        MappedTail made = map(start, (int) length, false);
        if (made == null) {
            return false;
        }
        try {
            advance(made, start, Math.min(wanted, start + STEP_BYTES_MIN));
        } catch (StorageException e) {
            preparer.unmap(made.region());
            throw e;
        }
        next = made;
        advance(made, made.ready(), wanted);
        return true;
    }

    private long tailBytes() {
        return lead == LEAD_BYTES_MIN ? LEAD_BYTES_MIN : (long) lead * LEADS_A_TAIL;
    }

    /** Inside {@link #whileStill}, or before anything is asked for. */
    private @Nullable MappedTail map(long start, int length, boolean recycled) {
        int budget = Math.min(length, LEAD_BYTES_MAX);
        if (!preparer.reserve(budget)) {
            return null;
        }
        spare = true;
        try {
            extendTo(start + length);
            MappedRegion region = MappedRegion.map(file, start, length, true);
            region.adviseRandom();
            return new MappedTail(region, recycled);
        } catch (StorageException e) {
            preparer.unreserve(budget);
            return null;
        }
    }

    /**
     * By a hole. The JDK's map would do it as well, but looks at the length first and sets it then, and would cut off what the channel writes
     * in between.
     */
    private void extendTo(long end) {
        synchronized (zeroing) {
            if (file.size() < end) {
                file.fillWithZeros(end - 1, 1);
            }
        }
    }

    private void advance(MappedTail tail, long from, long wanted) {
        long to = Math.min(wanted, tail.end());
        int step = lead < 4 * STEP_BYTES_MAX ? STEP_BYTES_MIN : STEP_BYTES_MAX;
        for (long at = from; at < to && !outrun; ) {
            long stepEnd = Math.min(tail.end(), (at + step) & -step);
            if (!tail.isRecycled()) {
                zero(at, stepEnd);
            }
            long cursor = writer.cursorSeen();
            boolean isHurried = !isAhead && lead == LEAD_BYTES_MAX && at - cursor < lead / 2;
            if (!isHurried) {
                tail.populate(at, stepEnd); // else the writer is sooner done with a fault a run of pages than this
            }
            tail.readyTo(stepEnd);
            at = Math.max(stepEnd, cursor & -PAGE); // what the writer has passed needs nothing
        }
    }

    /** What the channel has written by now is passed over. */
    private void zero(long start, long end) {
        synchronized (zeroing) {
            long from = Math.max(start, channelEnd);
            file.fillWithZeros(from, Math.max(0, end - from));
        }
    }

    // ---- the end
    // -------------------------------------------------------------------------------------------------------------------

    /** Runs while nothing is being made ready. */
    void whileStill(Runnable change) {
        synchronized (shape) {
            change.run();
        }
    }

    /** Sets the end of the file. Inside {@link #whileStill}. */
    void trim(long position) {
        spare = true;
        file.truncate(position);
        spare = false;
    }

    /** Whether there may be bytes behind the cursor. Inside {@link #whileStill}. */
    boolean hasSpareBytes() {
        return spare;
    }

    boolean isClosed() {
        return closed;
    }

    /** Inside {@link #whileStill}. */
    void close() {
        closed = true;
    }

    /** Unmaps a tail and the one that follows it, and forgets what was asked. Inside {@link #whileStill}. */
    void unmap(@Nullable MappedTail tail) {
        MappedTail following = next;
        next = null;
        underWay = false;
        current = null;
        if (tail != null) {
            preparer.unmap(tail.region());
        }
        if (following != null) {
            preparer.unmap(following.region());
        }
    }
}
