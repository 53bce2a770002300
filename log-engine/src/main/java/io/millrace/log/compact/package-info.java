/**
 * Compaction: of the records with one key only the last one stays.
 *
 * <p>In: the sealed segments of a log, pinned, and what the log knows of its transactions and producers. Out: for each group of
 * segments one that replaces it, written beside them under the name of a file that is not valid yet, then swapped in by Kafka's
 * protocol of file names ({@link io.millrace.log.compact.SegmentSwap}), of which {@link io.millrace.log.compact.SwapRecovery} finishes
 * or undoes the rest after a crash. Nothing here changes a log that is open: the log itself decides under its lock whether a
 * replacement still fits, and swaps.
 *
 * <p>Owned by the cleaner threads, one {@link io.millrace.log.compact.SegmentCleaner} each; they share the
 * {@link io.millrace.log.compact.IoThrottle}. Memory is bounded by {@link io.millrace.log.compact.CleanerSettings}.
 */
@NullMarked
package io.millrace.log.compact;

import org.jspecify.annotations.NullMarked;
