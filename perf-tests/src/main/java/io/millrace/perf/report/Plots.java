package io.millrace.perf.report;

import io.millrace.perf.load.Interval;
import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.Measurement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** The plots of a scenario: latency by percentile, and latency and rate over time. Stateless. */
final class Plots {
    private static final String[] COLOURS = {"#0b7a75", "#d9480f"};
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 99.999};
    private static final int POINTS = 240;

    private Plots() {}

    static String colour(int side) {
        return COLOURS[side % COLOURS.length];
    }

    static List<Plot> of(ScenarioReport scenario) {
        List<Plot> plots = new ArrayList<>();
        Set<String> lanes = new LinkedHashSet<>();
        scenario.sides().forEach(side -> lanes.addAll(side.lanes()));
        for (String lane : lanes) {
            plots.add(percentiles(scenario, lane));
            plots.add(overTime(
                    scenario,
                    lane,
                    lane + ": 99th percentile of each second",
                    "ms, over s",
                    true,
                    interval -> interval.latencies().getTotalCount() == 0
                            ? Double.NaN
                            : interval.latencies().getValueAtPercentile(99) / 1e6));
        }
        Set<String> all = new LinkedHashSet<>();
        scenario.sides()
                .forEach(side -> side.rounds().forEach(round -> round.lanes().forEach(lane -> all.add(lane.name()))));
        for (String lane : all) {
            plots.add(overTime(
                    scenario,
                    lane,
                    lane + ": rate",
                    "MB/s, over s",
                    false,
                    interval ->
                            interval.counts().bytes() / (double) (1 << 20) / Math.max(1e-9, interval.lengthSeconds())));
        }
        plots.removeIf(Plot::empty);
        return plots;
    }

    /** Latency over the share of requests, the axis stretched towards the slow end: each mark is a tenth of what is left. */
    private static Plot percentiles(ScenarioReport scenario, String lane) {
        Plot plot = new Plot(lane + ": latency by percentile", "ms", true);
        for (double percentile : PERCENTILES) {
            plot.tick(stretched(percentile), percentile % 1 == 0 ? (int) percentile + " %" : percentile + " %");
        }
        for (int i = 0; i < scenario.sides().size(); i++) {
            Runs side = scenario.sides().get(i);
            for (Measurement round : side.rounds()) {
                for (LaneResult result : round.lanes()) {
                    if (result.name().equals(lane) && side.rounds().size() > 1) {
                        plot.add(new Plot.Line(
                                side.label() + ", one round", colour(i), true, curve(result.latencies())));
                    }
                }
            }
            int index = i;
            side.latencies(lane)
                    .ifPresent(all -> plot.add(new Plot.Line(side.label(), colour(index), false, curve(all))));
        }
        return plot;
    }

    private static double stretched(double percentile) {
        return -Math.log10(1 - percentile / 100);
    }

    private static List<double[]> curve(Histogram latencies) {
        List<double[]> points = new ArrayList<>();
        if (latencies.getTotalCount() == 0) {
            return points;
        }
        double end = Math.min(5, Math.log10((double) latencies.getTotalCount()));
        for (int i = 0; i <= POINTS; i++) {
            double x = end * i / POINTS;
            double percentile = 100 * (1 - Math.pow(10, -x));
            points.add(new double[] {x, Math.max(1, latencies.getValueAtPercentile(percentile)) / 1e6});
        }
        return points;
    }

    private static Plot overTime(
            ScenarioReport scenario,
            String lane,
            String title,
            String unit,
            boolean logarithmic,
            ToDoubleFunction<Interval> y) {
        Plot plot = new Plot(title, unit, logarithmic);
        double most = 0;
        for (int i = 0; i < scenario.sides().size(); i++) {
            Runs side = scenario.sides().get(i);
            boolean thin = side.rounds().size() > 1;
            for (Measurement round : side.rounds()) {
                for (LaneResult result : round.lanes()) {
                    if (result.name().equals(lane)) {
                        List<double[]> points = points(result, y);
                        plot.add(new Plot.Line(side.label(), colour(i), thin, points));
                        most = Math.max(most, points.isEmpty() ? 0 : points.get(points.size() - 1)[0]);
                    }
                }
            }
        }
        double step = most <= 12 ? 2 : most <= 60 ? 10 : most <= 600 ? 60 : Math.ceil(most / 6 / 600) * 600;
        for (double at = 0; at <= most; at += step) {
            plot.tick(at, Numbers.axis(at));
        }
        return plot;
    }

    private static List<double[]> points(LaneResult lane, ToDoubleFunction<Interval> y) {
        List<double[]> points = new ArrayList<>();
        for (Interval interval : lane.intervals()) {
            double value = y.applyAsDouble(interval);
            if (!Double.isNaN(value)) {
                points.add(new double[] {interval.startSeconds() + interval.lengthSeconds(), value});
            }
        }
        return points;
    }
}
