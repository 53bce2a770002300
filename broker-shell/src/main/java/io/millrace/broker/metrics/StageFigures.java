package io.millrace.broker.metrics;

import io.millrace.broker.stat.NodeTimes;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** Where the time of requests goes: a histogram for each stage of them, of all event loops together. Stateless. */
final class StageFigures {
    private static final double NS_PER_S = 1e9;

    /** Upper ends of the buckets, seconds: 10 µs to 1 s. */
    private static final double[] BOUNDS = {
        1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1
    };

    private StageFigures() {}

    static MetricSnapshot collect(NodeTimes times) {
        HistogramSnapshot.Builder stages = HistogramSnapshot.builder()
                .name("millrace_request_stage_seconds")
                .help("Stages of requests: queue, check, append, sync, replicate, respond; whole produce, fetch and"
                        + " other requests; turns of the event loops.");
        times.stages()
                .forEach((stage, histogram) -> stages.dataPoint(HistogramDataPointSnapshot.builder()
                        .labels(Labels.of("stage", stage))
                        .classicHistogramBuckets(buckets(histogram))
                        .sum(histogram.getMean() * histogram.getTotalCount() / NS_PER_S)
                        .build()));
        return stages.build();
    }

    private static ClassicHistogramBuckets buckets(Histogram histogram) {
        List<Double> ends = new ArrayList<>();
        List<Long> counts = new ArrayList<>();
        long before = 0;
        for (double bound : BOUNDS) {
            long upTo = histogram.getCountBetweenValues(0, (long) (bound * NS_PER_S));
            ends.add(bound);
            counts.add(upTo - before);
            before = upTo;
        }
        ends.add(Double.POSITIVE_INFINITY);
        counts.add(histogram.getTotalCount() - before);
        return ClassicHistogramBuckets.of(ends, counts);
    }
}
