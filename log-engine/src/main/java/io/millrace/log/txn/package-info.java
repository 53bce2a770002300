/**
 * The aborted transactions of a segment, {@code <base offset>.txnindex}: what a reader at read_committed must leave out.
 *
 * <p>In: a transaction when its abort marker is appended. Out: those that overlap a range of offsets. Written by the log's writer,
 * read by anybody.
 */
@NullMarked
package io.millrace.log.txn;

import org.jspecify.annotations.NullMarked;
