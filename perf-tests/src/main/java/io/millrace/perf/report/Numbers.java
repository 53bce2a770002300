package io.millrace.perf.report;

import java.util.Locale;

/** Numbers for people: three or four digits that count. Stateless. */
public final class Numbers {
    private Numbers() {}

    /** A value with as many decimals as its size deserves. */
    public static String of(double value) {
        double size = Math.abs(value);
        String format =
                size >= 1_000 ? "%,.0f" : size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.4f";
        return size == 0 ? "0" : String.format(Locale.ROOT, format, value);
    }

    /** A mark of an axis: no zeros behind. */
    static String axis(double value) {
        return value >= 1 && value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,d", (long) value)
                : Double.toString(Math.round(value * 1e6) / 1e6).replaceAll("\\.0$", "");
    }
}
