/**
 * Offsets of partitions: where they begin and end, where a time or a leader epoch lies in them, from where on they are
 * kept; and the ids of idempotent producers. Reads the engine's logs by way of
 * {@link io.millrace.broker.partition.Partition}; whatever may walk a compressed batch or delete files runs on the
 * work pool.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.request.offsets;
