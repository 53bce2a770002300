package io.millrace.log;

/**
 * One log as DescribeLogDirs tells it.
 *
 * @param topic its topic
 * @param partition its partition
 * @param sizeBytes bytes of its segments
 * @param offsetLag how far a copy that is being moved between directories is behind; 0, as nothing is moved yet
 * @param isFuture whether it is such a copy
 */
public record LogDescription(String topic, int partition, long sizeBytes, long offsetLag, boolean isFuture) {}
