/**
 * The lean load path: requests encoded before the run, plain sockets, answers looked at where their error code is. A
 * {@link io.millrace.perf.load.LoadSpec} and a topic flow in, counts and latencies flow out through probes.
 *
 * <p>Kafka's message classes encode one request of each kind, once; per send only the correlation id, the partition and, where the send
 * time travels, that time and the checksum are written over. A closed loop is one thread over all connections
 * ({@link io.millrace.perf.load.lean.ClosedLoop}); an open loop is a thread that sends on time and another that takes answers
 * ({@link io.millrace.perf.load.lean.OpenLoop}). A connection is owned by the load that opened it.
 */
@NullMarked
package io.millrace.perf.load.lean;

import org.jspecify.annotations.NullMarked;
