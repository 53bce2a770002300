package io.millrace.log.scrub;

/**
 * What a pass over a data directory has done.
 *
 * @param segments how many were read
 * @param bytes of them
 * @param damaged how many of them were not what was written
 * @param sumsAdded how many had no header sums and have been given them
 * @param startedMs wall clock time of its beginning, perhaps before this process was started
 * @param endedMs of its end
 */
public record ScrubReport(int segments, long bytes, int damaged, int sumsAdded, long startedMs, long endedMs) {}
