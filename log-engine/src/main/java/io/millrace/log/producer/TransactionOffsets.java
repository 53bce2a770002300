package io.millrace.log.producer;

import java.util.Map;
import java.util.TreeMap;

/**
 * The transactions that hold the last stable offset back: those without a marker, and those whose marker the high watermark has not
 * passed yet. Owned by {@link ProducerStates}.
 */
final class TransactionOffsets {
    /** There is no such offset. */
    static final long NONE = Long.MAX_VALUE;

    /** First offset to producer id. */
    private final TreeMap<Long, Long> undecided = new TreeMap<>();
    /** First offset to the marker's offset. */
    private final TreeMap<Long, Long> unreplicated = new TreeMap<>();

    void begin(long firstOffset, long producerId) {
        undecided.put(firstOffset, producerId);
    }

    /** The last stable offset once the producer's open transaction has ended at {@code markerOffset}. */
    long lastStableOffsetAfter(long producerId, long markerOffset) {
        for (Map.Entry<Long, Long> transaction : undecided.entrySet()) {
            if (transaction.getValue() != producerId) {
                return transaction.getKey();
            }
        }
        return markerOffset + 1;
    }

    void complete(long firstOffset, long markerOffset) {
        if (undecided.remove(firstOffset) == null) {
            throw new IllegalStateException("no transaction is open at offset " + firstOffset);
        }
        unreplicated.put(firstOffset, markerOffset);
    }

    /** Forgets the decided transactions whose marker lies below {@code offset}. */
    void replicatedTo(long offset) {
        if (!unreplicated.isEmpty()) {
            unreplicated.values().removeIf(markerOffset -> markerOffset < offset);
        }
    }

    long firstUndecided() {
        return undecided.isEmpty() ? NONE : undecided.firstKey();
    }

    long firstUnstable() {
        return unreplicated.isEmpty() ? firstUndecided() : Math.min(firstUndecided(), unreplicated.firstKey());
    }

    boolean hasUnreplicated() {
        return !unreplicated.isEmpty();
    }

    void clear() {
        undecided.clear();
        unreplicated.clear();
    }
}
