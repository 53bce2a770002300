package io.millrace.log;

import io.millrace.log.checkpoint.SyncedPoint;
import io.millrace.log.segment.Segment;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes things away: at the front for retention and deleted records, at the back for truncation. Under the writer lock, but for the
 * files of expired segments.
 *
 * <p>A segment that has left the list is renamed and removed after a delay; slices of it live on. A truncation is on the disk when it
 * returns.
 */
final class LogTrimmer {
    /** A segment that has left the log, and whose files are still there. */
    private record Expired(
            Segment segment,
            long endOffset,
            String reason,
            @Nullable Path snapshot) {}

    private final LogState log;
    private final LogRoller roller;
    private final List<Expired> expired = new ArrayList<>(); // guarded by the log's lock

    LogTrimmer(LogState log, LogRoller roller) {
        this.log = log;
        this.roller = roller;
    }

    // ---- front
    // -------------------------------------------------------------------------------------------------------------------

    /** See {@link PartitionLog#applyRetention}. */
    int applyRetention(long nowMs) {
        int deleted = 0;
        if (log.config().deletePolicy()) {
            deleted += deleteExpired(nowMs);
            deleted += deleteBeyondSize();
        }
        return deleted + deleteBelowLogStart();
    }

    private int deleteExpired(long nowMs) {
        long retentionMs = log.config().retentionMs();
        if (retentionMs < 0) {
            return 0;
        }
        Segment[] segments = log.segments.all();
        int count = 0;
        while (count < segments.length
                && isDeletable(segments, count)
                && nowMs - segments[count].retentionTimestamp() > retentionMs) {
            count++;
        }
        return deleteFirst(count, "retention time");
    }

    /** The part of {@link #applyRetention} that a roll calls for. */
    int deleteBeyondSize() {
        long retentionBytes = log.config().retentionBytes();
        if (retentionBytes < 0 || !log.config().deletePolicy()) {
            return 0;
        }
        Segment[] segments = log.segments.all();
        long excess = log.segments.sizeBytes() - retentionBytes;
        int count = 0;
        while (count < segments.length && isDeletable(segments, count) && excess >= segments[count].size()) {
            excess -= segments[count].size();
            count++;
        }
        return deleteFirst(count, "retention size");
    }

    private int deleteBelowLogStart() {
        Segment[] segments = log.segments.all();
        int count = 0;
        while (count + 1 < segments.length && segments[count + 1].baseOffset() <= log.offsets.logStart()) {
            count++;
        }
        return deleteFirst(count, "log start offset");
    }

    /** Nothing at or above the high watermark goes, and an active segment without a batch stays. */
    private boolean isDeletable(Segment[] segments, int index) {
        boolean last = index == segments.length - 1;
        long endOffset = last ? log.offsets.end() : segments[index + 1].baseOffset();
        return endOffset <= log.offsets.highWatermark() && !(last && segments[index].size() == 0);
    }

    private int deleteFirst(int count, String reason) {
        if (count == 0) {
            return 0;
        }
        if (count == log.segments.count()) {
            roller.roll(); // the active one is to go as well: another one takes its place first
        }
        Segment[] segments = log.segments.all();
        long newStart = segments[count].baseOffset();
        log.segments.keep(count, segments.length);
        if (newStart > log.offsets.logStart()) {
            log.offsets.startsAt(newStart);
        }
        for (int i = 0; i < count; i++) {
            Segment gone = segments[i];
            long end = segments[i + 1].baseOffset();
            expired.add(new Expired(gone, end, reason, log.producers.releaseSnapshot(gone.baseOffset())));
        }
        startsAt(log.offsets.logStart());
        return count;
    }

    /**
     * Deletes the files of what {@link #applyRetention} took out of the log: without the lock, because a file system that is writing its
     * journal makes each rename wait. The caller holds {@link LogState#removing}.
     */
    void removeExpired() {
        List<Expired> gone = takeExpired();
        for (Expired each : gone) {
            remove(each);
        }
    }

    private List<Expired> takeExpired() {
        log.lock.lock();
        try {
            List<Expired> gone = List.copyOf(expired);
            expired.clear();
            return gone;
        } finally {
            log.lock.unlock();
        }
    }

    private void remove(Expired each) {
        if (each.snapshot != null) {
            StorageFile.deleteIfExists(each.snapshot, log.runtime.faults());
        }
        int bytes = each.segment.size();
        Path file = log.delete(each.segment, each.reason).get(0);
        LogConfig config = log.config();
        boolean fits = config.recycles() && log.context.mappable() && bytes >= config.segmentBytes() / 2;
        if (fits && each.segment.isClosed()) {
            log.recycled.offer(file, each.endOffset);
        }
    }

    private void startsAt(long offset) {
        log.epochs.truncateFromStart(offset);
        log.producers.onLogStartOffset(offset);
        log.offsets.firstUnstableIs(log.producers.firstUnstableOffset());
    }

    /** See {@link PartitionLog#advanceLogStartOffset}. */
    boolean advanceLogStartOffset(long offset) {
        if (offset <= log.offsets.logStart() || offset > log.offsets.end()) {
            return false;
        }
        log.offsets.startsAt(offset);
        startsAt(offset);
        return true;
    }

    // ---- back
    // --------------------------------------------------------------------------------------------------------------------

    /** See {@link PartitionLog#truncateTo}. */
    void truncateTo(long offset) {
        if (offset >= log.offsets.end()) {
            return;
        }
        if (offset <= log.segments.first().baseOffset()) {
            truncateFullyAndStartAt(Math.max(offset, log.offsets.logStart()));
            return;
        }
        wholly(() -> cutAt(offset));
    }

    /** A cut that fails half way leaves nothing to go on with, also where it is only the disk that is full. */
    private void wholly(Runnable cut) {
        try {
            cut.run();
        } catch (StorageException e) {
            throw log.fail(e);
        }
    }

    private void cutAt(long offset) {
        log.countCut(offset);
        Segment[] segments = log.segments.all();
        int keptLast = LogSegments.floorIndex(segments, offset);
        Segment active = segments[keptLast];
        log.segments.keep(0, keptLast + 1);
        for (int i = keptLast + 1; i < segments.length; i++) {
            log.deleteLater(segments[i], "truncation");
        }
        long end = active.truncateTo(offset);
        forceCut(active, end);
        active.activate(LogState.limits(log.config()));
        long start = Math.min(log.offsets.logStart(), end);
        log.offsets.cutTo(start, end, active.baseOffset(), active.size());
        log.epochs.truncateFromEnd(end);
        reloadProducers(start, end);
    }

    /** Before anything is appended: a crash must not bring back what was cut, behind what came in its place. */
    private void forceCut(Segment active, long end) {
        active.force();
        StorageFile.forceDirectory(log.directory, log.runtime.faults());
        log.synced.endCut(new SyncedPoint(end, active.baseOffset(), active.size(), active.headerSum()));
    }

    private void reloadProducers(long start, long end) {
        long from =
                log.producers.truncateAndReload(start, end, log.runtime.clock().millis());
        LogReplay.replay(log.producers, log.segments.all(), from, end);
        log.offsets.firstUnstableIs(log.producers.firstUnstableOffset());
    }

    /** See {@link PartitionLog#truncateFullyAndStartAt}. */
    void truncateFullyAndStartAt(long offset) {
        wholly(() -> restartAt(offset));
    }

    private void restartAt(long offset) {
        log.countCut(0); // nothing is promised from here on: a crash may find the old segments gone and the new one not
        // there
        Segment[] segments = log.segments.all();
        for (Segment segment : segments) {
            log.deleteLater(segment, "truncation");
        }
        Segment active = Segment.create(
                log.context,
                offset,
                LogState.limits(log.config()),
                log.runtime.clock().millis());
        forceCut(active, offset);
        log.synced.cleanedAtMost(offset);
        active.activate(LogState.limits(log.config()));
        log.segments.replaceAll(active);
        log.runtime.listener().segmentCreated(log.directory, offset);
        log.offsets.restartAt(offset);
        log.epochs.clear();
        log.producers.truncateFullyAndStartAt(offset);
        log.offsets.firstUnstableIs(log.producers.firstUnstableOffset());
    }
}
