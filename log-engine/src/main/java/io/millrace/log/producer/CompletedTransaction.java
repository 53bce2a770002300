package io.millrace.log.producer;

import io.millrace.log.txn.AbortedTransaction;

/**
 * A transaction that a marker has ended. It still holds the last stable offset back until
 * {@link ProducerStates#complete(CompletedTransaction)} and, after that, until the high watermark has passed the marker.
 *
 * @param producerId whose
 * @param firstOffset its first record
 * @param lastOffset its marker
 * @param aborted whether the marker aborts it
 * @param lastStableOffset the last stable offset that the marker brings about
 */
public record CompletedTransaction(
        long producerId, long firstOffset, long lastOffset, boolean aborted, long lastStableOffset) {
    /** The entry for the transaction index of the segment that holds the marker. */
    public AbortedTransaction toAborted() {
        return new AbortedTransaction(producerId, firstOffset, lastOffset, lastStableOffset);
    }
}
