/**
 * How the engine grows with the number of partitions in one process: what it holds, and how long it takes.
 *
 * <p>{@link io.millrace.perf.scale.PartitionScale} is the command for the engine; each of its steps runs in a JVM of its own
 * ({@link io.millrace.perf.scale.ScaleStep}), so that none finds what another has warmed up, and one can be killed.
 * {@link io.millrace.perf.scale.BrokerScale} is the command for a whole node. Figures flow one way: step, as lines on its standard output →
 * command → table and JSON.
 */
@NullMarked
package io.millrace.perf.scale;

import org.jspecify.annotations.NullMarked;
