package io.millrace.perf.load;

import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What was measured of a lane.
 *
 * @param name produce, read, cold read …
 * @param latencies ns; empty where the lane has none
 * @param intervals in their order
 */
public record LaneResult(String name, Histogram latencies, List<Interval> intervals) {
    public LaneResult {
        intervals = List.copyOf(intervals);
    }

    /** All that was done. */
    public Interval.Counts counts() {
        return intervals.stream().map(Interval::counts).reduce(new Interval.Counts(0, 0, 0), Interval.Counts::plus);
    }

    /** How long it was measured. */
    public double seconds() {
        return intervals.stream().mapToDouble(Interval::lengthSeconds).sum();
    }

    /** The longest time without an answer that was owed. */
    public long longestStallNs() {
        return intervals.stream().mapToLong(Interval::longestStallNs).max().orElse(0);
    }

    /**
     * A percentile in milliseconds.
     *
     * @throws IllegalStateException of an empty run, which has none
     */
    public double percentileMs(double percentile) {
        if (latencies.getTotalCount() == 0) {
            throw new IllegalStateException(name + ": a run without an answer has no percentiles");
        }
        return latencies.getValueAtPercentile(percentile) / 1e6;
    }
}
