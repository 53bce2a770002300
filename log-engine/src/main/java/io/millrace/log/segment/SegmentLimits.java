package io.millrace.log.segment;

/**
 * How large a segment and its indexes grow.
 *
 * @param segmentBytes a segment rolls before it grows past this
 * @param indexIntervalBytes an index entry at least every so many bytes
 * @param indexBytesMax size of a full index
 */
public record SegmentLimits(int segmentBytes, int indexIntervalBytes, int indexBytesMax) {}
