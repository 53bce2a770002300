package io.millrace.perf.load;

import org.HdrHistogram.Histogram;

/**
 * About one second of a lane.
 *
 * @param startSeconds since the measurement began
 * @param lengthSeconds how long it was in truth
 * @param counts what was done in it
 * @param longestStallNs time without an answer that was owed
 * @param latencies of the answers that came in it, ns
 */
public record Interval(
        double startSeconds, double lengthSeconds, Counts counts, long longestStallNs, Histogram latencies) {
    /** Requests answered, records in them, bytes of keys and values. */
    public record Counts(long requests, long records, long bytes) {
        /** Both together. */
        public Counts plus(Counts other) {
            return new Counts(requests + other.requests, records + other.records, bytes + other.bytes);
        }
    }
}
