package io.millrace.perf.report;

import io.millrace.perf.load.Metric;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A report as aligned lines of text. Stateless. */
public final class TextReport {
    private TextReport() {}

    /** Everything but the time lines. */
    public static String of(Report report) {
        StringBuilder text = new StringBuilder();
        addFacts(text, report.environment());
        if (!report.limits().isEmpty()) {
            text.append("\nlimits of this machine, in the same run\n");
            addFacts(text, report.limits());
        }
        for (ScenarioReport scenario : report.scenarios()) {
            text.append('\n')
                    .append(scenario.name())
                    .append(": ")
                    .append(scenario.words())
                    .append('\n');
            add(text, scenario);
        }
        return text.toString();
    }

    private static void addFacts(StringBuilder text, Map<String, String> facts) {
        facts.forEach((name, value) -> text.append(String.format(Locale.ROOT, "  %-40s %s%n", name, value)));
    }

    private static void add(StringBuilder text, ScenarioReport scenario) {
        if (scenario.compares()) {
            text.append(line("", "", scenario.a().label(), scenario.b().label(), "ratio", "better"));
        }
        for (Metric metric : scenario.metrics()) {
            text.append(row(scenario, metric));
        }
        text.append("  ").append(scenario.noise()).append('\n');
        for (Runs side : scenario.sides()) {
            List<String> failures = side.failures();
            failures.forEach(failure -> text.append("  ")
                    .append(side.label())
                    .append(" failed: ")
                    .append(failure)
                    .append('\n'));
        }
    }

    private static String row(ScenarioReport scenario, Metric metric) {
        String a = scenario.a().spread(metric).text();
        if (!scenario.compares()) {
            return String.format(Locale.ROOT, "  %-46s %-10s %s%n", metric.name(), metric.unit(), a);
        }
        double ratio = scenario.ratio(metric);
        return line(
                metric.name(),
                metric.unit(),
                a,
                scenario.b().spread(metric).text(),
                Double.isFinite(ratio) ? String.format(Locale.ROOT, "%.2f", ratio) : "–",
                scenario.verdict(metric)
                        .words(scenario.a().label(), scenario.b().label()));
    }

    private static String line(String name, String unit, String a, String b, String ratio, String better) {
        return String.format(Locale.ROOT, "  %-46s %-8s %-32s %-32s %6s  %s%n", name, unit, a, b, ratio, better)
                        .stripTrailing()
                + "\n";
    }
}
