package io.millrace.log;

import io.millrace.log.segment.Segment;
import java.util.Arrays;
import java.util.List;

/**
 * The segments of one log, ascending by base offset, the active one last. An immutable array behind one volatile: readers take it as it
 * is, the writer (under its lock) publishes another one. Never empty.
 */
final class LogSegments {
    private volatile Segment[] segments;

    LogSegments(List<Segment> segments) {
        this.segments = segments.toArray(Segment[]::new);
        segments.forEach(Segment::settle);
    }

    Segment[] all() {
        return segments;
    }

    Segment active() {
        Segment[] current = segments;
        return current[current.length - 1];
    }

    Segment first() {
        return segments[0];
    }

    int count() {
        return segments.length;
    }

    /** Index of the segment that an offset falls into: the last one that begins at or below it, 0 where none does. */
    static int floorIndex(Segment[] segments, long offset) {
        int last = segments.length - 1;
        if (segments[last].baseOffset() <= offset) {
            return last;
        }
        int low = 0;
        int high = last;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segments[middle].baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** Index of the first segment that begins at or above an offset, the number of segments where none does. */
    static int ceilingIndex(Segment[] segments, long offset) {
        int floor = floorIndex(segments, offset);
        return segments[floor].baseOffset() >= offset ? floor : floor + 1;
    }

    void add(Segment segment) {
        Segment[] current = segments;
        assert segment.baseOffset() > active().baseOffset() : segment;
        Segment[] next = Arrays.copyOf(current, current.length + 1);
        next[current.length] = segment;
        segments = next;
        segment.settle();
    }

    /** Keeps the segments from {@code from} (inclusive) to {@code to} (exclusive). */
    void keep(int from, int to) {
        segments = Arrays.copyOfRange(segments, from, to);
    }

    /** Puts one segment in the place of {@code count} from index {@code at} on; it has the base offset of the first of them. */
    void replace(int at, int count, Segment replacement) {
        Segment[] current = segments;
        assert current[at].baseOffset() == replacement.baseOffset() && at + count < current.length : replacement;
        Segment[] next = new Segment[current.length - count + 1];
        System.arraycopy(current, 0, next, 0, at);
        next[at] = replacement;
        System.arraycopy(current, at + count, next, at + 1, current.length - at - count);
        segments = next;
        replacement.settle();
    }

    void replaceAll(Segment only) {
        segments = new Segment[] {only};
        only.settle();
    }

    long sizeBytes() {
        long bytes = 0;
        for (Segment segment : segments) {
            bytes += segment.size();
        }
        return bytes;
    }
}
