/**
 * Apache Kafka's control plane as a library: the Raft quorum, the controller, the metadata image.
 *
 * <p>In: the node's settings, requests of the controller listener, admin requests forwarded from the broker listener.
 * Out: calls to {@link io.millrace.broker.kraft.PartitionChanges} (what this broker leads, follows or no longer has), to
 * {@link io.millrace.broker.kraft.CoordinatorElections} and to {@link io.millrace.broker.kraft.ConfigChanges}; the
 * metadata cache that answers clients.
 *
 * <p>Owner: {@code io.millrace.broker.node.Node} starts and stops everything here. Kafka's internal classes carry no
 * compatibility promise, so only this package, {@code node}, {@code admin} and {@code coordinator} import them.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.kraft;
