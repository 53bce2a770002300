package io.millrace.log;

import io.millrace.log.segment.Segment;
import java.util.ArrayList;
import java.util.List;

/**
 * Says what retention would delete, by the rules of {@link LogTrimmer}: time, then size, then the log start offset, each from the oldest
 * segment on, and nothing at or above the high watermark. Under the writer lock; changes nothing.
 */
final class RetentionForecast {
    private final LogState log;
    private final Segment[] segments;
    private final List<SegmentDescription> going = new ArrayList<>();

    RetentionForecast(LogState log) {
        this.log = log;
        segments = log.segments.all();
    }

    List<SegmentDescription> at(long nowMs) {
        if (log.config().deletePolicy()) {
            byTime(nowMs);
            bySize();
        }
        byLogStart();
        return List.copyOf(going);
    }

    private void byTime(long nowMs) {
        long retentionMs = log.config().retentionMs();
        while (retentionMs >= 0
                && mayGo(going.size())
                && nowMs - segments[going.size()].retentionTimestamp() > retentionMs) {
            add("retention time");
        }
    }

    private void bySize() {
        long retentionBytes = log.config().retentionBytes();
        long excess = -retentionBytes;
        for (int i = going.size(); i < segments.length; i++) {
            excess += segments[i].size();
        }
        while (retentionBytes >= 0 && mayGo(going.size()) && excess >= segments[going.size()].size()) {
            excess -= segments[going.size()].size();
            add("retention size");
        }
    }

    private void byLogStart() {
        while (going.size() + 1 < segments.length
                && segments[going.size() + 1].baseOffset() <= log.offsets.logStart()) {
            add("log start offset");
        }
    }

    private boolean mayGo(int index) {
        if (index >= segments.length) {
            return false;
        }
        boolean last = index == segments.length - 1;
        return endOf(index) <= log.offsets.highWatermark() && !(last && segments[index].size() == 0);
    }

    private long endOf(int index) {
        return index == segments.length - 1 ? log.offsets.end() : segments[index + 1].baseOffset();
    }

    private void add(String reason) {
        int index = going.size();
        Segment segment = segments[index];
        going.add(new SegmentDescription(
                segment.baseOffset(), endOf(index), segment.size(), segment.retentionTimestamp(), reason));
    }
}
