package io.millrace.perf.report;

import java.util.List;

/**
 * The values of one figure over rounds.
 *
 * @param values in the order of the rounds
 */
public record Spread(List<Double> values) {
    public Spread {
        values = List.copyOf(values);
    }

    /** Whether nothing was measured. */
    public boolean empty() {
        return values.isEmpty();
    }

    /** The smallest. */
    public double least() {
        return values.stream().mapToDouble(value -> value).min().orElse(Double.NaN);
    }

    /** The largest. */
    public double most() {
        return values.stream().mapToDouble(value -> value).max().orElse(Double.NaN);
    }

    /** The one in the middle, or between the two there. */
    public double median() {
        if (values.isEmpty()) {
            return Double.NaN;
        }
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** How far rounds of the same thing lay apart, in relation to their median. */
    public double noise() {
        return values.size() < 2 || median() == 0 ? 0 : (most() - least()) / Math.abs(median());
    }

    /** Median, and the smallest and largest where there are several. */
    public String text() {
        return empty()
                ? "–"
                : values.size() == 1
                        ? Numbers.of(median())
                        : Numbers.of(median()) + " (" + Numbers.of(least()) + " to " + Numbers.of(most()) + ")";
    }
}
