package io.millrace.log;

import io.millrace.log.segment.Segment;

/**
 * What of a log could be cleaned at one moment, by Kafka's rules: whole segments, never the active one, nothing that is not below the last
 * stable offset, nothing younger than {@code min.compaction.lag.ms}.
 *
 * @param firstDirtyOffset below it every key has been compared
 * @param boundOffset base offset of the first segment that must be left alone
 * @param cleanBytes bytes of the segments that begin below {@code firstDirtyOffset}
 * @param dirtyBytes bytes of the segments between
 * @param overdue some of it is older than {@code max.compaction.lag.ms}
 * @param cuts how often the log had been cut
 */
record CleanableRange(
        long firstDirtyOffset, long boundOffset, long cleanBytes, long dirtyBytes, boolean overdue, long cuts) {

    static CleanableRange of(LogState log, long cleanedTo, long nowMs) {
        long cuts = log.cuts();
        LogConfig config = log.config();
        long from = firstDirty(log, cleanedTo);
        Segment[] segments = log.segments.all();
        int dirty = LogSegments.floorIndex(segments, from);
        int active = segments.length - 1;
        long bound = Math.min(log.offsets.lastStable(), segments[active].baseOffset());
        if (config.minCompactionLagMs() > 0) {
            bound = Math.min(bound, firstYounger(segments, dirty, nowMs - config.minCompactionLagMs()));
        }
        int end = LogSegments.floorIndex(segments, Math.max(from, bound));
        return new CleanableRange(
                from,
                segments[end].baseOffset(),
                bytes(segments, 0, LogSegments.ceilingIndex(segments, from)),
                bytes(segments, dirty, end),
                isOverdue(segments, dirty, config, nowMs),
                cuts);
    }

    /** A checkpoint outside the log tells nothing: all is dirty. So is what was cut and appended anew. */
    private static long firstDirty(LogState log, long cleanedTo) {
        long start = log.offsets.logStart();
        boolean known = cleanedTo >= start && cleanedTo <= log.offsets.end();
        return Math.max(start, Math.min(known ? cleanedTo : start, log.lowestCut()));
    }

    private static long firstYounger(Segment[] segments, int from, long thanMs) {
        for (int i = from; i < segments.length - 1; i++) {
            if (segments[i].retentionTimestamp() > thanMs) {
                return segments[i].baseOffset();
            }
        }
        return Long.MAX_VALUE;
    }

    private static boolean isOverdue(Segment[] segments, int from, LogConfig config, long nowMs) {
        if (config.maxCompactionLagMs() == Long.MAX_VALUE) {
            return false;
        }
        for (int i = from; i < segments.length - 1; i++) {
            Segment segment = segments[i];
            if (segment.pin()) {
                long timestamp;
                try {
                    timestamp = segment.firstTimestamp();
                } finally {
                    segment.unpin();
                }
                if (timestamp > 0 && timestamp < nowMs - config.maxCompactionLagMs()) {
                    return true;
                }
            }
        }
        return false;
    }

    private static long bytes(Segment[] segments, int from, int to) {
        long bytes = 0;
        for (int i = from; i < to; i++) {
            bytes += segments[i].size();
        }
        return bytes;
    }

    /** Part of it that was never cleaned, 0 to 1. */
    double dirtyRatio() {
        long bytes = cleanBytes + dirtyBytes;
        return bytes == 0 ? 0 : (double) dirtyBytes / bytes;
    }

    /** Whether it is worth a cleaning. */
    boolean isDue(LogConfig config) {
        return dirtyBytes > 0 && (overdue || dirtyRatio() > config.minCleanableDirtyRatio());
    }
}
