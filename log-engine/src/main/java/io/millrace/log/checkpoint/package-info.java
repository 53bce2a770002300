/**
 * The small files beside the segments: offset checkpoints, the marker of a clean stop, a partition's metadata, the directory lock.
 *
 * <p>In: a few lines. Out: the same after any crash, or the ones before: each file is written under another name, forced, renamed, and
 * its directory forced. Formats are Kafka's. Nothing here knows a log; the owner of a file serialises its writes.
 */
@NullMarked
package io.millrace.log.checkpoint;

import org.jspecify.annotations.NullMarked;
