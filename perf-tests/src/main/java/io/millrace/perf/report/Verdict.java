package io.millrace.perf.report;

import io.millrace.perf.load.Metric;

/** What rounds of two brokers allow to be said about a figure. */
public enum Verdict {
    /** Every round of the first is better than every round of the second. */
    A_BETTER,
    /** The other way round. */
    B_BETTER,
    /** Their rounds overlap, or lie closer than {@link #LEAST} together. */
    WITHIN_NOISE,
    /** Fewer than {@link #ROUNDS} rounds of either: nothing is known about the noise. */
    TOO_FEW_ROUNDS,
    /** The figure only describes the run, or one side lacks it. */
    NOT_JUDGED;

    /** With three rounds each, two brokers that are the same lie apart in one figure of ten by chance; with five, in one of 126. */
    public static final int ROUNDS = 3;

    private static final double LEAST = 0.02;

    /** The verdict on one figure. */
    public static Verdict of(Metric metric, Spread a, Spread b) {
        if (metric.better() == Metric.Better.NEITHER || a.empty() || b.empty()) {
            return NOT_JUDGED;
        }
        if (Math.min(a.values().size(), b.values().size()) < ROUNDS) {
            return TOO_FEW_ROUNDS;
        }
        boolean aLess = a.most() < b.least();
        boolean bLess = b.most() < a.least();
        if (!(aLess || bLess) || Math.abs(a.median() / b.median() - 1) < LEAST) {
            return WITHIN_NOISE;
        }
        return aLess == (metric.better() == Metric.Better.LESS) ? A_BETTER : B_BETTER;
    }

    /** In words, with the names of the two. */
    public String words(String a, String b) {
        return switch (this) {
            case A_BETTER -> a;
            case B_BETTER -> b;
            case WITHIN_NOISE -> "within the noise";
            case TOO_FEW_ROUNDS -> "too few rounds";
            case NOT_JUDGED -> "";
        };
    }
}
