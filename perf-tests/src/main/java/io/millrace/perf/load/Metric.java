package io.millrace.perf.load;

/**
 * What a figure is of, in what unit, and which way is better.
 *
 * @param name unique within a scenario, the same for every broker
 * @param unit of its values
 * @param better more, less, or neither: what only describes the run
 */
public record Metric(String name, String unit, Better better) {
    /** Which way is better. */
    public enum Better {
        MORE,
        LESS,
        NEITHER
    }

    /** More is better. */
    public static Metric more(String name, String unit) {
        return new Metric(name, unit, Better.MORE);
    }

    /** Less is better. */
    public static Metric less(String name, String unit) {
        return new Metric(name, unit, Better.LESS);
    }

    /** Only said, not judged. */
    public static Metric said(String name, String unit) {
        return new Metric(name, unit, Better.NEITHER);
    }
}
