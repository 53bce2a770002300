/**
 * The partitions of this node: who leads, what may be read, and who waits for it.
 *
 * <p>In: leadership and configuration from the control plane, on its one ordered thread; appends and reads from the
 * request handlers, on any event loop. Out: the engine's logs, and wake-ups. Nothing here waits: whoever must (long
 * poll, acks=all, a coordinator) leaves a {@link io.millrace.broker.partition.ProgressListener} with the partition.
 *
 * <p>The {@link io.millrace.broker.partition.PartitionRegistry} owns the partitions; the logs belong to their
 * {@code LogDirectory}. Of Kafka this package knows {@code kafka-clients} only.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.partition;
