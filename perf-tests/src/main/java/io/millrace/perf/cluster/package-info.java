/**
 * Clusters of several processes, of Millrace, of Apache Kafka, or of both. A number of nodes and a seed flow in; faults on a schedule, what
 * became of what was acknowledged, and how fast replicas are, flow out as JSON.
 *
 * <p>Every process and directory belongs to the {@link io.millrace.perf.cluster.LocalCluster} that made it, which removes them.
 */
@NullMarked
package io.millrace.perf.cluster;

import org.jspecify.annotations.NullMarked;
