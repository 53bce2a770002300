package io.millrace.log.producer;

import static io.millrace.log.batch.RecordBatchDescriptor.NO_PRODUCER_EPOCH;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_SEQUENCE;
import static io.millrace.log.batch.RecordBatchDescriptor.NO_TIMESTAMP;

import io.millrace.log.batch.RecordBatchDescriptor;

/**
 * One producer: its epoch, its last batches of that epoch (five at most, a ring, the newest last), its open transaction.
 * Owned by {@link ProducerStates}.
 */
public final class ProducerEntry {
    /** So many batches of a producer can be in flight at once, hence repeated. */
    public static final int BATCHES_MAX = 5;

    static final long NO_OFFSET = -1L;
    static final int NO_COORDINATOR_EPOCH = -1;
    static final int NOT_FOUND = -1;

    private final long producerId;
    private final int[] lastSequences = new int[BATCHES_MAX];
    private final int[] offsetDeltas = new int[BATCHES_MAX];
    private final long[] lastOffsets = new long[BATCHES_MAX];
    private final long[] timestampsMs = new long[BATCHES_MAX];
    private int head;
    private int batchCount;

    private short epoch = NO_PRODUCER_EPOCH;
    private int coordinatorEpoch = NO_COORDINATOR_EPOCH;
    private long lastTimestampMs = NO_TIMESTAMP;
    private long transactionFirstOffset = NO_OFFSET;

    ProducerEntry(long producerId) {
        this.producerId = producerId;
    }

    /** Slot of the batch with exactly these sequences, or {@link #NOT_FOUND}. */
    int find(int baseSequence, int lastSequence) {
        for (int i = 0; i < batchCount; i++) {
            int slot = slot(i);
            if (lastSequences[slot] == lastSequence && firstSequence(slot) == baseSequence) {
                return slot;
            }
        }
        return NOT_FOUND;
    }

    private int slot(int age) {
        int slot = head + age;
        return slot < BATCHES_MAX ? slot : slot - BATCHES_MAX;
    }

    private int firstSequence(int slot) {
        return RecordBatchDescriptor.decrementSequence(lastSequences[slot], offsetDeltas[slot]);
    }

    long firstOffset(int slot) {
        return lastOffsets[slot] - offsetDeltas[slot];
    }

    long lastOffset(int slot) {
        return lastOffsets[slot];
    }

    long timestampMs(int slot) {
        return timestampsMs[slot];
    }

    void addBatch(short batchEpoch, int lastSequence, long lastOffset, int offsetDelta, long timestampMs) {
        enterEpoch(batchEpoch);
        if (batchCount == BATCHES_MAX) {
            head = slot(1);
            batchCount--;
        }
        int slot = slot(batchCount++);
        lastSequences[slot] = lastSequence;
        offsetDeltas[slot] = offsetDelta;
        lastOffsets[slot] = lastOffset;
        timestampsMs[slot] = timestampMs;
        lastTimestampMs = timestampMs;
    }

    private void enterEpoch(short newEpoch) {
        if (epoch != newEpoch) {
            epoch = newEpoch;
            batchCount = 0;
            head = 0;
        }
    }

    void beginTransaction(long firstOffset) {
        transactionFirstOffset = firstOffset;
    }

    void endTransaction(short markerEpoch, int markerCoordinatorEpoch, long timestampMs) {
        enterEpoch(markerEpoch);
        coordinatorEpoch = markerCoordinatorEpoch;
        transactionFirstOffset = NO_OFFSET;
        lastTimestampMs = timestampMs;
    }

    void restore(short storedEpoch, int storedCoordinatorEpoch, long storedTimestampMs, long storedFirstOffset) {
        epoch = storedEpoch;
        coordinatorEpoch = storedCoordinatorEpoch;
        lastTimestampMs = storedTimestampMs;
        transactionFirstOffset = storedFirstOffset < 0 ? NO_OFFSET : storedFirstOffset;
    }

    boolean isExpired(long nowMs, long expirationMs) {
        return transactionFirstOffset == NO_OFFSET && nowMs - lastTimestampMs >= expirationMs;
    }

    public long producerId() {
        return producerId;
    }

    /** Newest epoch, -1 before the first batch. */
    public short epoch() {
        return epoch;
    }

    /** Epoch of the transaction coordinator that wrote the last marker, -1 if none. */
    public int coordinatorEpoch() {
        return coordinatorEpoch;
    }

    /** Timestamp of the last batch or marker, milliseconds. */
    public long lastTimestampMs() {
        return lastTimestampMs;
    }

    /** First offset of the open transaction, -1 if none is open. */
    public long transactionFirstOffset() {
        return transactionFirstOffset;
    }

    /** How many batches are remembered. */
    public int batchCount() {
        return batchCount;
    }

    /** Last sequence of the newest batch, -1 if none is remembered. */
    public int lastSequence() {
        return batchCount == 0 ? NO_SEQUENCE : lastSequences[slot(batchCount - 1)];
    }

    /** Last offset of the newest batch, -1 if none is remembered. */
    public long lastDataOffset() {
        return batchCount == 0 ? NO_OFFSET : lastOffsets[slot(batchCount - 1)];
    }

    /** Last offset less first offset of the newest batch, 0 if none is remembered. */
    public int lastOffsetDelta() {
        return batchCount == 0 ? 0 : offsetDeltas[slot(batchCount - 1)];
    }
}
