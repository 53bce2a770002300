package io.millrace.perf.report;

import io.millrace.perf.load.Measurement;
import java.util.Locale;

/** One measurement as aligned lines of text. Stateless. */
public final class TextReport {
    private TextReport() {}

    /** Every figure, a line each. */
    public static String of(Measurement measurement) {
        StringBuilder text = new StringBuilder("\n");
        measurement
                .figures()
                .forEach((metric, value) -> text.append(String.format(
                        Locale.ROOT, "  %-40s %14s %s%n", metric.name(), Numbers.of(value), metric.unit())));
        return text.toString();
    }
}
