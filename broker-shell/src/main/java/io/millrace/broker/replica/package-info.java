/**
 * The follower side of replication: this node's replicas are kept equal to those of the brokers that lead.
 *
 * <p>In: which partitions are followed and whom, from the metadata thread; the leaders' answers, over one connection and one thread a
 * leader ({@code num.replica.fetchers}). Out: appends, truncations and high watermarks on
 * {@link io.millrace.broker.partition.Partition}, which refuses them once the metadata says something else.
 *
 * <p>The bytes of an answer are received into one direct buffer that a connection keeps, checked there, and copied once, into the mapped
 * segment. The transport is the client of {@code kafka-clients}: it costs a dozen short-lived objects an answer and a partition in it, none
 * a record or batch.
 *
 * <p>The node owns {@link io.millrace.broker.replica.ReplicaFetchers}; it closes it before the partitions and the logs.
 */
@NullMarked
package io.millrace.broker.replica;

import org.jspecify.annotations.NullMarked;
