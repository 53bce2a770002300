/**
 * The engine as a library: a directory of logs, an appender and tailers, for programs that know nothing of Kafka.
 *
 * <p>In flow bytes (a buffer, an array, or a claimed region that is filled in place) with an optional key, headers and timestamp; out flow
 * offsets, and records to tailers in the same process or in another one on the same host. What is written is record batch v2 in Kafka's
 * layout, so that a broker serves the directory afterwards.
 *
 * <p>A {@link io.millrace.library.LogStore} owns the directory's lock, its runtime (background agents) and its {@link
 * io.millrace.library.Log}s; an {@link io.millrace.library.Appender} is owned by one thread, and so is each {@link
 * io.millrace.library.Tailer}. A {@link io.millrace.library.ReadOnlyStore} takes no lock, has no threads and writes nothing.
 *
 * <p>No JVM flag is needed, nothing is printed, no network is used. {@code docs/library.md} is the way in.
 */
@NullMarked
package io.millrace.library;

import org.jspecify.annotations.NullMarked;
