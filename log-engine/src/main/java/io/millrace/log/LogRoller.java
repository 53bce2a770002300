package io.millrace.log;

import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.log.segment.SegmentLimits;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ends the active segment and begins the next. What is slow about the old one (trimming, forcing) is left to a sync agent, after which
 * the recovery point is the new segment's base offset. Under the writer lock.
 */
final class LogRoller {
    /**
     * From the roll to the force of what has rolled, in a log with a size limit: one that fills segments faster, and deletes them as fast, is
     * not to wait for the disk. After a crash so much more is scanned.
     */
    private static final long SEAL_DELAY_MS = 1_000;

    private final LogState log;
    private final LogFlusher flusher;
    private final Runnable afterRoll;
    private long jitterMs;

    /** {@code afterRoll} is run on the housekeeper. */
    LogRoller(LogState log, LogFlusher flusher, Runnable afterRoll) {
        this.log = log;
        this.flusher = flusher;
        this.afterRoll = afterRoll;
        jitterMs = newJitter();
    }

    private long newJitter() {
        LogConfig config = log.config();
        long bound = Math.min(config.segmentJitterMs(), config.segmentMs());
        return bound <= 0 ? 0 : ThreadLocalRandom.current().nextLong(bound);
    }

    /** Rolls where a run of batches does not belong into the active segment any more. */
    void rollFor(int bytes, long lastOffset, long maxTimestampMs) {
        Segment active = log.segments.active();
        LogConfig config = log.config();
        if (active.isFullFor(bytes, lastOffset, config.segmentBytes())) {
            if (active.size() > 0 || lastOffset - active.baseOffset() > Integer.MAX_VALUE) {
                log.requireRoomForSegment();
                roll();
            }
        } else if (active.size() > 0 && isExpired(active, maxTimestampMs)) {
            log.requireRoomForSegment();
            roll();
        }
    }

    private boolean isExpired(Segment active, long recordTimestampMs) {
        LogConfig config = log.config();
        if (config.rollMs() == Long.MAX_VALUE) {
            return false;
        }
        long nowMs = active.ageNeedsClock() ? log.runtime.clock().millis() : 0;
        return active.ageMs(recordTimestampMs, nowMs) > config.rollMs() - jitterMs;
    }

    /**
     * Rolls by the clock alone: a log that takes no appends would keep its last segment for ever. The age is that of the segment and not
     * of its records: old records that are loaded into a new log must not make a segment in every round of the housekeeper.
     */
    boolean rollIfDue(long nowMs) {
        if (isDue(nowMs) && log.hasRoomForSegment()) {
            roll();
            return true;
        }
        return false;
    }

    /** Under the lock, or for a first look without it. */
    boolean isDue(long nowMs) {
        Segment active = log.segments.active();
        return active.size() > 0 && active.clockAgeMs(nowMs) > log.config().rollMs() - jitterMs;
    }

    void roll() {
        long base = log.offsets.end();
        Segment old = log.segments.active();
        if (base == old.baseOffset()) {
            throw new IllegalStateException("a segment is rolled before it has a batch: " + old);
        }
        log.producers.advanceTo(base);
        log.producers.takeSnapshot(false);
        Segment next = create(base);
        log.directoryChanged = true;
        old.retireWriter();
        log.segments.add(next);
        jitterMs = newJitter();
        if (isAtSizeLimit()) {
            log.runtime.sync(() -> trim(old));
            log.runtime.schedule(() -> log.runtime.sync(() -> seal(old, base)), SEAL_DELAY_MS);
            log.runtime.schedule(afterRoll, 0);
        } else {
            log.runtime.sync(() -> seal(old, base));
        }
        log.runtime.listener().segmentCreated(log.directory, base);
        log.runtime.listener().segmentRolled(log.directory, base);
    }

    private boolean isAtSizeLimit() {
        return log.config().recycles() && log.config().retentionBytes() >= 0;
    }

    /** A file that a failed roll leaves behind would cut off, at the next open, what is appended to the old segment meanwhile. */
    private Segment create(long base) {
        SegmentLimits limits = LogState.limits(log.config());
        Segment made = null;
        try {
            Path recycled = log.recycled.take(base);
            long nowMs = log.runtime.clock().millis();
            made = recycled == null
                    ? Segment.createPrepared(log.context, base, limits, nowMs)
                    : Segment.recycle(log.context, base, limits, recycled, nowMs);
            if (made == null) {
                made = Segment.create(log.context, base, limits, nowMs);
            }
            made.activate(limits);
            return made;
        } catch (StorageException e) {
            if (made != null) {
                made.release();
            }
            log.directoryChanged = true;
            removeFiles(base, e);
            throw e;
        }
    }

    private void removeFiles(long base, StorageException cause) {
        try {
            for (String suffix : SegmentFiles.ALL) {
                StorageFile.deleteIfExists(SegmentFiles.path(log.directory, base, suffix), log.runtime.faults());
            }
        } catch (StorageException e) {
            e.addSuppressed(cause);
            throw log.fail(new StorageException(
                    StorageException.Kind.IO, "removal of a segment that could not be made", e.file(), -1, e));
        }
    }

    private void trim(Segment old) {
        if (!old.pin()) {
            return;
        }
        try {
            old.seal();
        } catch (StorageException e) {
            flusher.failUnlessClosed(e);
        } finally {
            old.unpin();
        }
    }

    private void seal(Segment old, long base) {
        if (!old.pin()) {
            return;
        }
        try {
            old.seal();
            old.force();
            old.forceIndexes();
            flusher.flushTo(base);
            log.synced.forceFile();
        } catch (StorageException e) {
            flusher.failUnlessClosed(e);
        } finally {
            old.unpin();
        }
    }
}
