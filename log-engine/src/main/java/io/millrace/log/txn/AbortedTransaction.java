package io.millrace.log.txn;

/**
 * A transaction that was aborted.
 *
 * @param producerId whose
 * @param firstOffset its first record
 * @param lastOffset its marker
 * @param lastStableOffset the last stable offset after the marker was appended: no transaction that ends later begins below it
 */
public record AbortedTransaction(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}
