package io.millrace.log;

import io.millrace.log.compact.CleaningStatus;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.producer.ProducerEntry;
import io.millrace.log.segment.Segment;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.mapped.CloseSteps;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The log of one partition: a sequence of records, addressed by offset, kept in segments in one directory.
 *
 * <p>One writer at a time (a lock inside), any number of readers without a lock. Offsets are never used again: the log start offset
 * only rises, and the log end offset falls only in {@link #truncateTo} and {@link #truncateFullyAndStartAt}, which a replica calls for
 * records that were never acknowledged.
 *
 * <p>What is durable when: a successful append is in the page cache and survives the end of the process; what is below
 * {@link #flushedOffset()} survives the loss of power. {@link #onFlushed} tells when an offset gets there.
 *
 * <p>A log that has failed ({@link #failure()}) takes no appends until it is opened again; it can still be read.
 */
public final class PartitionLog implements AutoCloseable {
    private final String topic;
    private final int partition;
    private final LogState log;
    private final RecoveredLog recovery;
    private final LogFlusher flusher;
    private final FlushGroup waiting;
    private final LogRoller roller;
    private final LogAppender appender;
    private final LogReader reader;
    private final ReadAhead readAhead;
    private final LogTrimmer trimmer;
    private final LogCompaction compaction;

    private PartitionLog(LogState log, RecoveredLog recovery) {
        this.log = log;
        this.recovery = recovery;
        String name = String.valueOf(log.directory.getFileName());
        int dash = name.lastIndexOf('-');
        topic = name.substring(0, dash);
        partition = Integer.parseInt(name, dash + 1, name.length(), 10);
        flusher = new LogFlusher(log);
        waiting = new FlushGroup(log, flusher);
        roller = new LogRoller(log, flusher, this::retainSize);
        appender = new LogAppender(log, roller, flusher);
        reader = new LogReader(log);
        readAhead = new ReadAhead(log);
        trimmer = new LogTrimmer(log, roller);
        compaction = new LogCompaction(log, reader, flusher);
    }

    /**
     * Opens or creates the log in a directory, and recovers it where it was not closed in order.
     *
     * @param directory named {@code <topic>-<partition>}
     * @param state what the data directory knows about it
     * @throws StorageException DAMAGED where records below the recovery point are not what was written
     */
    public static PartitionLog open(Path directory, LogConfig config, LogRuntime runtime, OpenState state) {
        requireName(directory);
        LogLoader loader = new LogLoader(directory, config, runtime, state);
        LogState log = loader.load();
        while (log == null) {
            loader = loader.again();
            log = loader.load();
        }
        return new PartitionLog(log, loader.report());
    }

    private static void requireName(Path directory) {
        String name = String.valueOf(directory.getFileName());
        int digits = name.length() - name.lastIndexOf('-') - 1;
        boolean numbered =
                digits > 0 && name.chars().skip(name.length() - digits).allMatch(Character::isDigit);
        if (digits >= name.length() - 1 || !numbered) {
            throw new IllegalArgumentException("not named <topic>-<partition>: " + directory);
        }
    }

    // ---- appending
    // -----------------------------------------------------------------------------------------------------------------

    /**
     * Appends what a leader accepts: offsets are assigned, densely from the log end offset on. All or nothing.
     *
     * @param batches from position to limit: one batch of a producer (bytes of an incomplete second one are dropped, as Kafka does),
     *     or several without producer ids. Heap or direct, never a file mapping. The header of each is changed in the buffer; no
     *     reference is kept
     * @param leaderEpoch of the leader that appends; entered into each batch
     * @param result filled; reset before
     */
    public AppendStatus appendAsLeader(ByteBuffer batches, int leaderEpoch, AppendOrigin origin, AppendResult result) {
        return appender.appendAsLeader(batches, leaderEpoch, origin, result);
    }

    /**
     * Appends what a leader has accepted, with the offsets and epochs it gave. An incomplete batch at the end is left out. Where the disk
     * fills up in the middle, whole batches before may have been appended: the log end offset tells.
     */
    public AppendStatus appendAsFollower(ByteBuffer batches, AppendResult result) {
        return appender.appendAsFollower(batches, result);
    }

    /** Bytes appended here by leaders since the log was opened. */
    public long appendedBytes() {
        return appender.appendedBytes.get();
    }

    /** Records appended here by leaders since the log was opened. */
    public long appendedRecords() {
        return appender.appendedRecords.get();
    }

    /**
     * Begins a leader epoch at the log end offset, when the replica becomes leader: others ask where an epoch begins before it has a
     * record. Nothing is written: see {@link LeaderEpochs}.
     */
    public void beginLeaderEpoch(int leaderEpoch) {
        log.lock.lock();
        try {
            log.requireWritable();
            failing(() -> {
                if (leaderEpoch > log.epochs.latestEpoch()) {
                    log.epochs.assign(leaderEpoch, log.offsets.end());
                }
                return true;
            });
        } finally {
            log.lock.unlock();
        }
    }

    /**
     * Appends of leaders before this epoch are refused with {@link AppendStatus#FENCED_EPOCH} from now on, also those that wait for the
     * writer lock: another node leads, and nothing of the old term may come after its records. A lower epoch changes nothing.
     */
    public void fenceLeadersBefore(int leaderEpoch) {
        log.lock.lock();
        try {
            log.leaderEpochMin = Math.max(log.leaderEpochMin, leaderEpoch);
        } finally {
            log.lock.unlock();
        }
    }

    // ---- reading
    // -------------------------------------------------------------------------------------------------------------------

    /**
     * The batches from the one on that contains {@code offset}, out of one segment.
     *
     * @param maxBytes size of the slice; the last batch may be cut off by it, a first batch that is larger makes the slice empty
     * @param boundOffset exclusive: high watermark or last stable offset; no batch that goes beyond it is in the slice
     * @param atLeastOneBatch the first batch is whole even where it is larger than {@code maxBytes}
     * @return to be closed; empty at the end or at the bound; null where the offset is below the log start or beyond the log end
     */
    public @Nullable LogSlice read(long offset, int maxBytes, long boundOffset, boolean atLeastOneBatch) {
        LogSlice slice = new LogSlice();
        return readInto(slice, offset, maxBytes, boundOffset, atLeastOneBatch) ? slice : null;
    }

    /**
     * The same into a slice of the caller, which is closed before and after each use: nothing is allocated.
     *
     * @return false, and the slice stays closed, where the offset is below the log start or beyond the log end
     */
    public boolean readInto(LogSlice slice, long offset, int maxBytes, long boundOffset, boolean atLeastOneBatch) {
        return reader.readInto(slice, offset, maxBytes, boundOffset, atLeastOneBatch);
    }

    /**
     * Whether a read of so many bytes from an offset on finds them in memory, as far as can be told without waiting. Of what was appended
     * in the last half minute it is assumed; of older bytes the page cache is asked, a few microseconds a MiB.
     *
     * @param nowNs {@link System#nanoTime()}
     */
    public boolean isInMemory(long offset, int bytes, long nowNs) {
        return readAhead.isInMemory(offset, bytes, nowNs);
    }

    /** Whether what stands from an offset on was appended in the last half minute or so; a comparison. */
    public boolean isRecent(long offset, long nowNs) {
        return readAhead.isRecent(offset, nowNs);
    }

    /**
     * Reads so many bytes from an offset on into the page cache, and waits for it. Does nothing where the log has no such offset.
     *
     * @return whether they follow what was loaded before, so that somebody is reading on
     */
    public boolean load(long offset, int bytes) {
        return readAhead.load(offset, bytes);
    }

    /** Reads into the page cache what comes behind that, of the same segment. */
    public void loadNext(long offset, int bytes) {
        readAhead.loadNext(offset, bytes);
    }

    /**
     * The first batch at or above the log start offset that has a record at or after a time: exactly that batch; the caller walks its
     * records, of which the first may be older or below the log start.
     */
    public @Nullable LogSlice firstBatchAtOrAfter(long timestampMs, long boundOffset) {
        return reader.firstBatchAtOrAfter(timestampMs, boundOffset);
    }

    /** The first batch that has the largest timestamp of the log; null where no batch has one. */
    public @Nullable LogSlice batchWithMaxTimestamp() {
        return reader.batchWithMaxTimestamp();
    }

    /** Aborted transactions with records between two offsets ({@code to} exclusive), for readers of committed records. */
    public List<AbortedTransaction> abortedTransactions(long from, long to) {
        return reader.abortedTransactions(from, to);
    }

    // ---- offsets
    // -------------------------------------------------------------------------------------------------------------------

    /** First offset a client may read. */
    public long logStartOffset() {
        return log.offsets.logStart();
    }

    /** The next offset to be assigned. */
    public long logEndOffset() {
        return log.offsets.end();
    }

    /** Exclusive bound of what consumers may read; the log start offset after opening, until somebody advances it. */
    public long highWatermark() {
        return log.offsets.highWatermark();
    }

    /** Exclusive bound of what readers of committed records may read. */
    public long lastStableOffset() {
        return log.offsets.lastStable();
    }

    /** Everything below is on the disk, or has been deleted. */
    public long flushedOffset() {
        return log.offsets.flushed();
    }

    /** Everything below is known to have been forced: from here on the log is scanned after a crash. At most the flushed offset. */
    public long recoveryPoint() {
        return log.synced.offset();
    }

    /** Raises the high watermark, at most to the log end offset. A lower one than now changes nothing. */
    public void advanceHighWatermark(long offset) {
        if (offset <= log.offsets.highWatermark()) {
            return;
        }
        log.lock.lock();
        try {
            raiseHighWatermark(offset);
        } finally {
            log.lock.unlock();
        }
    }

    /**
     * The same for who has appended and believes this replica to be alone.
     *
     * @return false where it is not, see {@link #replicated}: nothing was changed
     */
    public boolean advanceHighWatermarkAlone(long offset) {
        log.lock.lock();
        try {
            if (!log.replicated) {
                raiseHighWatermark(offset);
            }
            return !log.replicated;
        } finally {
            log.lock.unlock();
        }
    }

    private void raiseHighWatermark(long offset) {
        if (log.offsets.advanceHighWatermark(offset)) {
            log.producers.onHighWatermark(log.offsets.highWatermark());
            log.offsets.firstUnstableIs(log.producers.firstUnstableOffset());
        }
    }

    /** Whether other replicas have a say in how far the high watermark may go; not so in a log that was just opened. */
    public void replicated(boolean replicated) {
        log.lock.lock();
        try {
            log.replicated = replicated;
        } finally {
            log.lock.unlock();
        }
    }

    /**
     * Raises the log start offset (deleted records); the segments below go with the next {@link #applyRetention}. The high watermark
     * rises with it.
     *
     * @return false where the offset is not above the log start or is beyond the log end
     */
    public boolean advanceLogStartOffset(long offset) {
        log.lock.lock();
        try {
            log.requireWritable();
            return failing(() -> trimmer.advanceLogStartOffset(offset));
        } finally {
            log.lock.unlock();
        }
    }

    /** Where the log would end after {@link #truncateTo}. */
    long endIfCutAt(long offset) {
        log.lock.lock();
        try {
            return log.endIfCutAt(offset);
        } finally {
            log.lock.unlock();
        }
    }

    /** Whether {@link #truncateTo} would leave no segment, so that the log begins anew. */
    boolean isEmptiedByCutAt(long offset) {
        return offset < log.offsets.end() && offset <= log.segments.first().baseOffset();
    }

    /** Drops the records from {@code offset} on; a batch that contains it goes as a whole. */
    public void truncateTo(long offset) {
        log.lock.lock();
        try {
            log.requireWritable();
            failing(() -> {
                trimmer.truncateTo(offset);
                return true;
            });
        } finally {
            log.lock.unlock();
        }
    }

    /** Drops everything; the next record gets {@code offset}. */
    public void truncateFullyAndStartAt(long offset) {
        synchronized (log.removing) { // files that are still to be renamed may have the names of new ones
            log.lock.lock();
            try {
                log.requireWritable();
                failing(() -> {
                    trimmer.truncateFullyAndStartAt(offset);
                    return true;
                });
            } finally {
                log.lock.unlock();
            }
        }
    }

    // ---- housekeeping
    // --------------------------------------------------------------------------------------------------------------

    /** Deletes segments that are too old, too much, or below the log start; nothing at or above the high watermark. Returns how many. */
    public int applyRetention(long nowMs) {
        return retain(() -> trimmer.applyRetention(nowMs));
    }

    private int retain(IntSupplier retention) {
        synchronized (log.removing) {
            int[] deleted = new int[1];
            log.lock.lock();
            try {
                log.requireWritable();
                failing(() -> {
                    deleted[0] = retention.getAsInt();
                    return true;
                });
            } finally {
                log.lock.unlock();
            }
            failing(() -> {
                trimmer.removeExpired();
                return true;
            });
            return deleted[0];
        }
    }

    /** Housekeeper: a log at its size limit deletes as it rolls, and not minutes later. */
    private void retainSize() {
        try {
            retain(trimmer::deleteBeyondSize);
        } catch (StorageException e) {
            if (!log.isClosed()) {
                log.runtime.listener().backgroundFailure(log.directory, e);
            }
        }
    }

    /** What {@link #applyRetention} would delete now, oldest first; nothing is changed. */
    public List<SegmentDescription> previewRetention(long nowMs) {
        log.lock.lock();
        try {
            return new RetentionForecast(log).at(nowMs);
        } finally {
            log.lock.unlock();
        }
    }

    /** Begins a new segment where the active one is older than {@code segment.ms}, though nothing is appended. */
    public void rollIfDue(long nowMs) {
        if (!roller.isDue(nowMs)) {
            return; // most logs in most rounds of the housekeeping: nobody's lock is taken
        }
        log.lock.lock();
        try {
            log.requireWritable();
            failing(() -> roller.rollIfDue(nowMs));
        } finally {
            log.lock.unlock();
        }
    }

    /** Forgets producers that were silent for longer than {@code producer.id.expiration.ms}; returns how many. */
    public int expireProducers(long nowMs) {
        log.lock.lock();
        try {
            return log.producers.expire(nowMs);
        } finally {
            log.lock.unlock();
        }
    }

    /** A disk that is full fails the operation, any other error of it the log. */
    private boolean failing(BooleanSupplier operation) {
        try {
            return operation.getAsBoolean();
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NO_SPACE) {
                log.fail(e);
            }
            throw e;
        } catch (InternalError e) {
            throw log.fail(mappedAccess(e));
        }
    }

    /** A page of a mapping could not be had. On JDK 17 this may come from any line after the access. */
    private StorageException mappedAccess(InternalError e) {
        return new StorageException(StorageException.Kind.IO, "mapped access", log.directory, -1, e);
    }

    // ---- durability
    // ----------------------------------------------------------------------------------------------------------------

    /** Forces everything that was appended before the call, on the calling thread. Throws, and the log is offline, where that fails. */
    public void flush() {
        flusher.flush();
    }

    /**
     * Calls back when everything below {@code endOffset} is on the disk: at once, on this thread, where it is already, else on a sync
     * agent after one force that serves all who wait.
     */
    public void onFlushed(long endOffset, FlushCallback callback) {
        flusher.onFlushed(endOffset, callback);
    }

    /**
     * Waits until everything below {@code endOffset} is on the disk. Of the threads that wait one forces for all, itself.
     *
     * @return false after the timeout, which does not end a force that this thread has begun
     * @throws StorageException where it never will be there
     */
    public boolean awaitFlushed(long endOffset, long timeoutNs) throws InterruptedException {
        return waiting.await(endOffset, timeoutNs);
    }

    /** The same without an end; an interrupt is kept for later. */
    public void awaitFlushed(long endOffset) {
        waiting.await(endOffset);
    }

    /** Wall clock time of the last force, or of the opening: for {@code flush.ms}. */
    public long lastFlushMs() {
        return flusher.lastFlushMs();
    }

    // ---- facts
    // ---------------------------------------------------------------------------------------------------------------------

    /** Name of the topic. */
    public String topic() {
        return topic;
    }

    /** Number of the partition. */
    public int partition() {
        return partition;
    }

    /** The directory it was opened in. */
    public Path directory() {
        return log.directory;
    }

    /** The settings now. */
    public LogConfig config() {
        return log.config();
    }

    /** Takes other settings; segment and index sizes hold from the next segment on. */
    public void reconfigure(LogConfig config) {
        log.config(config);
    }

    /** Bytes of all segments. */
    public long sizeBytes() {
        return log.segments.sizeBytes();
    }

    /** Number of segments, at least one. */
    public int segmentCount() {
        return log.segments.count();
    }

    /** The leader epochs; read by anybody. */
    public LeaderEpochs epochs() {
        return log.epochs;
    }

    /** The producers that are known, a copy. */
    public List<ProducerView> activeProducers() {
        log.lock.lock();
        try {
            return log.producers.producers().stream().map(PartitionLog::view).toList();
        } finally {
            log.lock.unlock();
        }
    }

    private static ProducerView view(ProducerEntry entry) {
        return new ProducerView(
                entry.producerId(),
                entry.epoch(),
                entry.lastSequence(),
                entry.lastTimestampMs(),
                entry.coordinatorEpoch(),
                entry.transactionFirstOffset());
    }

    /** How the compaction of this log stands. */
    public CleaningStatus cleaning() {
        return compaction.status();
    }

    /** For the cleaner. */
    LogCompaction compaction() {
        return compaction;
    }

    /** For the scrubber. */
    LogState state() {
        return log;
    }

    /** All below an offset has been cleaned; false where the log has been cut since there were so many cuts. */
    boolean isCleaned(long cuts) {
        log.forgetCuts(cuts);
        return log.cuts() == cuts;
    }

    /** What opening it had to do. */
    public RecoveredLog recovery() {
        return recovery;
    }

    /** Why the log is offline, or null. */
    public @Nullable StorageException failure() {
        return log.failure();
    }

    /** Who is told when the log fails, on whichever thread, perhaps under its lock; at once where it has failed. */
    void onFailure(Consumer<StorageException> told) {
        log.onFailure(told);
    }

    /**
     * Looks whether the files are still those that the log has open, and as long as what was written to them. Where they are not, the
     * log goes offline: somebody else has cut, deleted or replaced one.
     */
    void checkFiles() {
        try {
            for (Segment segment : log.segments.all()) {
                segment.checkFile();
            }
        } catch (StorageException e) {
            if (!log.isClosed()) { // its directory is renamed when it is deleted
                log.fail(e);
            }
        }
    }

    /** Takes the log offline: its disk has failed elsewhere. Whoever waits for a force is told. */
    public void markFailed(StorageException cause) {
        log.fail(cause);
        flusher.request();
    }

    // ---- the end
    // -------------------------------------------------------------------------------------------------------------------

    /**
     * Closes in order: trims spare bytes, forces everything, writes the producer snapshot. After it the directory may be marked as
     * cleanly stopped. Slices that are open stay readable. A log that has failed is only let go. Calling it again does nothing.
     *
     * @throws StorageException where something of it could not be done, also where a disk that was torn away has taken pages of mappings
     *     with it; every file has been let go all the same
     */
    @Override
    public void close() {
        log.lock.lock();
        try {
            if (log.isClosed()) {
                return;
            }
            log.closed();
        } finally {
            log.lock.unlock();
        }
        compaction.awaitEnd();
        CloseSteps.run(directory(), this::finishIfSound, () -> release(log.failure() == null));
    }

    private void finishIfSound() {
        if (log.failure() == null) {
            finish();
        }
    }

    private void finish() {
        Segment active = log.segments.active();
        log.lock.lock();
        try {
            // Before the indexes are stored into: the error of a page that is gone may come while a file is being
            // opened.
            log.producers.takeSnapshot(true);
            active.endWriter();
        } finally {
            log.lock.unlock();
        }
        for (Segment segment : log.segments.all()) {
            segment.seal();
            segment.forceRest();
        }
        // Of a log that never had a record only the names of empty files could be lost, which the next open makes
        // again.
        if (log.offsets.end() > 0) {
            log.epochs.force(log.offsets.end());
            flusher.flush();
        }
    }

    /**
     * Lets go of a log whose directory is being deleted: nothing is forced or written any more; slices that are open stay readable. The
     * directory may have been renamed before.
     */
    public void abandon() {
        log.lock.lock();
        try {
            if (log.isClosed()) {
                return;
            }
            log.closed();
        } finally {
            log.lock.unlock();
        }
        compaction.awaitEnd();
        release(false);
    }

    /** {@code removes}: files that were made ready for the next segment go. */
    private void release(boolean removes) {
        CloseSteps.run(
                directory(),
                flusher::close,
                log.synced::close,
                () -> log.releaseNextSegment(removes),
                this::releaseSegments);
    }

    private void releaseSegments() {
        synchronized (log.removing) { // a retention that has begun comes to its end
            log.lock.lock();
            try {
                Segment[] all = log.segments.all();
                CloseSteps.run(
                        directory(),
                        Arrays.stream(all).map(each -> (Runnable) each::release).toArray(Runnable[]::new));
            } finally {
                log.lock.unlock();
            }
        }
    }

    @Override
    public String toString() {
        return "PartitionLog[" + log.directory + " " + log.offsets + "]";
    }
}
