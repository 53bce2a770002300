package io.millrace.log;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.scrub.ScrubPlace;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentScrub;
import io.millrace.log.segment.SegmentScrub.Finding;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.UncachedFile;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * The scrub of one segment. It is read without a lock and with a pin; what was found counts only where the segment is still the log's
 * afterwards, and the log was not cut meanwhile: deletion, truncation and compaction go on as if nobody looked.
 */
final class SegmentVisit {
    private final LogState log;
    private final ScrubPlace place;
    private final Segment segment;
    private final long nextBase;
    private final boolean gapsAllowed;
    private final boolean mayEndEarly;
    private final long cuts;

    /** What became of it. */
    enum Outcome {
        SOUND,
        /** Sound, and it has header sums now. */
        SUMS_ADDED,
        /** The log is offline. */
        DAMAGED,
        /** It has gone meanwhile. */
        GONE
    }

    private SegmentVisit(LogState log, ScrubPlace place, Segment segment, long nextBase, boolean compacted, long cuts) {
        this.log = log;
        this.place = place;
        this.segment = segment;
        this.nextBase = nextBase;
        this.cuts = cuts;
        gapsAllowed = compacted || log.config().compactPolicy();
        mayEndEarly = gapsAllowed && nextBase <= log.synced.cleanedBelow();
    }

    /**
     * The segments of a log that may be read: sealed, and forced as a whole.
     *
     * @param compacted offsets may be missing, also where the policy is another one now
     */
    static List<SegmentVisit> of(LogState log, PartitionName name, boolean compacted) {
        List<SegmentVisit> visits = new ArrayList<>();
        if (!log.isWritable()) {
            return visits;
        }
        long cuts = log.cuts();
        long forced = log.synced.offset();
        Segment[] all = log.segments.all();
        for (int i = 0; i + 1 < all.length && all[i + 1].baseOffset() <= forced; i++) {
            ScrubPlace place = new ScrubPlace(name, all[i].baseOffset());
            visits.add(new SegmentVisit(log, place, all[i], all[i + 1].baseOffset(), compacted, cuts));
        }
        return visits;
    }

    ScrubPlace place() {
        return place;
    }

    /** Reads it; {@code pay} hears of bytes before they are read, and may throw to end it. */
    Outcome run(LongConsumer pay) {
        if (!segment.pin()) {
            return Outcome.GONE;
        }
        try {
            return look(pay);
        } catch (StorageException e) {
            return offline(e);
        } catch (InternalError e) {
            return offline(new StorageException(StorageException.Kind.IO, "mapped access", segment.path(), -1, e));
        } finally {
            segment.unpin();
        }
    }

    private Outcome look(LongConsumer pay) {
        segment.checkFile();
        SegmentScrub look;
        try (UncachedFile file = UncachedFile.open(segment.path(), log.runtime.faults())) {
            look = scrub((target, position) -> {
                pay.accept(target.remaining());
                return file.readFully(target, position);
            });
        }
        Finding finding = look.finding();
        if (finding != null) {
            boolean cachedIsSound = scrub(segment::read).finding() == null;
            return offline(damage(finding, cachedIsSound));
        }
        return look.lacksSums() && addSums(look) ? Outcome.SUMS_ADDED : Outcome.SOUND;
    }

    private SegmentScrub scrub(SegmentScrub.Source source) {
        return SegmentScrub.look(
                segment, log.config().indexIntervalBytes(), gapsAllowed, mayEndEarly, nextBase, source);
    }

    private StorageException damage(Finding finding, boolean cachedIsSound) {
        String what = "log is damaged below offset " + log.synced.offset()
                + ", which was known to be on the disk: offset " + finding.offset() + ": " + finding.cause()
                + (cachedIsSound ? " (on the disk; a copy in the page cache is sound)" : "");
        return StorageException.damaged(segment.path(), finding.position(), what);
    }

    /** Takes the log offline, unless what was looked at is not part of it any more. */
    private Outcome offline(StorageException cause) {
        log.lock.lock();
        try {
            if (!isCurrent()) {
                return Outcome.GONE;
            }
        } finally {
            log.lock.unlock();
        }
        log.fail(cause);
        return Outcome.DAMAGED;
    }

    private boolean isCurrent() {
        assert log.lock.isHeldByCurrentThread();
        return log.isWritable()
                && log.cuts() == cuts
                && List.of(log.segments.all()).contains(segment);
    }

    /** False where there is no room, or the segment has gone: they are made another time. */
    private boolean addSums(SegmentScrub look) {
        try {
            log.lock.lock();
            try {
                if (!isCurrent() || !log.hasRoomForSegment()) {
                    return false;
                }
                look.adoptSums();
                log.directoryChanged = true;
            } finally {
                log.lock.unlock();
            }
            segment.forceIndexes();
            return true;
        } catch (StorageException e) {
            return noRoom(e);
        }
    }

    private static boolean noRoom(StorageException e) {
        if (e.kind() != StorageException.Kind.NO_SPACE) {
            throw e;
        }
        return false;
    }
}
