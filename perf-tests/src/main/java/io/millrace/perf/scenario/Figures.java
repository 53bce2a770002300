package io.millrace.perf.scenario;

import io.millrace.perf.load.Interval;
import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Figures from what was counted and from what the processes used. Stateless. */
final class Figures {
    private static final double MB = 1 << 20;
    private static final double GB = 1e9;
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};

    private Figures() {}

    static Map<Metric, Double> of(List<LaneResult> lanes, Optional<Usage.Spent> broker, Usage.Spent load) {
        Map<Metric, Double> figures = new LinkedHashMap<>();
        for (LaneResult lane : lanes) {
            addCounts(figures, lane);
            addLatencies(figures, lane);
        }
        Interval.Counts all =
                lanes.stream().map(LaneResult::counts).reduce(new Interval.Counts(0, 0, 0), Interval.Counts::plus);
        broker.ifPresent(spent -> addSpent(figures, spent, all));
        figures.put(Metric.said("load's own processor", "cores"), load.processorSeconds() / load.wallSeconds());
        return figures;
    }

    private static void addCounts(Map<Metric, Double> figures, LaneResult lane) {
        double seconds = Math.max(1e-9, lane.seconds());
        Interval.Counts counts = lane.counts();
        figures.put(Metric.more(lane.name() + " requests", "1/s"), counts.requests() / seconds);
        if (counts.records() != counts.requests()) {
            figures.put(Metric.more(lane.name() + " records", "1/s"), counts.records() / seconds);
        }
        figures.put(Metric.more(lane.name() + " payload", "MB/s"), counts.bytes() / MB / seconds);
    }

    private static void addLatencies(Map<Metric, Double> figures, LaneResult lane) {
        if (lane.latencies().getTotalCount() == 0) {
            return;
        }
        for (double percentile : PERCENTILES) {
            String name = lane.name() + " p"
                    + (percentile % 1 == 0 ? Integer.toString((int) percentile) : Double.toString(percentile));
            figures.put(Metric.less(name, "ms"), lane.percentileMs(percentile));
        }
        figures.put(Metric.less(lane.name() + " worst", "ms"), lane.latencies().getMaxValue() / 1e6);
        figures.put(Metric.less(lane.name() + " longest stall", "ms"), lane.longestStallNs() / 1e6);
    }

    private static void addSpent(Map<Metric, Double> figures, Usage.Spent spent, Interval.Counts all) {
        figures.put(Metric.less("broker processor", "cores"), spent.processorSeconds() / spent.wallSeconds());
        if (all.requests() > 0) {
            figures.put(
                    Metric.less("broker processor per million requests", "s"),
                    spent.processorSeconds() * 1e6 / all.requests());
            figures.put(Metric.less("broker processor per GB", "s"), spent.processorSeconds() * GB / all.bytes());
        }
        figures.put(Metric.less("broker resident", "MiB"), spent.residentMb());
        figures.put(Metric.less("broker threads", ""), spent.threads());
    }
}
