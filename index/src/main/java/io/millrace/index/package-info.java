/**
 * The two sparse indexes of a segment, memory mapped, in Kafka's file format.
 *
 * <p>In flow, from the writer of a segment, one entry every {@code log.index.interval.bytes}; out flow, for any reader,
 * positions and offsets at which a scan of the segment may start. {@link io.millrace.index.OffsetIndex} takes an offset to
 * a byte position, {@link io.millrace.index.TimeIndex} a timestamp to an offset. A segment owns its two indexes.
 *
 * <p>One writer (under the log's writer lock), any number of readers, which take no lock and allocate nothing: the number
 * of entries is published with release after the entry's bytes, and read with acquire before them. A reader holds its
 * segment pinned, because closing an index unmaps it.
 *
 * <p>No checksum protects an index. After an unclean stop it is checked, and rebuilt from the segment if anything is off.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.index;
