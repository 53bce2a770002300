/**
 * The log of one partition, and what all logs of a process share.
 *
 * <p>In flow record batches (v2, as they are on the wire); out flow slices of segment files. A
 * {@code PartitionLog} owns its segments, indexes, producer states and leader epochs; a
 * {@code LogRuntime} owns the background agents; a directory of logs owns the logs in it.
 *
 * <p>Threads: one writer at a time for each log (its lock), any number of readers without a lock, and the
 * runtime's agents. No Kafka jar, no network and no output: what an operator must hear goes to a
 * {@link io.millrace.log.LogListener}.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.log;
