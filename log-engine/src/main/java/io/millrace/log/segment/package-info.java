/**
 * One segment of a log: the file of batches, its mapped tail, its indexes.
 *
 * <p>In flow checked batches with their offsets assigned; out flow positions in files, pinned while they are read. A
 * {@link io.millrace.log.segment.Segment} owns its files; its {@link io.millrace.log.segment.SegmentWriter} owns the
 * mapped tail, whose pages the {@link io.millrace.log.segment.PagePreparer} of the process makes ready ahead
 * of the cursor; {@link io.millrace.log.segment.NextSegment} has the files of the next segment made before the roll.
 * Everything that writes runs under the log's writer lock; readers hold a pin and take no lock.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.log.segment;
