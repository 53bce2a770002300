package io.millrace.log;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.compact.SwapRecovery;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.producer.CompletedTransaction;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentContext;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.log.segment.SegmentRecovery;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
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
 * <p>Two kinds of bad bytes are told apart. Above the recovery point nothing was ever known to be on the disk: it is the <i>torn
 * tail</i>, it is cut, and the listener hears exactly what went. Below it is <i>damage</i>: nothing is cut, and the log does not open.
 * Whoever wants to give those records up opens it again with a lower recovery point.
 *
 * <p>Used once, by one thread, before anybody else knows the log.
 */
final class LogLoader {
    private final LogRuntime runtime;
    private final LogConfig config;
    private final OpenState openState;
    private final SegmentContext context;
    private final Path directory;
    private final List<Segment> segments = new ArrayList<>();

    /** Empty until the log is whole. */
    private final AtomicReference<@Nullable LogOffsets> published = new AtomicReference<>();

    private ProducerStates producers;
    private LeaderEpochs epochs;
    private boolean epochsLost;
    private boolean created;
    private long endOffset;
    private int scannedSegments;
    private long scannedBytes;
    private long cutBytes;
    private @Nullable String cutReason;
    private int rebuiltIndexes;
    private long startedNs;

    LogLoader(Path directory, LogConfig config, LogRuntime runtime, OpenState openState) {
        this.runtime = runtime;
        this.config = config;
        this.openState = openState;
        this.directory = directory;
        startedNs = runtime.clock().nanos();
        createDirectory();
        Path dataDirectory = directory.toAbsolutePath().getParent();
        boolean mappable = runtime.isMappable(dataDirectory == null ? directory : dataDirectory);
        context = new SegmentContext(
                directory, mappable, runtime.preparer(), new ReentrantLock(), runtime.clock()::nanos, runtime.faults());
        epochs = openEpochs();
        producers = ProducerStates.open(directory, config.producerIdExpirationMs(), runtime.faults());
    }

    private void createDirectory() {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw StorageException.of("create directory", directory, -1, e);
        }
    }

    /** The latest epoch ends where the log does at the moment of the question, long after this loader has gone. */
    private static long endOf(AtomicReference<@Nullable LogOffsets> published) {
        LogOffsets offsets = published.get();
        return offsets == null ? 0 : offsets.end();
    }

    private LeaderEpochs openEpochs() {
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

    /** Opens the segments and brings everything into agreement. Where it throws, the files are closed. */
    LogState load() {
        try {
            FileRemoval.remove(runtime, SwapRecovery.complete(directory, runtime.faults()));
            openSegments();
            long logStart = Math.max(openState.logStartOffset(), segments.get(0).baseOffset());
            restoreStates(logStart);
            if (logStart > endOffset) {
                logStart = restart(logStart);
            }
            return assemble(logStart);
        } catch (RuntimeException e) {
            segments.forEach(Segment::release);
            throw e;
        }
    }

    private void openSegments() {
        for (long base : SegmentFiles.baseOffsets(directory)) {
            segments.add(Segment.open(context, base, LogState.limits(config)));
        }
        if (segments.isEmpty()) {
            segments.add(createSegment(Math.max(0, openState.logStartOffset())));
        }
    }

    private Segment createSegment(long baseOffset) {
        created = true;
        return Segment.create(
                context, baseOffset, LogState.limits(config), runtime.clock().millis());
    }

    private void restoreStates(long logStart) {
        Segment last = segments.get(segments.size() - 1);
        if (openState.cleanShutdown()) {
            segments.subList(0, segments.size() - 1).forEach(this::adoptSealed);
            checkIndexes(last);
            endOffset = last.adoptClosed();
            if (endOffset >= 0) {
                replayAll(logStart);
                return;
            }
        }
        recover(logStart);
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
        int first = LogSegments.floorIndex(segments.toArray(Segment[]::new), openState.recoveryPoint());
        segments.subList(0, first).forEach(this::adoptSealed);
        endOffset = segments.get(first).baseOffset();
        replayAll(Math.min(logStart, endOffset));
        for (int i = first; i < segments.size(); i++) {
            if (!recoverSegment(i)) {
                dropAfter(i);
            }
        }
        runtime.listener().recovered(directory, scannedSegments, scannedBytes, elapsedNs());
    }

    /** Scans a segment and cuts what is torn. False where the log ends in it, though there are later segments. */
    private boolean recoverSegment(int index) {
        Segment segment = segments.get(index);
        boolean last = index == segments.size() - 1;
        long offsetMax = last ? Long.MAX_VALUE : segments.get(index + 1).baseOffset();
        // Only a log that is or was compacted misses offsets; the cleaner leaves the active segment alone.
        boolean gapsAllowed = !last || config.compactPolicy();
        scannedSegments++;
        scannedBytes += segment.size();
        producers.takeSnapshot(false);
        SegmentRecovery.End end =
                SegmentRecovery.ofThisThread().scan(segment, endOffset, gapsAllowed, offsetMax, this::accept);
        if (end.reason() != null && end.nextOffset() < openState.recoveryPoint()) {
            throw SegmentRecovery.damage(segment, end, openState.recoveryPoint());
        }
        endOffset = end.nextOffset();
        producers.advanceTo(endOffset);
        noteCut(end);
        SegmentRecovery.cut(segment, end);
        return end.reason() == null;
    }

    private void accept(Segment segment, ByteBuffer buffer, int at) {
        int epoch = RecordBatchDescriptor.leaderEpoch(buffer, at);
        if (epoch > epochs.latestEpoch()) {
            epochs.assign(epoch, RecordBatchDescriptor.baseOffset(buffer, at));
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

    private void noteCut(SegmentRecovery.End end) {
        String reason = end.reason();
        if (reason != null) {
            cutBytes += end.badBytes();
            cutReason = reason;
            runtime.listener().tornTailCut(directory, end.nextOffset(), end.position(), end.badBytes(), reason);
        }
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
        long flushed = openState.cleanShutdown() ? endOffset : Math.min(openState.recoveryPoint(), endOffset);
        LogOffsets offsets = new LogOffsets(logStart, flushed, endOffset, active.baseOffset(), active.size());
        offsets.firstUnstableIs(producers.firstUnstableOffset());
        published.set(offsets);
        LogState state = new LogState(runtime, context, config, new LogSegments(segments), offsets, producers, epochs);
        state.directoryChanged = !openState.cleanShutdown() || created;
        return state;
    }

    private long elapsedNs() {
        return runtime.clock().nanos() - startedNs;
    }

    /** What was done; after {@link #load}. */
    RecoveredLog report() {
        return new RecoveredLog(scannedSegments, scannedBytes, cutBytes, cutReason, rebuiltIndexes, elapsedNs());
    }
}
