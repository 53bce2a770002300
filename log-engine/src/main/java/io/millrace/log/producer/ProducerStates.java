package io.millrace.log.producer;

import static io.millrace.log.batch.RecordBatchDescriptor.NO_PRODUCER_EPOCH;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import io.millrace.log.batch.TransactionMarker;
import io.millrace.mapped.FileFaults;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The producers of one log. A batch with a producer id is checked before it is appended ({@link #check}) and made known after it was
 * ({@link #append}); what {@code check} accepted changes nothing until then. Neither allocates for a producer that is known.
 *
 * <p>Owned by the log's writer: every call under the log's lock. Semantics are those of Apache Kafka 4.3 without the verification of
 * a transaction's partitions by its coordinator.
 *
 * <p>Invariants: the state is that of the records below {@link #mapEndOffset()}; a producer with an open transaction never expires.
 */
public final class ProducerStates {
    /** No transaction holds the last stable offset back. */
    public static final long NO_OFFSET = TransactionOffsets.NONE;

    /** Transaction protocol since KIP-890: the coordinator raises the producer's epoch with each marker. */
    private static final int TRANSACTION_VERSION_2 = 2;

    private final ProducerSnapshotFiles snapshots;
    private final long expirationMs;
    private final Long2ObjectHashMap<ProducerEntry> producers = new Long2ObjectHashMap<>();
    private final TransactionOffsets transactions = new TransactionOffsets();
    private final RecordCursor cursor = new RecordCursor();

    private long mapEndOffset;
    private long lastSnapshotOffset;
    private long duplicateFirstOffset;
    private long duplicateLastOffset;
    private long duplicateTimestampMs;

    private ProducerStates(ProducerSnapshotFiles snapshots, long expirationMs) {
        this.snapshots = snapshots;
        this.expirationMs = expirationMs;
    }

    /**
     * The states of the log in {@code directory}, empty: call {@link #truncateAndReload} and {@link #append(ByteBuffer, int)} the
     * records from the offset that it returns.
     *
     * @param expirationMs {@code producer.id.expiration.ms}: a producer that was silent for so long is forgotten
     */
    public static ProducerStates open(Path directory, long expirationMs, FileFaults faults) {
        return open(directory, ProducerSnapshotFiles.names(directory), expirationMs, faults);
    }

    /** As the other one, where the names of the files in the directory are known already. */
    public static ProducerStates open(Path directory, Iterable<String> names, long expirationMs, FileFaults faults) {
        return new ProducerStates(ProducerSnapshotFiles.of(directory, names, faults), expirationMs);
    }

    /**
     * Whether a data batch of a producer may be appended by a leader. On {@link ProducerVerdict#DUPLICATE} the offsets that the batch
     * has are in {@link #duplicateFirstOffset()} and its companions until the next call.
     *
     * @param fromClient false for a coordinator's batches, which carry no sequences
     */
    public ProducerVerdict check(
            long producerId,
            short epoch,
            int baseSequence,
            int lastSequence,
            boolean transactional,
            boolean fromClient) {
        ProducerEntry entry = producers.get(producerId);
        if (entry == null) {
            return epoch < NO_PRODUCER_EPOCH ? ProducerVerdict.INVALID_PRODUCER_EPOCH : ProducerVerdict.ACCEPTED;
        }
        if (fromClient && epoch == entry.epoch() && isDuplicate(entry, baseSequence, lastSequence)) {
            return ProducerVerdict.DUPLICATE;
        }
        if (epoch < entry.epoch()) {
            return ProducerVerdict.INVALID_PRODUCER_EPOCH;
        }
        if (fromClient && !continues(entry, epoch, baseSequence)) {
            return ProducerVerdict.OUT_OF_ORDER_SEQUENCE;
        }
        boolean leavesTransaction = !transactional && entry.transactionFirstOffset() != ProducerEntry.NO_OFFSET;
        return leavesTransaction ? ProducerVerdict.INVALID_TXN_STATE : ProducerVerdict.ACCEPTED;
    }

    private boolean isDuplicate(ProducerEntry entry, int baseSequence, int lastSequence) {
        int slot = entry.find(baseSequence, lastSequence);
        if (slot == ProducerEntry.NOT_FOUND) {
            return false;
        }
        duplicateFirstOffset = entry.firstOffset(slot);
        duplicateLastOffset = entry.lastOffset(slot);
        duplicateTimestampMs = entry.timestampMs(slot);
        return true;
    }

    private static boolean continues(ProducerEntry entry, short epoch, int baseSequence) {
        if (entry.epoch() == NO_PRODUCER_EPOCH) {
            return true;
        }
        if (epoch != entry.epoch()) {
            return baseSequence == 0;
        }
        int last = entry.lastSequence();
        return baseSequence == last + 1L || (baseSequence == 0 && last == Integer.MAX_VALUE);
    }

    /** Makes a data batch known that has been appended. Opens the producer's transaction if it is the first of one. */
    public void append(
            long producerId,
            short epoch,
            int lastSequence,
            long firstOffset,
            long lastOffset,
            long timestampMs,
            boolean transactional) {
        ProducerEntry entry = entry(producerId);
        entry.addBatch(epoch, lastSequence, lastOffset, (int) (lastOffset - firstOffset), timestampMs);
        if (transactional && entry.transactionFirstOffset() == ProducerEntry.NO_OFFSET) {
            entry.beginTransaction(firstOffset);
            transactions.begin(firstOffset, producerId);
        }
    }

    private ProducerEntry entry(long producerId) {
        ProducerEntry entry = producers.get(producerId);
        if (entry == null) {
            entry = new ProducerEntry(producerId);
            producers.put(producerId, entry);
        }
        return entry;
    }

    /**
     * Whether a leader may append a marker that ends a transaction.
     *
     * @param transactionVersion of the request that brought it: from 2 on the marker's epoch must be above the producer's, unless it
     *     repeats the marker that ended the last transaction
     */
    public ProducerVerdict checkMarker(long producerId, short epoch, int coordinatorEpoch, int transactionVersion) {
        ProducerEntry entry = producers.get(producerId);
        if (entry == null) {
            return epoch < NO_PRODUCER_EPOCH ? ProducerVerdict.INVALID_PRODUCER_EPOCH : ProducerVerdict.ACCEPTED;
        }
        if (epoch < entry.epoch() || isLateMarker(entry, epoch, transactionVersion)) {
            return ProducerVerdict.INVALID_PRODUCER_EPOCH;
        }
        return entry.coordinatorEpoch() > coordinatorEpoch
                ? ProducerVerdict.COORDINATOR_FENCED
                : ProducerVerdict.ACCEPTED;
    }

    private static boolean isLateMarker(ProducerEntry entry, short epoch, int transactionVersion) {
        boolean repeated = entry.transactionFirstOffset() == ProducerEntry.NO_OFFSET || epoch == Short.MAX_VALUE;
        return transactionVersion >= TRANSACTION_VERSION_2 && epoch == entry.epoch() && !repeated;
    }

    /**
     * Makes a marker known that has been appended.
     *
     * @return the transaction it ends, or null where none was open; the caller enters it into the transaction index if it was aborted
     *     and then calls {@link #complete}
     */
    public @Nullable CompletedTransaction appendMarker(
            long producerId, short epoch, int coordinatorEpoch, boolean abort, long markerOffset, long timestampMs) {
        ProducerEntry entry = entry(producerId);
        long firstOffset = entry.transactionFirstOffset();
        entry.endTransaction(epoch, coordinatorEpoch, timestampMs);
        if (firstOffset == ProducerEntry.NO_OFFSET) {
            return null;
        }
        long lastStableOffset = transactions.lastStableOffsetAfter(producerId, markerOffset);
        return new CompletedTransaction(producerId, firstOffset, markerOffset, abort, lastStableOffset);
    }

    /** The transaction is decided; it holds the last stable offset back until the high watermark has passed its marker. */
    public void complete(CompletedTransaction transaction) {
        transactions.complete(transaction.firstOffset(), transaction.lastOffset());
    }

    /**
     * Makes a batch known by its bytes, data or marker, without any check: for followers and for recovery. A batch without a producer
     * id changes nothing. See {@link #appendMarker} for what is returned.
     */
    public @Nullable CompletedTransaction append(ByteBuffer buffer, int at) {
        if (!RecordBatchDescriptor.hasProducerId(buffer, at)) {
            return null;
        }
        if (RecordBatchDescriptor.isControl(buffer, at)) {
            return appendMarker(buffer, at);
        }
        append(
                RecordBatchDescriptor.producerId(buffer, at),
                RecordBatchDescriptor.producerEpoch(buffer, at),
                RecordBatchDescriptor.lastSequence(buffer, at),
                RecordBatchDescriptor.baseOffset(buffer, at),
                RecordBatchDescriptor.lastOffset(buffer, at),
                RecordBatchDescriptor.maxTimestamp(buffer, at),
                RecordBatchDescriptor.isTransactional(buffer, at));
        return null;
    }

    private @Nullable CompletedTransaction appendMarker(ByteBuffer buffer, int at) {
        cursor.wrap(buffer, at);
        // A control batch without records is what compaction leaves of one: the whole transaction is gone.
        if (!cursor.next() || !TransactionMarker.isMarker(buffer, cursor)) {
            cursor.release();
            return null;
        }
        boolean abort = TransactionMarker.type(buffer, cursor) == TransactionMarker.ABORT;
        int coordinatorEpoch = TransactionMarker.coordinatorEpoch(buffer, cursor);
        long timestampMs = cursor.timestamp();
        cursor.release();
        return appendMarker(
                RecordBatchDescriptor.producerId(buffer, at),
                RecordBatchDescriptor.producerEpoch(buffer, at),
                coordinatorEpoch,
                abort,
                RecordBatchDescriptor.baseOffset(buffer, at),
                timestampMs);
    }

    /** All records below {@code offset} are known now, whether producers with ids wrote them or not. */
    public void advanceTo(long offset) {
        mapEndOffset = offset;
    }

    /** Decided transactions whose marker lies below the high watermark hold nothing back any more. */
    public void onHighWatermark(long highWatermark) {
        transactions.replicatedTo(highWatermark);
    }

    /** First offset of the oldest transaction without a marker, {@link #NO_OFFSET} if there is none. */
    public long firstUndecidedOffset() {
        return transactions.firstUndecided();
    }

    /**
     * First offset of the oldest transaction that is undecided, or decided by a marker at or above the high watermark;
     * {@link #NO_OFFSET} if there is none. The last stable offset is the smaller of this and the high watermark.
     */
    public long firstUnstableOffset() {
        return transactions.firstUnstable();
    }

    /** Forgets producers that were silent for too long, and returns how many. */
    public int expire(long nowMs) {
        int before = producers.size();
        Iterator<ProducerEntry> entries = producers.values().iterator();
        while (entries.hasNext()) {
            if (entries.next().isExpired(nowMs, expirationMs)) {
                entries.remove();
            }
        }
        return before - producers.size();
    }

    /**
     * Brings the state to one that stands at or below {@code logEndOffset}: keeps it where it ends there, else loads the newest
     * snapshot in range. Snapshots outside {@code (logStartOffset, logEndOffset]} are deleted.
     *
     * @return {@link #mapEndOffset()}: the caller appends the batches from there to the log end offset
     */
    public long truncateAndReload(long logStartOffset, long logEndOffset, long nowMs) {
        for (long offset : new ArrayList<>(snapshots.offsets())) {
            if (offset > logEndOffset || offset <= logStartOffset) {
                snapshots.delete(offset);
            }
        }
        if (logEndOffset == mapEndOffset) {
            onLogStartOffset(logStartOffset);
        } else {
            forget();
            load(logStartOffset, nowMs);
        }
        return mapEndOffset;
    }

    private void forget() {
        producers.clear();
        transactions.clear();
    }

    private void load(long logStartOffset, long nowMs) {
        mapEndOffset = logStartOffset;
        lastSnapshotOffset = logStartOffset;
        while (!snapshots.offsets().isEmpty()) {
            long offset = snapshots.offsets().last();
            List<ProducerEntry> entries = snapshots.read(offset);
            if (entries != null) {
                entries.forEach(entry -> restore(entry, nowMs));
                mapEndOffset = offset;
                lastSnapshotOffset = offset;
                return;
            }
            snapshots.delete(offset);
        }
    }

    private void restore(ProducerEntry entry, long nowMs) {
        if (entry.isExpired(nowMs, expirationMs)) {
            return;
        }
        producers.put(entry.producerId(), entry);
        if (entry.transactionFirstOffset() != ProducerEntry.NO_OFFSET) {
            transactions.begin(entry.transactionFirstOffset(), entry.producerId());
        }
    }

    /** The records below {@code logStartOffset} are gone; the producers that wrote them are remembered until they expire. */
    public void onLogStartOffset(long logStartOffset) {
        transactions.replicatedTo(logStartOffset);
        mapEndOffset = Math.max(mapEndOffset, logStartOffset);
        lastSnapshotOffset = snapshots.offsets().isEmpty()
                ? logStartOffset
                : snapshots.offsets().last();
    }

    /** Forgets everything and deletes all snapshots: the log begins anew at {@code offset}. */
    public void truncateFullyAndStartAt(long offset) {
        forget();
        new ArrayList<>(snapshots.offsets()).forEach(snapshots::delete);
        lastSnapshotOffset = 0;
        mapEndOffset = offset;
    }

    /**
     * Writes the state to {@code <mapEndOffset>.snapshot} if records have come since the last one.
     *
     * @param sync forces the file; without it a crash may leave a damaged one, which loading passes over
     * @return the file, or null where none was needed
     */
    public @Nullable Path takeSnapshot(boolean sync) {
        if (mapEndOffset <= lastSnapshotOffset) {
            return null;
        }
        snapshots.write(mapEndOffset, producers.values(), sync);
        lastSnapshotOffset = mapEndOffset;
        return snapshots.path(mapEndOffset);
    }

    /** Deletes the snapshots below {@code offset}. */
    public void deleteSnapshotsBefore(long offset) {
        new ArrayList<>(snapshots.offsets().headSet(offset, false)).forEach(snapshots::delete);
    }

    /** Forgets the snapshot at exactly that offset; the caller removes its file, which the next open would do as well. Null without one. */
    public @Nullable Path releaseSnapshot(long offset) {
        return snapshots.release(offset);
    }

    /** Deletes the snapshot at exactly that offset, with the segment that begins there. */
    public void deleteSnapshot(long offset) {
        snapshots.delete(offset);
    }

    /**
     * Deletes snapshots that belong to no segment, but the newest if it lies above all segments' base offsets: that one was taken at
     * a clean stop.
     */
    public void removeStraySnapshots(Collection<Long> segmentBaseOffsets) {
        TreeSet<Long> stray = new TreeSet<>(snapshots.offsets());
        stray.removeAll(segmentBaseOffsets);
        long lastBase =
                segmentBaseOffsets.stream().mapToLong(Long::longValue).max().orElse(Long.MIN_VALUE);
        if (!stray.isEmpty() && stray.last() >= lastBase) {
            stray.pollLast();
        }
        stray.forEach(snapshots::delete);
    }

    /** Offset of the newest snapshot, -1 if there is none. */
    public long latestSnapshotOffset() {
        return snapshots.offsets().isEmpty() ? -1 : snapshots.offsets().last();
    }

    /** The state covers all records below this offset. */
    public long mapEndOffset() {
        return mapEndOffset;
    }

    /** First offset of the batch that {@link #check} found again. */
    public long duplicateFirstOffset() {
        return duplicateFirstOffset;
    }

    /** Last offset, inclusive, of the batch that {@link #check} found again. */
    public long duplicateLastOffset() {
        return duplicateLastOffset;
    }

    /** Largest timestamp of the batch that {@link #check} found again. */
    public long duplicateTimestampMs() {
        return duplicateTimestampMs;
    }

    /** Number of producers that are known. */
    public int size() {
        return producers.size();
    }

    /** What is known of a producer, or null. The entry changes with the log: read it under the log's lock. */
    public @Nullable ProducerEntry get(long producerId) {
        return producers.get(producerId);
    }

    /** All producers; read under the log's lock. */
    public Collection<ProducerEntry> producers() {
        return producers.values();
    }

    /** No producer is known and no decided transaction waits for the high watermark. */
    public boolean isEmpty() {
        return producers.isEmpty() && !transactions.hasUnreplicated();
    }
}
