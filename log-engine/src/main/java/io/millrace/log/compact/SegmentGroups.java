package io.millrace.log.compact;

import io.millrace.log.segment.Segment;
import java.util.ArrayList;
import java.util.List;

/** Puts neighbouring segments together that fit one, so that segments do not become smaller for ever. Stateless. */
public final class SegmentGroups {
    private SegmentGroups() {}

    /**
     * Groups segments, by Kafka's rules: together no more than a segment, no more than an index, and no offset further from the first
     * than an int holds.
     *
     * @param segments ascending
     * @param endOffset above the last offset of the last one
     */
    public static List<List<Segment>> of(
            List<Segment> segments, int segmentBytesMax, int indexBytesMax, long endOffset) {
        List<List<Segment>> groups = new ArrayList<>();
        for (int from = 0; from < segments.size(); ) {
            int to = from + 1;
            Sizes sizes = Sizes.NOTHING.plus(segments.get(from));
            while (to < segments.size()) {
                Sizes next = sizes.plus(segments.get(to));
                long last = (to + 1 < segments.size() ? segments.get(to + 1).baseOffset() : endOffset) - 1;
                boolean offsetsFit = segments.get(to).size() == 0
                        || last - segments.get(from).baseOffset() <= Integer.MAX_VALUE;
                if (!next.fit(segmentBytesMax, indexBytesMax) || !offsetsFit) {
                    break;
                }
                sizes = next;
                to++;
            }
            groups.add(List.copyOf(segments.subList(from, to)));
            from = to;
        }
        return groups;
    }

    private record Sizes(long log, long offsetIndex, long timeIndex) {
        static final Sizes NOTHING = new Sizes(0, 0, 0);

        Sizes plus(Segment segment) {
            return new Sizes(
                    log + segment.size(),
                    offsetIndex + segment.offsetIndexBytes(),
                    timeIndex + segment.timeIndexBytes());
        }

        boolean fit(int segmentBytesMax, int indexBytesMax) {
            return log <= segmentBytesMax && offsetIndex <= indexBytesMax && timeIndex <= indexBytesMax;
        }
    }
}
