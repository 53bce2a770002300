package io.millrace.log;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.SyncedPoint;
import io.millrace.log.epoch.EpochStart;
import io.millrace.log.producer.CompletedTransaction;
import io.millrace.log.segment.SealCheck;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentRecovery;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log after an unclean stop, from the recovery point on: the half written tail is cut, indexes, transaction index, producer states
 * and epochs are made anew.
 *
 * <p>Two kinds of bad bytes are told apart. Above the offset that is known to have been on the disk (the greater of the recovery point
 * and what {@code millrace.synced} says) nothing was ever promised: it is the <i>torn tail</i>, it is cut, and the listener hears exactly
 * what went. Below it is <i>damage</i>: nothing is cut, and the log does not open. Whoever wants to give those records up repairs it.
 *
 * <p>Used once, by the {@link LogLoader}.
 */
final class LogRecovery {
    /**
     * A segment without header sums is another program's, or one of ours that was too short for an entry and whose seal has not come to
     * its end: then its indexes may not be on the disk, though its batches are. Our segments have sums from a few KiB on.
     */
    private static final int UNCOVERED_BYTES_MAX = 1 << 20;

    private final OpeningLog log;
    private final LogRuntime runtime;
    /** Found in the segment at work. Their file is changed when the headers that told them have proved to be sound. */
    private final List<EpochStart> begunEpochs = new ArrayList<>();

    private int scannedSegments;
    private long scannedBytes;
    private long cutBytes;
    private @Nullable String cutReason;
    private boolean cutInside;

    /** What earlier recoveries of the same opening have cut counts as well. */
    LogRecovery(OpeningLog log, @Nullable LogRecovery before) {
        this.log = log;
        runtime = log.runtime;
        cutBytes = before == null ? 0 : before.cutBytes;
        cutReason = before == null ? null : before.cutReason;
    }

    int scannedSegments() {
        return scannedSegments;
    }

    long scannedBytes() {
        return scannedBytes;
    }

    long cutBytes() {
        return cutBytes;
    }

    @Nullable
    String cutReason() {
        return cutReason;
    }

    /** A batch in the middle of what had been read already was cut: everything has to be read once more. */
    boolean cutInside() {
        return cutInside;
    }

    /** Brings the log into order, or throws where what was known to be on the disk is not there. */
    void run(long logStart, long startedNs) {
        List<Segment> segments = log.segments;
        int first = firstToScan();
        segments.subList(0, first).forEach(log::adoptSealed);
        log.endOffset = segments.get(first).baseOffset();
        log.replayAll(Math.min(logStart, log.endOffset));
        for (int i = first; i < segments.size(); i++) {
            if (!recoverSegment(i)) {
                dropAfter(i);
            }
            if (cutInside) {
                return;
            }
        }
        if (log.endOffset < log.synced && log.endOffset >= logStart) {
            Segment last = log.last();
            throw log.damage(last.path(), last.size(), log.endOffset, "the log ends there");
        }
        endCut();
        runtime.listener()
                .recovered(
                        log.directory,
                        scannedSegments,
                        scannedBytes,
                        runtime.clock().nanos() - startedNs);
    }

    /** Also where the process that had begun it was killed: the page cache shows a cut that the disk may not know of. */
    private void endCut() {
        if (log.syncedFile.point().isCutAtWork()) {
            Segment last = log.last();
            last.force();
            StorageFile.forceDirectory(log.directory, runtime.faults());
            log.syncedFile.endCut(new SyncedPoint(log.endOffset, last.baseOffset(), last.size(), last.headerSum()));
        }
    }

    /**
     * The segment of the recovery point, or one before it that is not known to be whole: whose seal had not come to its end, or, where
     * no sums tell, that does not end with a batch. The others are looked at briefly.
     */
    private int firstToScan() {
        List<Segment> segments = log.segments;
        int first = LogSegments.floorIndex(segments.toArray(Segment[]::new), log.openState.recoveryPoint());
        for (int i = first - 1; i >= 0; i--) {
            Segment segment = segments.get(i);
            SealCheck check = SealCheck.of(segment);
            boolean whole = switch (check.state()) {
                case CUT, DAMAGED -> throw log.damage(segment.path(), check.position(), check.offset(), check.cause());
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
        runtime.listener().indexRebuilt(log.directory, segment.baseOffset(), "header sums were of other batches");
    }

    /** Scans a segment and cuts what is torn. False where the log ends in it, though there are later segments. */
    private boolean recoverSegment(int index) {
        Segment segment = log.segments.get(index);
        boolean last = index == log.segments.size() - 1;
        long nextBase = last ? Long.MAX_VALUE : log.segments.get(index + 1).baseOffset();
        scannedSegments++;
        scannedBytes += segment.size();
        log.producers.takeSnapshot(false);
        begunEpochs.clear();
        SegmentRecovery.End end = SegmentRecovery.scan(segment, expectation(segment, nextBase), this::accept);
        requireUndamaged(segment, end, nextBase);
        String headerReason = end.headerReason();
        if (headerReason != null) {
            cutInside(segment, end, headerReason);
            return false;
        }
        if (end.sumsOfOthers()) {
            runtime.listener().indexRebuilt(log.directory, segment.baseOffset(), "header sums were of other batches");
        }
        begunEpochs.forEach(each -> log.epochs.assign(each.epoch(), each.startOffset()));
        log.endOffset = end.nextOffset();
        String reason = reasonToCut(segment, end, last, nextBase);
        log.producers.advanceTo(log.endOffset);
        if (reason != null) {
            noteCut(end, reason);
            log.syncedFile.beginCut(log.endOffset);
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
        log.syncedFile.beginCut(end.headerOffset());
        SegmentRecovery.cutInside(segment, end);
        segment.force();
        cutBytes += bytes;
        cutReason = reason;
        cutInside = true;
        runtime.listener().tornTailCut(log.directory, end.headerOffset(), end.headerPosition(), bytes, reason);
    }

    /** Where offsets may be missing, one that was harmed is known by that it cannot be this segment's. */
    private SegmentRecovery.Expectation expectation(Segment segment, long nextBase) {
        long offsetMax = Math.min(nextBase, segment.baseOffset() + Integer.MAX_VALUE + 1L);
        SyncedPoint point = log.syncedFile.point();
        boolean known = !log.openState.usedByOthers()
                && point.segmentBaseOffset() == segment.baseOffset()
                && point.headerSum() != 0;
        return new SegmentRecovery.Expectation(
                log.endOffset,
                log.mayHaveGaps(segment),
                offsetMax,
                known ? point.position() : 0,
                known ? point.headerSum() : 0);
    }

    /** Nothing may be missing or wrong below what was known to be on the disk. */
    private void requireUndamaged(Segment segment, SegmentRecovery.End end, long nextBase) {
        String headerReason = end.headerReason();
        if (headerReason != null && end.headerOffset() < log.synced) {
            throw log.damage(segment.path(), end.headerPosition(), end.headerOffset(), headerReason);
        }
        String reason = end.nextOffset() == nextBase ? null : end.reason();
        if (reason != null && end.nextOffset() < log.synced) {
            throw log.damage(segment.path(), end.position(), end.nextOffset(), reason);
        }
        if (end.nextOffset() < log.synced && end.lostBytes() > 0) {
            String what = "zeros, or the end of the file, where " + end.lostBytes() + " bytes of batches stood";
            throw log.damage(segment.path(), end.position(), end.nextOffset(), what);
        }
    }

    /**
     * Why the log ends in this segment, or null. Behind the last batch of a segment whose successor goes on right there nothing was ever
     * promised: spare bytes that the seal had not trimmed yet, zeros or what the file held when it was another segment's.
     */
    private @Nullable String reasonToCut(Segment segment, SegmentRecovery.End end, boolean last, long nextBase) {
        if (!last && end.nextOffset() == nextBase) {
            return null;
        }
        String hole = last ? null : hole(segment, end, nextBase);
        return end.reason() == null ? hole : end.reason();
    }

    /** Why the next segment does not go on where this one ends, or null: then it does, or the cleaner has left the gap. */
    private @Nullable String hole(Segment segment, SegmentRecovery.End end, long nextBase) {
        boolean explained =
                end.nextOffset() == nextBase || (end.lostBytes() == 0 && log.mayEndEarly(segment, nextBase));
        if (explained) {
            return null;
        }
        String what = "offsets " + end.nextOffset() + " to " + (nextBase - 1) + " are in no segment";
        if (end.nextOffset() < log.synced) {
            throw log.damage(segment.path(), end.position(), end.nextOffset(), what);
        }
        return what;
    }

    private void accept(Segment segment, ByteBuffer buffer, int at) {
        int epoch = RecordBatchDescriptor.leaderEpoch(buffer, at);
        int latest = begunEpochs.isEmpty()
                ? log.epochs.latestEpoch()
                : begunEpochs.get(begunEpochs.size() - 1).epoch();
        if (epoch > latest) {
            begunEpochs.add(new EpochStart(epoch, RecordBatchDescriptor.baseOffset(buffer, at)));
        }
        CompletedTransaction completed = log.producers.append(buffer, at);
        if (completed != null) {
            if (completed.aborted()) {
                segment.aborted().append(completed.toAborted());
            }
            log.producers.complete(completed);
        }
        log.producers.advanceTo(RecordBatchDescriptor.lastOffset(buffer, at) + 1);
    }

    private void noteCut(SegmentRecovery.End end, String reason) {
        long whole = end.wholeBytes();
        String told = whole == 0
                ? reason
                : reason + "; " + whole + " of the bytes behind it are whole batches: pages that were not synced reach"
                        + " the disk in any order";
        cutBytes += end.badBytes();
        cutReason = told;
        runtime.listener().tornTailCut(log.directory, end.nextOffset(), end.position(), end.badBytes(), told);
    }

    private void dropAfter(int index) {
        List<Segment> segments = log.segments;
        while (segments.size() > index + 1) {
            Segment dropped = segments.remove(segments.size() - 1);
            long bytes = dropped.size();
            log.producers.deleteSnapshot(dropped.baseOffset());
            FileRemoval.schedule(runtime, dropped.delete(), log.config.fileDeleteDelayMs());
            cutBytes += bytes;
            runtime.listener().segmentDeleted(log.directory, dropped.baseOffset(), bytes, "behind a torn batch");
        }
        StorageFile.forceDirectory(log.directory, runtime.faults());
    }
}
