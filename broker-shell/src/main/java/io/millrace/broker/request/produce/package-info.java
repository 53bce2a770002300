/**
 * Produce: record batches in, offsets out. A batch is a slice of the request's buffer; it is checked, appended by its
 * {@link io.millrace.broker.partition.Partition} on the event loop that read it, and acknowledged at once, or when the
 * high watermark or the disk has reached it. Only compressed batches that take long to inflate go to other threads,
 * and their connection waits for them, so that the order of a connection is kept.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.request.produce;
