/**
 * The real load path: the producer and consumer of {@code kafka-clients}, as users run them. A
 * {@link io.millrace.perf.load.LoadSpec} and a topic flow in, counts and latencies flow out through probes.
 *
 * <p>Each producer and each consumer has a thread of its own. A producer's probe is written by its sender thread, which calls back; a
 * consumer's by the thread that polls.
 */
@NullMarked
package io.millrace.perf.load.real;

import org.jspecify.annotations.NullMarked;
