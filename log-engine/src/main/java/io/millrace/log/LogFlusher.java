package io.millrace.log;

import io.millrace.log.checkpoint.SyncedPoint;
import io.millrace.log.segment.Segment;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Makes a log durable, and tells those who wait for it. One force serves all who registered before it began (group commit).
 *
 * <p>A force is bound to the offsets that were appended before it; a log that was cut meanwhile is forced again. One failure is the
 * end: the log goes offline, everybody who waits is told, and no later force is tried, because the kernel forgets what it could not
 * write.
 *
 * <p>{@link #onFlushed} and {@link #request} from any thread; forces run on a sync agent, on the thread that calls {@link #flush}, or on one
 * of those that wait ({@link FlushGroup}), one at a time. Callbacks run on the agents only, in the order of registration.
 */
final class LogFlusher implements Runnable {
    private record Waiter(long endOffset, FlushCallback callback) {}

    /** The file of the synced offset is so much older at most than what waiting threads have forced. */
    private static final long SYNCED_WRITE_DELAY_MS = 20;

    private final LogState log;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicBoolean writeScheduled = new AtomicBoolean();
    private final Object forcing = new Object();
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>(); // guarded by itself
    /** Those in the queue, and those whose callback has not returned. Guarded by {@code waiters}. */
    private int untold;
    /** Held while callbacks run: two agents must not tell side by side. */
    private final Object telling = new Object();

    /** Of the waiting thread that forces. */
    private boolean interrupted;

    private volatile long lastFlushMs;
    private volatile boolean released;

    LogFlusher(LogState log) {
        this.log = log;
        lastFlushMs = log.runtime.clock().millis();
    }

    /** See {@link PartitionLog#onFlushed}. */
    void onFlushed(long endOffset, FlushCallback callback) {
        StorageException failure = log.failure();
        if (failure == null && log.offsets.flushed() < endOffset && released) {
            failure = wasClosed();
        }
        boolean served = failure != null || log.offsets.flushed() >= endOffset;
        synchronized (waiters) {
            // Not before those who came earlier: acknowledgements leave in the order of the appends.
            served &= failure != null || untold == 0;
            if (!served) {
                waiters.add(new Waiter(endOffset, callback));
                untold++;
            }
        }
        if (served) {
            callback.onFlushed(failure);
        } else {
            request();
        }
    }

    /** Asks for a force soon. */
    void request() {
        if (scheduled.compareAndSet(false, true)) {
            log.runtime.sync(this);
        }
    }

    /** One round of a sync agent. */
    @Override
    public void run() {
        scheduled.set(false);
        if (released) {
            close();
            return;
        }
        try {
            flushOrFail(false);
        } finally {
            tellWaiters();
        }
        forceSynced();
        if (hasWaiters()) {
            request();
        }
    }

    /** After everybody has been told: a wait for the disk that is nobody's. */
    private void forceSynced() {
        if (released || log.failure() != null) {
            return;
        }
        try {
            log.synced.forceFileIfDue(log.runtime.clock().millis());
        } catch (StorageException e) {
            failUnlessClosed(e);
        }
    }

    /**
     * Forces on a thread that waits for it and for others, of whom one at a time does so; {@link #outcome} tells what became of it. An
     * interrupt of that thread, which would close files for everybody, is put off.
     */
    void flushForGroup() {
        interrupted = Thread.interrupted();
        try {
            flushOrFail(true);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void flushOrFail(boolean onWaitingThread) {
        try {
            flushTo(Long.MAX_VALUE, onWaitingThread);
        } catch (StorageException e) {
            failUnlessClosed(e);
        } catch (InternalError e) {
            // A page of an index could not be had.
            failUnlessClosed(new StorageException(StorageException.Kind.IO, "mapped access", log.directory, -1, e));
        }
    }

    /** Why an offset that is not on the disk will never get there, or null. */
    @Nullable
    StorageException outcome(long endOffset) {
        StorageException failure = log.failure();
        if (failure == null && released) {
            return wasClosed();
        }
        return failure == null && endOffset > log.offsets.end() ? wasCut(endOffset) : failure;
    }

    /** A log that is closed while one of its tasks waits for a thread has not failed. */
    void failUnlessClosed(StorageException cause) {
        if (!released) {
            log.fail(cause);
        }
    }

    private boolean hasWaiters() {
        synchronized (waiters) {
            return !waiters.isEmpty();
        }
    }

    /** Forces everything up to the log end offset, as it is when the force begins. */
    void flush() {
        flushTo(Long.MAX_VALUE);
        forceSynced();
    }

    /** Forces everything below {@code endOffset}. Fails the log before it throws. */
    void flushTo(long endOffset) {
        flushTo(endOffset, false);
    }

    private void flushTo(long endOffset, boolean onWaitingThread) {
        synchronized (forcing) {
            StorageException failure = released ? wasClosed() : log.failure();
            if (failure != null) {
                throw failure;
            }
            if (log.synced.offset() < Math.min(endOffset, log.offsets.end()) || log.directoryChanged) {
                forceUpTo(endOffset, onWaitingThread);
            }
            if (onWaitingThread) {
                writeSyncedSoon();
            } else {
                writeSynced();
            }
            lastFlushMs = log.runtime.clock().millis();
        }
    }

    private void forceUpTo(long atMost, boolean onWaitingThread) {
        long cuts;
        SyncedPoint point;
        log.lock.lock();
        try {
            cuts = log.cuts();
            point = pointBelow(atMost);
        } finally {
            log.lock.unlock();
        }
        try {
            if (log.synced.prepare()) {
                log.directoryChanged = true;
            }
            if (log.directoryChanged) {
                log.directoryChanged = false;
                StorageFile.forceDirectory(log.directory, log.runtime.faults());
            }
            log.epochs.force(point.offset());
            forceSegments(point.offset(), onWaitingThread);
            moveUp(point, cuts);
        } catch (StorageException e) {
            throw log.fail(lost(e));
        }
    }

    private void writeSynced() {
        try {
            log.synced.write();
        } catch (StorageException e) {
            throw log.fail(lost(e));
        }
    }

    /** Opening and writing the file takes a tenth of the time of a force, for which those who wait would have to wait. */
    private void writeSyncedSoon() {
        if (writeScheduled.compareAndSet(false, true)) {
            log.runtime.schedule(this::writeScheduled, SYNCED_WRITE_DELAY_MS);
        }
    }

    private void writeScheduled() {
        writeScheduled.set(false);
        try {
            log.synced.write();
        } catch (StorageException e) {
            failUnlessClosed(lost(e));
        }
        forceSynced();
    }

    /** Where a force that begins now ends: at the log end offset, with what is known of the active segment there, or before. */
    private SyncedPoint pointBelow(long atMost) {
        long end = log.offsets.end();
        Segment active = log.segments.active();
        return end <= atMost
                ? new SyncedPoint(end, active.baseOffset(), active.size(), active.headerSum())
                : SyncedPoint.at(atMost);
    }

    private void moveUp(SyncedPoint point, long cuts) {
        log.lock.lock();
        try {
            if (cuts != log.cuts()) {
                return;
            }
            log.offsets.flushedTo(Math.min(point.offset(), log.offsets.end()));
        } finally {
            log.lock.unlock();
        }
        log.synced.advance(point, cuts, log::cuts);
    }

    /** Whatever made a force fail, what it was to write is lost: a full disk is no better than a broken one here. */
    private StorageException lost(StorageException e) {
        return e.kind() == StorageException.Kind.NO_SPACE
                ? new StorageException(StorageException.Kind.IO, "force failed, the disk is full", e.file(), -1, e)
                : e;
    }

    private void forceSegments(long endOffset, boolean onWaitingThread) {
        Segment[] segments = log.segments.all();
        for (int i = LogSegments.floorIndex(segments, log.synced.offset()); i < segments.length; i++) {
            Segment segment = segments[i];
            // The first one holds the recovery point; the others are wanted where they begin below the end.
            if (segment.baseOffset() < endOffset && segment.pin()) {
                try {
                    segment.force(onWaitingThread);
                    interrupted |= onWaitingThread && Thread.interrupted();
                    segment.checkFile();
                    segment.checkLastBatch();
                } finally {
                    segment.unpin();
                }
            }
        }
    }

    private void tellWaiters() {
        synchronized (telling) {
            tellServed();
        }
    }

    private void tellServed() {
        StorageException failure = log.failure();
        long flushed = log.offsets.flushed();
        RuntimeException thrown = null;
        for (Waiter waiter : takeServed(failure != null, flushed)) {
            boolean durable = failure == null && waiter.endOffset <= flushed;
            thrown = tell(waiter, durable ? null : failure == null ? wasCut(waiter.endOffset) : failure, thrown);
        }
        if (thrown != null) {
            throw thrown;
        }
    }

    /** A callback that throws must not keep the others from being told: what it threw goes to the thread afterwards. */
    private @Nullable RuntimeException tell(
            Waiter waiter, @Nullable StorageException outcome, @Nullable RuntimeException thrown) {
        try {
            waiter.callback.onFlushed(outcome);
            return thrown;
        } catch (RuntimeException e) {
            return thrown == null ? e : thrown;
        } finally {
            synchronized (waiters) {
                untold--;
            }
        }
    }

    /**
     * An offset beyond the end was cut away meanwhile, and will never be on the disk. The end is looked at when nobody can come any more: who
     * is here has appended before, and would else be taken for one who was cut.
     */
    private List<Waiter> takeServed(boolean failed, long flushed) {
        List<Waiter> served = new ArrayList<>();
        synchronized (waiters) {
            long end = log.offsets.end();
            waiters.removeIf(waiter -> {
                boolean done = failed || waiter.endOffset <= flushed || waiter.endOffset > end;
                return done && served.add(waiter);
            });
        }
        return served;
    }

    private StorageException wasCut(long endOffset) {
        String what = "log was truncated below offset " + endOffset;
        return new StorageException(StorageException.Kind.CLOSED, what, log.directory, -1, null);
    }

    /** When the log was last forced, or opened. */
    long lastFlushMs() {
        return lastFlushMs;
    }

    /** Ends the waits of a log that is closed. */
    void close() {
        released = true;
        tellWaiters();
        List<Waiter> rest;
        synchronized (waiters) {
            rest = List.copyOf(waiters);
            waiters.clear();
            untold -= rest.size();
        }
        rest.forEach(waiter -> waiter.callback.onFlushed(wasClosed()));
    }

    private StorageException wasClosed() {
        return new StorageException(StorageException.Kind.CLOSED, "log was closed", log.directory, -1, null);
    }
}
