package io.millrace.log;

import io.millrace.log.compact.CleaningAbortedException;
import io.millrace.log.compact.CleaningCounts;
import io.millrace.log.compact.CleaningReport;
import io.millrace.log.compact.CleaningStatus;
import io.millrace.log.compact.CleaningView;
import io.millrace.log.compact.LastRecord;
import io.millrace.log.compact.SegmentCleaner;
import io.millrace.log.compact.SegmentGroups;
import io.millrace.log.compact.SegmentSwap;
import io.millrace.log.compact.UncleanableException;
import io.millrace.log.producer.ProducerEntry;
import io.millrace.log.segment.Segment;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The compaction of one log: what of it may be cleaned, and the moment at which cleaned segments take the place of others.
 *
 * <pre>
 *  IDLE → claimed → MAPPING → CLEANING (write a group aside, swap it in, the next group ...) → IDLE
 *                      └──────────┴── given up: what was written aside is removed ──────────→ IDLE
 *                      └──────────┴── bytes that are damaged or cannot be inflated ─────────→ UNCLEANABLE, until opened again
 * </pre>
 *
 * <p>A cleaning reads sealed segments, which it has pinned, and holds no lock that anybody else waits for: appends, reads, retention and
 * truncation go on and know nothing of it. It is optimistic: after each piece of work it looks whether the log was cut, closed, has failed
 * or is not compacted any more, and then gives up. The swap, under the writer lock, looks again, and besides whether all segments of the
 * group are still in the log: retention may have taken some. What it finds then is what it replaces.
 *
 * <p>Closing (and so deleting) the log waits until the cleaning has given up, so that nobody writes into the directory of another log that
 * has got its name.
 */
final class LogCompaction {
    private static final long POSTPONED_MS = 60_000;

    private final LogState log;
    private final LogReader reader;
    private final LogFlusher flusher;
    /** Held by the one who cleans. */
    private final ReentrantLock cleaning = new ReentrantLock();

    private volatile CleaningCounts counts = new CleaningCounts();
    private volatile CleaningStatus.State state = CleaningStatus.State.IDLE;
    private final AtomicInteger cleanings = new AtomicInteger();
    private volatile double dirtyRatio;
    private volatile long cleanedTo = CleanerCheckpoint.NEVER;
    private volatile long lastEndMs = -1;
    private volatile @Nullable String problem;
    private volatile long postponedUntilMs = Long.MIN_VALUE;

    LogCompaction(LogState log, LogReader reader, LogFlusher flusher) {
        this.log = log;
        this.reader = reader;
        this.flusher = flusher;
    }

    /** See {@link PartitionLog#cleaning}. */
    CleaningStatus status() {
        CleaningCounts now = counts;
        return new CleaningStatus(
                state,
                now.bytesMapped(),
                now.bytesRead(),
                now.bytesWritten(),
                cleanings.get(),
                dirtyRatio,
                cleanedTo,
                lastEndMs,
                problem);
    }

    /** What could be cleaned now; null where nothing may be. */
    @Nullable
    CleanableRange range(long checkpoint, long nowMs) {
        boolean wanted = log.config().compactPolicy() && log.isWritable() && problem == null;
        return wanted && nowMs >= postponedUntilMs && !cleaning.isLocked()
                ? CleanableRange.of(log, checkpoint, nowMs)
                : null;
    }

    /** The log, for tests. */
    LogState log() {
        return log;
    }

    /** Makes this thread the one that cleans; false where another one does. */
    boolean claim() {
        return cleaning.tryLock();
    }

    /** After {@link #claim}. */
    void release() {
        cleaning.unlock();
    }

    /** The log is closed: returns when nobody cleans it any more. */
    void awaitEnd() {
        cleaning.lock();
        try {
            assert log.isClosed() : log.directory;
        } finally {
            cleaning.unlock();
        }
    }

    /**
     * Cleans what was found to be cleanable. By the one who has claimed the log.
     *
     * @param check throws where the cleaner itself stops
     * @return what was done, null where it was given up
     */
    @Nullable
    CleaningReport clean(CleanableRange range, CleanerTools tools, Runnable check) {
        assert cleaning.isHeldByCurrentThread();
        long startNs = log.runtime.clock().nanos();
        dirtyRatio = range.dirtyRatio();
        Run run = new Run(range, tools, check);
        try {
            CleaningReport report = run.clean(startNs);
            cleanings.incrementAndGet();
            cleanedTo = report.endOffset();
            lastEndMs = log.runtime.clock().millis();
            log.runtime.listener().cleaned(log.directory, report);
            return report;
        } catch (CleaningAbortedException e) {
            return null;
        } catch (UncleanableException e) {
            notCleanable(String.valueOf(e.getMessage()));
        } catch (StorageException e) {
            onFailure(e);
        } catch (RuntimeException | InternalError e) {
            notCleanable("cleaning it failed: " + e); // a bug, which must not stop the cleaning of all other logs
        } finally {
            run.end();
            state = problem == null ? CleaningStatus.State.IDLE : CleaningStatus.State.UNCLEANABLE;
        }
        return null;
    }

    private void notCleanable(String why) {
        problem = why;
        log.runtime.listener().notCleanable(log.directory, why);
    }

    private void onFailure(StorageException e) {
        if (!log.isWritable()) {
            return; // closed, deleted or failed under our hands
        }
        switch (e.kind()) {
            case DAMAGED -> notCleanable(String.valueOf(e.getMessage()));
            case NO_SPACE -> {
                postponedUntilMs = log.runtime.clock().millis() + POSTPONED_MS;
                log.runtime.listener().backgroundFailure(log.directory, e);
            }
            default -> log.fail(e);
        }
    }

    /** One cleaning, from its first to its last segment. */
    private final class Run implements CleaningView {
        private final CleanableRange range;
        private final CleanerTools tools;
        private final Runnable check;
        private final CleaningCounts done = new CleaningCounts();
        private final List<Segment> pinned = new ArrayList<>();
        /** The newest batch of each producer: as it was before all of the log was forced. */
        private Map<Long, LastRecord> lastRecords = Map.of();

        private int segmentsAfter;

        Run(CleanableRange range, CleanerTools tools, Runnable check) {
            this.range = range;
            this.tools = tools;
            this.check = check;
        }

        CleaningReport clean(long startNs) {
            counts = done;
            state = CleaningStatus.State.MAPPING;
            List<Segment> sources = pinSources();
            int firstDirty = LogSegments.floorIndex(sources.toArray(Segment[]::new), range.firstDirtyOffset());
            SegmentCleaner cleaner = tools.cleaner(this, range.boundOffset() - range.firstDirtyOffset(), done);
            long end = cleaner.map(
                    sources.subList(firstDirty, sources.size()), range.firstDirtyOffset(), range.boundOffset());
            state = CleaningStatus.State.CLEANING;
            makeDurable();
            cleaner.begin(log.runtime.clock().millis(), log.config().deleteRetentionMs(), range.boundOffset());
            List<Segment> toClean =
                    sources.stream().filter(each -> each.baseOffset() < end).toList();
            cleanGroups(cleaner, toClean, sources);
            return new CleaningReport(
                    range.firstDirtyOffset(),
                    end,
                    range.boundOffset(),
                    done.bytesMapped(),
                    done.bytesRead(),
                    done.bytesWritten(),
                    cleaner.recordsRead(),
                    cleaner.recordsKept(),
                    cleaner.recordsWithoutKey(),
                    toClean.size(),
                    segmentsAfter,
                    cleaner.mapUse(),
                    log.runtime.clock().nanos() - startNs);
        }

        private List<Segment> pinSources() {
            for (Segment segment : log.segments.all()) {
                if (segment.baseOffset() < range.boundOffset()) {
                    if (!segment.pin()) {
                        throw new CleaningAbortedException("a segment has gone");
                    }
                    pinned.add(segment);
                }
            }
            checkGoesOn();
            return List.copyOf(pinned);
        }

        /**
         * An older record must not go before the newer one is on the disk that replaces it: after a power cut both would be missing. Nor
         * before the marker is that has decided the newer one's transaction, nor the header of a producer's batch before its newest one:
         * both may stand anywhere up to the log end.
         */
        private void makeDurable() {
            long endOffset;
            log.lock.lock();
            try {
                endOffset = log.offsets.end();
                lastRecords = newestOfProducers();
            } finally {
                log.lock.unlock();
            }
            if (log.offsets.flushed() < endOffset) {
                // What is below the recovery point is not scanned after a kill: it must end where its batches do.
                pinned.forEach(Segment::seal);
                flusher.flushTo(endOffset);
            }
        }

        private Map<Long, LastRecord> newestOfProducers() {
            Map<Long, LastRecord> last = new HashMap<>();
            for (ProducerEntry entry : log.producers.producers()) {
                last.put(entry.producerId(), new LastRecord(entry.lastDataOffset(), entry.epoch()));
            }
            return last;
        }

        private void cleanGroups(SegmentCleaner cleaner, List<Segment> toClean, List<Segment> sources) {
            LogConfig config = log.config();
            List<List<Segment>> groups =
                    SegmentGroups.of(toClean, config.segmentBytes(), config.indexBytesMax(), range.boundOffset());
            int next = 0;
            for (List<Segment> group : groups) {
                next += group.size();
                long end = next < sources.size() ? sources.get(next).baseOffset() : range.boundOffset();
                boolean swapped = false;
                log.requireRoomForSegment();
                try {
                    cleaner.clean(log.context, LogState.limits(config), group, end);
                    checkGoesOn();
                    log.synced.cleaned(end);
                    swap(group);
                    swapped = true;
                } finally {
                    if (!swapped) {
                        discard(group.get(0).baseOffset());
                    }
                }
                segmentsAfter++;
            }
        }

        /** Not after a swap that failed half way: there a missing {@code .cleaned} would make what is left look whole. */
        private void discard(long baseOffset) {
            if (log.failure() != null) {
                return;
            }
            try {
                SegmentSwap.discard(log.directory, baseOffset, log.runtime.faults());
            } catch (StorageException e) {
                log.runtime.listener().backgroundFailure(log.directory, e);
            }
        }

        private void swap(List<Segment> group) {
            List<Path> cleaned = SegmentSwap.files(log.directory, group.get(0).baseOffset(), SegmentSwap.CLEANED);
            List<Path> removed;
            log.lock.lock();
            try {
                checkGoesOn();
                int at = indexOf(group);
                removed = replace(at, group, cleaned);
            } finally {
                log.lock.unlock();
            }
            try {
                StorageFile.forceDirectory(log.directory, log.runtime.faults());
            } catch (StorageException e) {
                throw log.fail(e);
            }
            FileRemoval.schedule(log.runtime, removed, log.config().fileDeleteDelayMs());
        }

        private int indexOf(List<Segment> group) {
            List<Segment> now = Arrays.asList(log.segments.all());
            int at = now.indexOf(group.get(0));
            boolean whole = at >= 0 && at + group.size() < now.size();
            if (!whole || !now.subList(at, at + group.size()).equals(group)) {
                throw new CleaningAbortedException("segments have gone meanwhile");
            }
            return at;
        }

        /** Steps 2 to 4 of {@link SegmentSwap}. From its first rename on there is no way back: a failure takes the log offline. */
        private List<Path> replace(int at, List<Segment> group, List<Path> cleaned) {
            List<Segment> gone = new ArrayList<>();
            try {
                SegmentSwap.rename(cleaned, SegmentSwap.CLEANED, SegmentSwap.SWAP, log.runtime.faults());
                List<Path> removed = new ArrayList<>();
                for (Segment old : group) {
                    // Readers find the old one, which our pin keeps open, until the list has the new one.
                    removed.addAll(old.delete());
                    gone.add(old);
                }
                SegmentSwap.rename(
                        SegmentSwap.renamed(cleaned, SegmentSwap.CLEANED, SegmentSwap.SWAP),
                        SegmentSwap.SWAP,
                        "",
                        log.runtime.faults());
                group.stream().skip(1).forEach(old -> log.producers.deleteSnapshot(old.baseOffset()));
                Segment replacement =
                        Segment.open(log.context, group.get(0).baseOffset(), LogState.limits(log.config()));
                replacement.adoptSealed();
                log.segments.replace(at, group.size(), replacement);
                return removed;
            } catch (StorageException e) {
                // They stay in the list, for readers; the log lets go of them a second time when it is closed.
                for (Segment each : gone) {
                    boolean pinnedAgain = each.pin();
                    assert pinnedAgain : each;
                }
                throw log.fail(e);
            }
        }

        void end() {
            pinned.forEach(Segment::unpin);
            pinned.clear();
        }

        @Override
        public void checkGoesOn() {
            check.run();
            if (!log.isWritable() || log.cuts() != range.cuts() || !log.config().compactPolicy()) {
                throw new CleaningAbortedException("the log was cut or closed, or is not compacted any more");
            }
        }

        @Override
        public List<AbortedTransaction> abortedTransactions(long from, long to) {
            return reader.abortedTransactions(from, to);
        }

        @Override
        public Map<Long, LastRecord> lastRecords() {
            return lastRecords;
        }
    }
}
