package io.millrace.log;

import io.millrace.log.batch.RecordRules;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.segment.NextSegment;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentContext;
import io.millrace.log.segment.SegmentLimits;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of one log share: its segments and offsets, the states kept with them, the lock, and whether it has failed.
 *
 * <p>The lock guards everything that changes the log; producer states and epochs are written under it only. A failure is for good: no
 * later success clears it, the log is opened again instead.
 */
final class LogState {
    final Path directory;
    final LogRuntime runtime;
    final ReentrantLock lock;
    final SegmentContext context;
    final LogSegments segments;
    final LogOffsets offsets;
    final ProducerStates producers;
    final LeaderEpochs epochs;
    final SyncedRange synced;
    final RecycledFiles recycled;

    private volatile LogConfig config;
    private volatile RecordRules rules;
    private volatile @Nullable StorageException failure;
    private volatile Consumer<StorageException> onFailure = cause -> {};
    private volatile boolean closed;

    /** Held while files of expired segments are renamed, which is done without the lock; taken before the lock. */
    final Object removing = new Object();

    /** Leaders of earlier epochs append no more. Under the lock. */
    int leaderEpochMin;
    /** Replicas elsewhere decide how far the high watermark goes. Under the lock. */
    boolean replicated;

    /** A file was created or deleted since the directory was last forced. */
    volatile boolean directoryChanged;
    /** Counts the cuts: a force that began before one says nothing about what was appended after it. */
    private final AtomicLong cuts = new AtomicLong();

    private volatile long lowestCut = Long.MAX_VALUE;

    LogState(
            LogRuntime runtime,
            SegmentContext context,
            LogConfig config,
            LogSegments segments,
            LogOffsets offsets,
            ProducerStates producers,
            LeaderEpochs epochs,
            SyncedRange synced) {
        this.directory = context.directory();
        this.runtime = runtime;
        this.lock = context.writerLock();
        this.context = context;
        this.config = config;
        this.rules = rules(config);
        this.segments = segments;
        this.offsets = offsets;
        this.producers = producers;
        this.epochs = epochs;
        this.synced = synced;
        recycled = new RecycledFiles(directory, runtime.faults());
        NextSegment next = context.next();
        if (next != null) {
            next.unless(recycled::hasFile);
        }
    }

    long cuts() {
        return cuts.get();
    }

    /**
     * Before the log is cut at an offset; under the lock. A force that has begun says nothing from here on, and the file of the synced
     * offset does not promise what is about to go: the whole batch that contains the offset.
     */
    void countCut(long offset) {
        assert lock.isHeldByCurrentThread();
        cuts.incrementAndGet();
        lowestCut = Math.min(lowestCut, offset);
        synced.beginCut(endIfCutAt(offset));
    }

    /** Where the log would end that is cut at an offset: a batch that contains it goes as a whole. */
    long endIfCutAt(long offset) {
        Segment[] all = segments.all();
        Segment segment = all[LogSegments.floorIndex(all, offset)];
        return Math.min(offset, segment.batchStart(offset));
    }

    /** Where the log was cut lowest since {@link #forgetCuts}: what lies above was never cleaned. */
    long lowestCut() {
        return lowestCut;
    }

    /** All that is below the end has been cleaned after the last cut, of which there have been so many. */
    void forgetCuts(long counted) {
        lock.lock();
        try {
            if (cuts.get() == counted) {
                lowestCut = Long.MAX_VALUE;
            }
        } finally {
            lock.unlock();
        }
    }

    LogConfig config() {
        return config;
    }

    void config(LogConfig newConfig) {
        config = newConfig;
        rules = rules(newConfig);
    }

    /** What the topic asks of each record. */
    RecordRules rules() {
        return rules;
    }

    private static RecordRules rules(LogConfig config) {
        return new RecordRules(
                config.compactPolicy(),
                config.logAppendTime(),
                config.timestampBeforeMaxMs(),
                config.timestampAfterMaxMs());
    }

    static SegmentLimits limits(LogConfig config) {
        return new SegmentLimits(config.segmentBytes(), config.indexIntervalBytes(), config.indexBytesMax());
    }

    /** The directory that holds this log's, and others. */
    Path dataDirectory() {
        Path parent = directory.toAbsolutePath().getParent();
        return parent == null ? directory : parent;
    }

    /** Lets pass where the disk has room for another segment. */
    void requireRoomForSegment() {
        runtime.freeSpaceFloor().require(dataDirectory(), "new segment of " + directory.getFileName());
    }

    /** What was made ready for the next segment is let go; {@code removes}: its files, too. */
    void releaseNextSegment(boolean removes) {
        NextSegment next = context.next();
        if (next != null && removes) {
            next.close();
        } else if (next != null) {
            next.abandon();
        }
    }

    boolean hasRoomForSegment() {
        return runtime.freeSpaceFloor().hasRoom(dataDirectory());
    }

    /** Takes the log offline. The first failure stays; returns it. */
    StorageException fail(StorageException cause) {
        StorageException first;
        synchronized (this) {
            first = failure;
            if (first != null) {
                return first;
            }
            failure = cause;
        }
        runtime.listener().failed(directory, cause);
        onFailure.accept(cause);
        return cause;
    }

    /** Who is to be told when the log fails: on whichever thread, perhaps under the lock. Told at once where it has. */
    void onFailure(Consumer<StorageException> told) {
        onFailure = told;
        StorageException cause = failure;
        if (cause != null) {
            told.accept(cause);
        }
    }

    @Nullable
    StorageException failure() {
        return failure;
    }

    boolean isClosed() {
        return closed;
    }

    void closed() {
        closed = true;
    }

    boolean isWritable() {
        return failure == null && !closed;
    }

    /** For operations other than appends, which answer with a status: throws where the log is offline. */
    void requireWritable() {
        StorageException cause = failure;
        if (cause != null) {
            throw new StorageException(StorageException.Kind.CLOSED, "log is offline", directory, -1, cause);
        }
        if (closed) {
            throw new StorageException(StorageException.Kind.CLOSED, "log is closed", directory, -1, null);
        }
    }

    /** Throws where the log is closed: its segments may have been let go. A log that has failed can still be read. */
    void requireReadable() {
        if (closed) {
            throw new StorageException(StorageException.Kind.CLOSED, "log is closed", directory, -1, null);
        }
    }

    /** Publishes what was appended to the active segment: the last step, after which readers see it. */
    void publishEnd(long endOffset) {
        Segment active = segments.active();
        offsets.firstUnstableIs(producers.firstUnstableOffset());
        offsets.endsAt(endOffset, active.baseOffset(), active.size());
    }

    /** Deletes the files of a segment that has left the log, after the delay of the topic. Under the lock. */
    void deleteLater(Segment segment, String reason) {
        producers.deleteSnapshot(segment.baseOffset());
        delete(segment, reason);
    }

    /** The same without the snapshot; with or without the lock. Returns the renamed files, the log first. */
    List<Path> delete(Segment segment, String reason) {
        int bytes = segment.size();
        List<Path> files = segment.delete();
        directoryChanged = true;
        FileRemoval.schedule(runtime, files, config.fileDeleteDelayMs());
        runtime.listener().segmentDeleted(directory, segment.baseOffset(), bytes, reason);
        return files;
    }
}
