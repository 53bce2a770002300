package io.millrace.perf.report;

import io.millrace.perf.load.Metric;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One scenario, run against one broker or two.
 *
 * @param name of the scenario
 * @param words what was done
 * @param sides one or two brokers
 */
public record ScenarioReport(String name, String words, List<Runs> sides) {
    public ScenarioReport {
        sides = List.copyOf(sides);
    }

    /** Every figure of either side, in order. */
    public List<Metric> metrics() {
        Set<Metric> all = new LinkedHashSet<>();
        sides.forEach(side -> all.addAll(side.metrics()));
        return new ArrayList<>(all);
    }

    /** Whether there is somebody to compare with. */
    public boolean compares() {
        return sides.size() == 2;
    }

    /** The first broker. */
    public Runs a() {
        return sides.get(0);
    }

    /** The second broker. */
    public Runs b() {
        return sides.get(1);
    }

    /** Median of the first over median of the second; not a number where either lacks the figure. */
    public double ratio(Metric metric) {
        return a().spread(metric).median() / b().spread(metric).median();
    }

    /** What can be said about a figure. */
    public Verdict verdict(Metric metric) {
        return compares() ? Verdict.of(metric, a().spread(metric), b().spread(metric)) : Verdict.NOT_JUDGED;
    }

    /** How noisy the run was, in one sentence. */
    public String noise() {
        List<Double> all = new ArrayList<>();
        String worst = "";
        double worstNoise = -1;
        for (Runs side : sides) {
            for (Metric metric : side.metrics()) {
                Spread spread = side.spread(metric);
                if (metric.better() != Metric.Better.NEITHER && spread.values().size() > 1) {
                    all.add(spread.noise());
                    if (spread.noise() > worstNoise) {
                        worstNoise = spread.noise();
                        worst = metric.name() + " of " + side.label();
                    }
                }
            }
        }
        return all.isEmpty()
                ? "One round: nothing is known about the noise."
                : "Rounds of the same broker lay " + percent(new Spread(all).median())
                        + " apart (median of all figures); the worst was " + worst + " with " + percent(worstNoise)
                        + ".";
    }

    private static String percent(double part) {
        return Math.round(part * 100) + " %";
    }
}
