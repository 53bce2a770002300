package io.millrace.log;

import io.millrace.log.checkpoint.SyncedDirectories;
import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.segment.NextSegment;
import io.millrace.log.segment.PartitionListing;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentContext;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A log while it is being opened: what its directory holds and what is known about it, and the states that are brought into agreement with
 * its segments. {@link LogLoader} and {@link LogRecovery} work on it, on one thread, before anybody else knows the log.
 */
final class OpeningLog {
    final LogRuntime runtime;
    final LogConfig config;
    final OpenState openState;
    final SegmentContext context;
    final Path directory;
    final List<Segment> segments = new ArrayList<>();
    final ProducerStates producers;
    final LeaderEpochs epochs;
    final SyncedOffsetFile syncedFile;
    /** Below this offset everything has to be there. */
    final long synced;

    /** Empty until the log is whole. */
    final AtomicReference<@Nullable LogOffsets> published = new AtomicReference<>();

    PartitionListing listing;
    /** Where the log ends, as far as it has been read. */
    long endOffset;

    int rebuiltIndexes;
    private boolean epochsLost;

    OpeningLog(Path directory, LogConfig config, LogRuntime runtime, OpenState openState) {
        this.runtime = runtime;
        this.config = config;
        this.openState = openState;
        this.directory = directory;
        SyncedDirectories.create(directory, runtime.faults());
        Path dataDirectory = directory.toAbsolutePath().getParent();
        boolean mappable = runtime.isMappable(dataDirectory == null ? directory : dataDirectory);
        ReentrantLock writerLock = new ReentrantLock();
        context = new SegmentContext(
                directory,
                mappable,
                runtime.preparer(),
                writerLock,
                runtime.clock()::nanos,
                runtime.faults(),
                runtime.openSegments(),
                mappable ? nextSegment(directory, dataDirectory, writerLock, runtime) : null);
        listing = PartitionListing.of(directory);
        epochs = openEpochs();
        producers = ProducerStates.open(directory, listing.names(), config.producerIdExpirationMs(), runtime.faults());
        syncedFile = listing.has(SyncedOffsetFile.FILE_NAME)
                ? SyncedOffsetFile.open(directory, runtime.faults())
                : SyncedOffsetFile.absent(directory, runtime.faults());
        long remembered = openState.usedByOthers() ? 0 : syncedFile.point().offset();
        synced = Math.max(remembered, openState.recoveryPoint());
    }

    private static NextSegment nextSegment(
            Path directory, @Nullable Path dataDirectory, ReentrantLock writerLock, LogRuntime runtime) {
        Path disk = dataDirectory == null ? directory : dataDirectory;
        return new NextSegment(
                directory,
                runtime.preparer(),
                writerLock,
                runtime.clock()::nanos,
                runtime.faults(),
                () -> runtime.freeSpaceFloor().hasRoom(disk));
    }

    /** The latest epoch ends where the log does at the moment of the question, long after the opening. */
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

    void letGo() {
        segments.forEach(Segment::release);
    }

    Segment last() {
        return segments.get(segments.size() - 1);
    }

    // ---- what may be missing
    // -------------------------------------------------------------------------------------------------------

    /** Whether offsets may be missing within a segment: the cleaner was there, or the leader's, whose batches a follower takes over. */
    boolean mayHaveGaps(Segment segment) {
        return config.compactPolicy()
                || (segment != last() && openState.compacted())
                || (cleaningsKnown() && segment.baseOffset() < syncedFile.cleanedBelow());
    }

    /** Whether a segment may end before the next one begins: only where it has been cleaned. */
    boolean mayEndEarly(Segment segment, long nextBase) {
        return cleaningsKnown() ? nextBase <= syncedFile.cleanedBelow() : mayHaveGaps(segment);
    }

    /** False for a log of another program, which may have cleaned it anywhere. */
    private boolean cleaningsKnown() {
        return !openState.usedByOthers() && syncedFile.cleanedBelow() >= 0;
    }

    /**
     * After the opening it is known: what another program may have cleaned lies below the end. Of a compacted log it is on the disk before
     * anything is appended, also where whoever made the file was killed before it was forced: without it a hole would pass for a cleaning.
     */
    void rememberCleanings(boolean created) {
        boolean perhapsCleaned = !created && !cleaningsKnown() && (config.compactPolicy() || openState.compacted());
        try {
            syncedFile.cleanedAtMost(created ? 0 : endOffset); // the file may be that of a log that has gone
            if (created) {
                syncedFile.neverCleaned();
            }
            if (perhapsCleaned) {
                syncedFile.cleaned(endOffset);
            } else if (created && config.compactPolicy()) {
                syncedFile.cleaned(0);
            } else if (!openState.cleanShutdown() && config.compactPolicy()) {
                syncedFile.forceFound();
            }
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NO_SPACE) {
                throw e;
            }
        }
    }

    /** What was known to be on the disk is not there. The files stay as they are. */
    StorageException damage(Path file, long position, long offset, String what) {
        String at = offset < 0 ? "" : "offset " + offset + ": ";
        return StorageException.damaged(
                file,
                position,
                "log is damaged below offset " + synced + ", which was known to be on the disk: " + at + what);
    }

    // ---- states
    // --------------------------------------------------------------------------------------------------------------------

    /** Takes a segment as it is, after a look at its indexes. */
    void adoptSealed(Segment segment) {
        checkIndexes(segment);
        segment.adoptSealed();
    }

    void checkIndexes(Segment segment) {
        String problem = segment.indexProblem();
        if (problem != null) {
            segment.rebuildIndexes();
            rebuiltIndexes++;
            runtime.listener().indexRebuilt(directory, segment.baseOffset(), problem);
        }
    }

    /** Producer states, and epochs where their file was lost, from the batches below the end. */
    void replayAll(long logStart) {
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
}
