package io.millrace.log;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.SyncedDirectories;
import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.checkpoint.SyncedPoint;
import io.millrace.log.compact.SwapRecovery;
import io.millrace.log.epoch.EpochStart;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.producer.CompletedTransaction;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.segment.PartitionListing;
import io.millrace.log.segment.SealCheck;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentContext;
import io.millrace.log.segment.SegmentRecovery;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Opens one log. After a clean stop nothing is read but the tail of the last index interval. After an unclean one every segment from the
 * recovery point on is scanned: the half written tail is cut, indexes, transaction index, producer states and epochs are made anew.
 *
 * <p>Two kinds of bad bytes are told apart. Above the offset that is known to have been on the disk (the greater of the recovery point
 * and what {@code millrace.synced} says) nothing was ever promised: it is the <i>torn tail</i>, it is cut, and the listener hears exactly
 * what went. Below it is <i>damage</i>: nothing is cut, and the log does not open. Whoever wants to give those records up repairs it.
 *
 * <p>Used once, by one thread, before anybody else knows the log.
 */
final class LogLoader {
    /**
     * A segment without header sums is another program's, or one of ours that was too short for an entry and whose seal has not come to
     * its end: then its indexes may not be on the disk, though its batches are. Our segments have sums from a few KiB on.
     */
    private static final int UNCOVERED_BYTES_MAX = 1 << 20;

    private final LogRuntime runtime;
    private final LogConfig config;
    private final OpenState openState;
    private final SegmentContext context;
    private final Path directory;
    private final List<Segment> segments = new ArrayList<>();
    /** Found in the segment at work. Their file is changed when the headers that told them have proved to be sound. */
    private final List<EpochStart> begunEpochs = new ArrayList<>();

    /** Empty until the log is whole. */
    private final AtomicReference<@Nullable LogOffsets> published = new AtomicReference<>();

    private PartitionListing listing;
    private ProducerStates producers;
    private LeaderEpochs epochs;
    private boolean epochsLost;
    private boolean created;
    private long endOffset;
    private int scannedSegments;
    private long scannedBytes;
    private long cutBytes;
    private @Nullable String cutReason;
    private boolean cutInside;
    private int rebuiltIndexes;
    private long startedNs;
    private final SyncedOffsetFile syncedFile;
    /** Below this offset everything has to be there. */
    private long synced;

    LogLoader(Path directory, LogConfig config, LogRuntime runtime, OpenState openState) {
        this.runtime = runtime;
        this.config = config;
        this.openState = openState;
        this.directory = directory;
        startedNs = runtime.clock().nanos();
        SyncedDirectories.create(directory, runtime.faults());
        Path dataDirectory = directory.toAbsolutePath().getParent();
        boolean mappable = runtime.isMappable(dataDirectory == null ? directory : dataDirectory);
        context = new SegmentContext(
                directory,
                mappable,
                runtime.preparer(),
                new ReentrantLock(),
                runtime.clock()::nanos,
                runtime.faults(),
                runtime.openSegments());
        listing = PartitionListing.of(directory);
        epochs = openEpochs();
        producers = ProducerStates.open(directory, listing.names(), config.producerIdExpirationMs(), runtime.faults());
        syncedFile = listing.has(SyncedOffsetFile.FILE_NAME)
                ? SyncedOffsetFile.open(directory, runtime.faults())
                : SyncedOffsetFile.absent(directory, runtime.faults());
        long remembered = openState.usedByOthers() ? 0 : syncedFile.point().offset();
        synced = Math.max(remembered, openState.recoveryPoint());
    }

    /** The latest epoch ends where the log does at the moment of the question, long after this loader has gone. */
    private static long endOf(AtomicReference<@Nullable LogOffsets> published) {
        LogOffsets offsets = published.get();
        return offsets == null ? 0 : offsets.end();
    }

    private LeaderEpochs openEpochs() {
        if (!listing.has(LeaderEpochs.FILE_NAME)) {
            return LeaderEpochs.absent(directory, () -> endOf(published), runtime.faults());
        }
        try {
            return LeaderEpochs.open(directory, () -> endOf(published), runtime.faults());
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.DAMAGED) {
                throw e;
            }
            epochsLost = true;
            return LeaderEpochs.openEmpty(directory, () -> endOf(published), runtime.faults());
        }
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
            if (SwapRecovery.isInterrupted(listing)) {
                FileRemoval.remove(runtime, SwapRecovery.complete(directory, runtime.faults()));
                listing = PartitionListing.of(directory);
            }
            FileRemoval.remove(runtime, listing.leftovers());
            openSegments();
            long logStart = Math.max(openState.logStartOffset(), segments.get(0).baseOffset());
            restoreStates(logStart);
            if (cutInside) {
                letGo();
                return null;
            }
            if (logStart > endOffset) {
                logStart = restart(logStart);
            }
            return assemble(logStart);
        } catch (RuntimeException e) {
            letGo();
            throw e;
        }
    }

    private void letGo() {
        segments.forEach(Segment::release);
    }

    /** The loader that reads the log once more, after {@link #load} has cut it. */
    LogLoader again() {
        LogLoader next = new LogLoader(directory, config, runtime, openState);
        next.cutBytes = cutBytes;
        next.cutReason = cutReason;
        next.startedNs = startedNs;
        return next;
    }

    private void openSegments() {
        for (long base : listing.baseOffsets()) {
            segments.add(Segment.open(context, base, LogState.limits(config)));
        }
        if (segments.isEmpty()) {
            long base = Math.max(0, openState.logStartOffset());
            if (!openState.cleanShutdown() && synced > base) {
                throw damage(directory, -1, base, "no segment file is left");
            }
            segments.add(createSegment(base));
        }
    }

    private Segment createSegment(long baseOffset) {
        created = true;
        Segment segment = Segment.create(
                context, baseOffset, LogState.limits(config), runtime.clock().millis());
        runtime.listener().segmentCreated(directory, baseOffset);
        segment.restUntilUsed();
        return segment;
    }

    private void restoreStates(long logStart) {
        Segment last = segments.get(segments.size() - 1);
        if (openState.usedByOthers()) {
            segments.forEach(LogLoader::dropForeignSums);
        }
        if (openState.cleanShutdown()) {
            segments.subList(0, segments.size() - 1).forEach(this::adoptSealed);
            checkIndexes(last);
            endOffset = adoptClosed(last);
            if (endOffset >= 0) {
                replayAll(logStart);
                return;
            }
        }
        recover(logStart);
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
        SyncedPoint point = syncedFile.point();
        boolean fits = !openState.usedByOthers()
                && point.segmentBaseOffset() == last.baseOffset()
                && point.position() == last.size()
                && point.offset() >= last.baseOffset();
        if (fits || last.size() == 0) {
            last.adoptSealed();
            return last.size() == 0 ? last.baseOffset() : point.offset();
        }
        return last.adoptClosed();
    }

    private void adoptSealed(Segment segment) {
        checkIndexes(segment);
        segment.adoptSealed();
    }

    private void checkIndexes(Segment segment) {
        String problem = segment.indexProblem();
        if (problem != null) {
            segment.rebuildIndexes();
            rebuiltIndexes++;
            runtime.listener().indexRebuilt(directory, segment.baseOffset(), problem);
        }
    }

    private void replayAll(long logStart) {
        removeStraySnapshots();
        long from =
                producers.truncateAndReload(logStart, endOffset, runtime.clock().millis());
        LogReplay.replay(producers, segments.toArray(Segment[]::new), from, endOffset);
        if (epochsLost) {
            segments.forEach(segment -> LogReplay.epochs(epochs, segment));
        }
    }

    private void removeStraySnapshots() {
        producers.removeStraySnapshots(
                segments.stream().map(Segment::baseOffset).toList());
    }

    // ---- after an unclean stop
    // -----------------------------------------------------------------------------------------------------

    private void recover(long logStart) {
        int first = firstToScan();
        segments.subList(0, first).forEach(this::adoptSealed);
        endOffset = segments.get(first).baseOffset();
        replayAll(Math.min(logStart, endOffset));
        for (int i = first; i < segments.size(); i++) {
            if (!recoverSegment(i)) {
                dropAfter(i);
            }
            if (cutInside) {
                return;
            }
        }
        if (endOffset < synced && endOffset >= logStart) {
            Segment last = segments.get(segments.size() - 1);
            throw damage(last.path(), last.size(), endOffset, "the log ends there");
        }
        endCut();
        runtime.listener().recovered(directory, scannedSegments, scannedBytes, elapsedNs());
    }

    /** Also where the process that had begun it was killed: the page cache shows a cut that the disk may not know of. */
    private void endCut() {
        if (syncedFile.point().isCutAtWork()) {
            Segment last = segments.get(segments.size() - 1);
            last.force();
            StorageFile.forceDirectory(directory, runtime.faults());
            syncedFile.endCut(new SyncedPoint(endOffset, last.baseOffset(), last.size(), last.headerSum()));
        }
    }

    /**
     * The segment of the recovery point, or one before it that is not known to be whole: whose seal had not come to its end, or, where
     * no sums tell, that does not end with a batch. The others are looked at briefly.
     */
    private int firstToScan() {
        int first = LogSegments.floorIndex(segments.toArray(Segment[]::new), openState.recoveryPoint());
        for (int i = first - 1; i >= 0; i--) {
            Segment segment = segments.get(i);
            SealCheck check = SealCheck.of(segment);
            boolean whole = switch (check.state()) {
                case CUT, DAMAGED -> throw damage(segment.path(), check.position(), check.offset(), check.cause());
                case FOREIGN -> {
                    dropSums(segment);
                    yield segment.endsWithBatch();
                }
                case UNCOVERED -> segment.size() > UNCOVERED_BYTES_MAX && segment.endsWithBatch();
                case SEALED -> true;
                case UNSEALED -> false;
            };
            first = whole ? first : i;
        }
        return first;
    }

    private void dropSums(Segment segment) {
        segment.dropHeaderSums();
        runtime.listener().indexRebuilt(directory, segment.baseOffset(), "header sums were of other batches");
    }

    /** Scans a segment and cuts what is torn. False where the log ends in it, though there are later segments. */
    private boolean recoverSegment(int index) {
        Segment segment = segments.get(index);
        boolean last = index == segments.size() - 1;
        long nextBase = last ? Long.MAX_VALUE : segments.get(index + 1).baseOffset();
        // The cleaner leaves the active segment alone; where a follower fetches, gaps come from the leader.
        boolean gapsAllowed = config.compactPolicy() || (!last && openState.compacted());
        scannedSegments++;
        scannedBytes += segment.size();
        producers.takeSnapshot(false);
        begunEpochs.clear();
        SegmentRecovery.End end =
                SegmentRecovery.scan(segment, expectation(segment, gapsAllowed, nextBase), this::accept);
        requireUndamaged(segment, end, nextBase);
        String headerReason = end.headerReason();
        if (headerReason != null) {
            cutInside(segment, end, headerReason);
            return false;
        }
        if (end.sumsOfOthers()) {
            runtime.listener().indexRebuilt(directory, segment.baseOffset(), "header sums were of other batches");
        }
        begunEpochs.forEach(each -> epochs.assign(each.epoch(), each.startOffset()));
        endOffset = end.nextOffset();
        String reason = reasonToCut(segment, end, last, gapsAllowed, nextBase);
        producers.advanceTo(endOffset);
        if (reason != null) {
            noteCut(end, reason);
            syncedFile.beginCut(endOffset);
        }
        boolean trimmed = end.position() < segment.size();
        SegmentRecovery.accept(segment, end);
        if (reason != null || (trimmed && !last)) {
            // What was cut must not come back behind what is appended now, nor zeros in the middle of the log.
            segment.force();
        }
        if (reason == null && !last) {
            segment.finishRecovered();
        }
        return reason == null;
    }

    /**
     * A batch above the synced offset has a header that was not written so, which only the sum of later batches has told: the log ends
     * before it. What has been read behind it is in the producer states and epochs by now, so everything is read again.
     */
    private void cutInside(Segment segment, SegmentRecovery.End end, String reason) {
        long bytes = end.position() + end.badBytes() - end.headerPosition();
        syncedFile.beginCut(end.headerOffset());
        SegmentRecovery.cutInside(segment, end);
        segment.force();
        cutBytes += bytes;
        cutReason = reason;
        cutInside = true;
        runtime.listener().tornTailCut(directory, end.headerOffset(), end.headerPosition(), bytes, reason);
    }

    private SegmentRecovery.Expectation expectation(Segment segment, boolean gapsAllowed, long offsetMax) {
        SyncedPoint point = syncedFile.point();
        boolean known = !openState.usedByOthers()
                && point.segmentBaseOffset() == segment.baseOffset()
                && point.headerSum() != 0;
        return new SegmentRecovery.Expectation(
                endOffset, gapsAllowed, offsetMax, known ? point.position() : 0, known ? point.headerSum() : 0);
    }

    /** Nothing may be missing or wrong below what was known to be on the disk. */
    private void requireUndamaged(Segment segment, SegmentRecovery.End end, long nextBase) {
        String headerReason = end.headerReason();
        if (headerReason != null && end.headerOffset() < synced) {
            throw damage(segment.path(), end.headerPosition(), end.headerOffset(), headerReason);
        }
        String reason = end.nextOffset() == nextBase ? null : end.reason();
        if (reason != null && end.nextOffset() < synced) {
            throw damage(segment.path(), end.position(), end.nextOffset(), reason);
        }
        if (end.nextOffset() < synced && end.lostBytes() > 0) {
            String what = "zeros, or the end of the file, where " + end.lostBytes() + " bytes of batches stood";
            throw damage(segment.path(), end.position(), end.nextOffset(), what);
        }
    }

    /**
     * Why the log ends in this segment, or null. Behind the last batch of a segment whose successor goes on right there nothing was ever
     * promised: spare bytes that the seal had not trimmed yet, zeros or what the file held when it was another segment's.
     */
    private @Nullable String reasonToCut(
            Segment segment, SegmentRecovery.End end, boolean last, boolean gapsAllowed, long nextBase) {
        if (!last && end.nextOffset() == nextBase) {
            return null;
        }
        String hole = last ? null : hole(segment, end, gapsAllowed, nextBase);
        return end.reason() == null ? hole : end.reason();
    }

    /** Why the next segment does not go on where this one ends, or null: then it does, or compaction has left the gap. */
    private @Nullable String hole(Segment segment, SegmentRecovery.End end, boolean gapsAllowed, long nextBase) {
        boolean explained = end.nextOffset() == nextBase || (gapsAllowed && end.lostBytes() == 0);
        if (explained) {
            return null;
        }
        String what = "offsets " + end.nextOffset() + " to " + (nextBase - 1) + " are in no segment";
        if (end.nextOffset() < synced) {
            throw damage(segment.path(), end.position(), end.nextOffset(), what);
        }
        return what;
    }

    /** What was known to be on the disk is not there. The files stay as they are. */
    private StorageException damage(Path file, long position, long offset, String what) {
        String at = offset < 0 ? "" : "offset " + offset + ": ";
        return StorageException.damaged(
                file,
                position,
                "log is damaged below offset " + synced + ", which was known to be on the disk: " + at + what);
    }

    private void accept(Segment segment, ByteBuffer buffer, int at) {
        int epoch = RecordBatchDescriptor.leaderEpoch(buffer, at);
        int latest = begunEpochs.isEmpty()
                ? epochs.latestEpoch()
                : begunEpochs.get(begunEpochs.size() - 1).epoch();
        if (epoch > latest) {
            begunEpochs.add(new EpochStart(epoch, RecordBatchDescriptor.baseOffset(buffer, at)));
        }
        CompletedTransaction completed = producers.append(buffer, at);
        if (completed != null) {
            if (completed.aborted()) {
                segment.aborted().append(completed.toAborted());
            }
            producers.complete(completed);
        }
        producers.advanceTo(RecordBatchDescriptor.lastOffset(buffer, at) + 1);
    }

    private void noteCut(SegmentRecovery.End end, String reason) {
        long whole = end.wholeBytes();
        String told = whole == 0
                ? reason
                : reason + "; " + whole + " of the bytes behind it are whole batches: pages that were not synced reach"
                        + " the disk in any order";
        cutBytes += end.badBytes();
        cutReason = told;
        runtime.listener().tornTailCut(directory, end.nextOffset(), end.position(), end.badBytes(), told);
    }

    private void dropAfter(int index) {
        while (segments.size() > index + 1) {
            Segment dropped = segments.remove(segments.size() - 1);
            long bytes = dropped.size();
            producers.deleteSnapshot(dropped.baseOffset());
            FileRemoval.schedule(runtime, dropped.delete(), config.fileDeleteDelayMs());
            cutBytes += bytes;
            runtime.listener().segmentDeleted(directory, dropped.baseOffset(), bytes, "behind a torn batch");
        }
        StorageFile.forceDirectory(directory, runtime.faults());
    }

    // ---- both
    // --------------------------------------------------------------------------------------------------------------------

    /** The log ends below its start: what was left of it has been deleted for good. It begins anew, empty. */
    private long restart(long logStart) {
        for (Segment segment : segments) {
            FileRemoval.schedule(runtime, segment.delete(), config.fileDeleteDelayMs());
            runtime.listener()
                    .segmentDeleted(directory, segment.baseOffset(), segment.size(), "log ends below its start");
        }
        segments.clear();
        segments.add(createSegment(logStart));
        endOffset = logStart;
        epochs.clear();
        producers.truncateFullyAndStartAt(logStart);
        return logStart;
    }

    private LogState assemble(long logStart) {
        epochs.truncateFromEnd(endOffset);
        epochs.truncateFromStart(logStart);
        producers.onHighWatermark(logStart);
        Segment active = segments.get(segments.size() - 1);
        active.activate(LogState.limits(config));
        long flushed = openState.cleanShutdown() ? endOffset : Math.min(synced, endOffset);
        LogOffsets offsets = new LogOffsets(logStart, flushed, endOffset, active.baseOffset(), active.size());
        offsets.firstUnstableIs(producers.firstUnstableOffset());
        published.set(offsets);
        LogState state = new LogState(
                runtime, context, config, new LogSegments(segments), offsets, producers, epochs, syncedRange());
        state.directoryChanged = !openState.cleanShutdown() || created;
        return state;
    }

    private long elapsedNs() {
        return runtime.clock().nanos() - startedNs;
    }

    /** A file that promises more than the log has was written before others cut it. */
    private SyncedRange syncedRange() {
        if (openState.usedByOthers() && syncedFile.exists()) {
            syncedFile.replace(Math.min(synced, endOffset));
        } else {
            syncedFile.lower(endOffset);
        }
        return new SyncedRange(syncedFile, openState.cleanShutdown() ? endOffset : Math.min(synced, endOffset));
    }

    /** What was done; after {@link #load}. */
    RecoveredLog report() {
        return new RecoveredLog(scannedSegments, scannedBytes, cutBytes, cutReason, rebuiltIndexes, elapsedNs());
    }
}
