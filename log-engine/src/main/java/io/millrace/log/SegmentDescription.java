package io.millrace.log;

/**
 * One segment of a log, as a listing tells it.
 *
 * @param baseOffset offset of its first record; its file's name
 * @param endOffset offset after its last record
 * @param bytes of its batches
 * @param timestampMs what retention by time looks at: the largest timestamp of its records, the file's time where none has one
 * @param reason why it would be deleted, in the words of {@link LogListener#segmentDeleted}; empty where it would not
 */
public record SegmentDescription(long baseOffset, long endOffset, long bytes, long timestampMs, String reason) {}
