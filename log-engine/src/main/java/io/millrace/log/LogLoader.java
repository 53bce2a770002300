package io.millrace.log;

import io.millrace.log.checkpoint.SyncedPoint;
import io.millrace.log.compact.SwapRecovery;
import io.millrace.log.segment.PartitionListing;
import io.millrace.log.segment.SealCheck;
import io.millrace.log.segment.Segment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Opens one log. After a clean stop nothing is read but the tail of the last index interval; what an unclean one has left is brought into
 * order by {@link LogRecovery}.
 *
 * <p>Used once, by one thread, before anybody else knows the log.
 */
final class LogLoader {
    private final OpeningLog log;
    private final LogRecovery recovery;
    private final long startedNs;
    private boolean created;

    LogLoader(Path directory, LogConfig config, LogRuntime runtime, OpenState openState) {
        startedNs = runtime.clock().nanos();
        log = new OpeningLog(directory, config, runtime, openState);
        recovery = new LogRecovery(log, null);
    }

    private LogLoader(LogLoader before) {
        startedNs = before.startedNs;
        log = new OpeningLog(before.log.directory, before.log.config, before.log.runtime, before.log.openState);
        recovery = new LogRecovery(log, before.recovery);
    }

    /** The loader that reads the log once more, after {@link #load} has cut it. */
    LogLoader again() {
        return new LogLoader(this);
    }

    /**
     * Opens the segments and brings everything into agreement. Where it throws, the files are closed.
     *
     * @return null where a batch in the middle of what had been read already was cut: the files are closed, and another loader, made by
     *     {@link #again}, reads what is left
     */
    @Nullable
    LogState load() {
        try {
            if (SwapRecovery.isInterrupted(log.listing)) {
                FileRemoval.remove(log.runtime, SwapRecovery.complete(log.directory, log.runtime.faults()));
                log.listing = PartitionListing.of(log.directory);
            }
            FileRemoval.remove(log.runtime, log.listing.leftovers());
            openSegments();
            long logStart =
                    Math.max(log.openState.logStartOffset(), log.segments.get(0).baseOffset());
            restoreStates(logStart);
            if (recovery.cutInside()) {
                log.letGo();
                return null;
            }
            if (logStart > log.endOffset) {
                logStart = restart(logStart);
            }
            return assemble(logStart);
        } catch (RuntimeException e) {
            log.letGo();
            throw e;
        }
    }

    private void openSegments() {
        for (long base : log.listing.baseOffsets()) {
            log.segments.add(Segment.open(log.context, base, LogState.limits(log.config)));
        }
        if (log.segments.isEmpty()) {
            long base = Math.max(0, log.openState.logStartOffset());
            if (!log.openState.cleanShutdown() && log.synced > base) {
                throw log.damage(log.directory, -1, base, "no segment file is left");
            }
            log.segments.add(createSegment(base));
        }
    }

    private Segment createSegment(long baseOffset) {
        created = true;
        Segment segment = Segment.create(
                log.context,
                baseOffset,
                LogState.limits(log.config),
                log.runtime.clock().millis());
        log.runtime.listener().segmentCreated(log.directory, baseOffset);
        segment.restUntilUsed();
        return segment;
    }

    private void restoreStates(long logStart) {
        Segment last = log.last();
        if (log.openState.usedByOthers()) {
            log.segments.forEach(LogLoader::dropForeignSums);
        }
        if (log.openState.cleanShutdown()) {
            log.segments.subList(0, log.segments.size() - 1).forEach(log::adoptSealed);
            log.checkIndexes(last);
            log.endOffset = adoptClosed(last);
            if (log.endOffset >= 0) {
                log.replayAll(logStart);
                return;
            }
        }
        recovery.run(logStart, startedNs);
    }

    /** What others have appended to, cut or compacted is not covered by our sums any more. */
    private static void dropForeignSums(Segment segment) {
        SealCheck.State state = SealCheck.of(segment).state();
        if (state != SealCheck.State.SEALED && state != SealCheck.State.UNCOVERED) {
            segment.dropHeaderSums();
        }
    }

    /** What was noted at the close tells the end; where it does not fit the file, the last batches do, or nothing. */
    private long adoptClosed(Segment last) {
        SyncedPoint point = log.syncedFile.point();
        boolean fits = !log.openState.usedByOthers()
                && point.segmentBaseOffset() == last.baseOffset()
                && point.position() == last.size()
                && point.offset() >= last.baseOffset();
        if (fits || last.size() == 0) {
            last.adoptSealed();
            return last.size() == 0 ? last.baseOffset() : point.offset();
        }
        return last.adoptClosed();
    }

    /** The log ends below its start: what was left of it has been deleted for good. It begins anew, empty. */
    private long restart(long logStart) {
        for (Segment segment : log.segments) {
            FileRemoval.schedule(log.runtime, segment.delete(), log.config.fileDeleteDelayMs());
            log.runtime
                    .listener()
                    .segmentDeleted(log.directory, segment.baseOffset(), segment.size(), "log ends below its start");
        }
        log.segments.clear();
        log.segments.add(createSegment(logStart));
        log.endOffset = logStart;
        log.epochs.clear();
        log.producers.truncateFullyAndStartAt(logStart);
        return logStart;
    }

    private LogState assemble(long logStart) {
        log.epochs.truncateFromEnd(log.endOffset);
        log.epochs.truncateFromStart(logStart);
        log.producers.onHighWatermark(logStart);
        Segment active = log.last();
        active.activate(LogState.limits(log.config));
        long flushed = log.openState.cleanShutdown() ? log.endOffset : Math.min(log.synced, log.endOffset);
        LogOffsets offsets = new LogOffsets(logStart, flushed, log.endOffset, active.baseOffset(), active.size());
        offsets.firstUnstableIs(log.producers.firstUnstableOffset());
        log.published.set(offsets);
        LogState state = new LogState(
                log.runtime,
                log.context,
                log.config,
                new LogSegments(log.segments),
                offsets,
                log.producers,
                log.epochs,
                syncedRange());
        state.directoryChanged = !log.openState.cleanShutdown() || created;
        return state;
    }

    /** A file that promises more than the log has was written before others cut it. */
    private SyncedRange syncedRange() {
        if (log.openState.usedByOthers() && log.syncedFile.exists()) {
            log.syncedFile.replace(Math.min(log.synced, log.endOffset));
        } else {
            log.syncedFile.lower(log.endOffset);
        }
        log.rememberCleanings(created);
        return new SyncedRange(
                log.syncedFile, log.openState.cleanShutdown() ? log.endOffset : Math.min(log.synced, log.endOffset));
    }

    /** What was done; after {@link #load}. */
    RecoveredLog report() {
        return new RecoveredLog(
                recovery.scannedSegments(),
                recovery.scannedBytes(),
                recovery.cutBytes(),
                recovery.cutReason(),
                log.rebuiltIndexes,
                log.runtime.clock().nanos() - startedNs);
    }
}
