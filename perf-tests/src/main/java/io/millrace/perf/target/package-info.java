/**
 * Brokers that are measured. What was asked for flows in (Millrace, Apache Kafka, the bare loop, a command, an address); a bootstrap
 * address, topics and the use of processor and memory by the broker's process flow out.
 *
 * <p>A process that was started here is owned by the run that started it, which stops it and removes its directory. A broker that
 * is only connected to is left as it is, but for the topics made on it, which are deleted.
 */
@NullMarked
package io.millrace.perf.target;

import org.jspecify.annotations.NullMarked;
