/**
 * The group coordinator on our own logs. Kafka's {@code GroupCoordinatorService} keeps the group state machines; this
 * package gives it the three things it asks of a broker: a writer that appends its records to the partitions of
 * {@code __consumer_offsets} ({@link io.millrace.broker.coordinator.LogPartitionWriter}), a loader that replays them
 * after an election ({@link io.millrace.broker.coordinator.LogCoordinatorLoader}), and the elections themselves
 * ({@link io.millrace.broker.coordinator.GroupCoordination}).
 *
 * <p>In: elections, resignations and metadata from the publisher of {@code io.millrace.broker.kraft}; group requests
 * from {@code io.millrace.broker.admin}. Out: record batches to {@code io.millrace.broker.partition}, futures to the
 * handlers. {@code GroupCoordination} is owned by the node; the coordinator's own threads run everything else. No event
 * loop ever waits here.
 */
@NullMarked
package io.millrace.broker.coordinator;

import org.jspecify.annotations.NullMarked;
