package io.millrace.perf.report;

import io.millrace.perf.load.Metric;
import java.util.Locale;
import java.util.Map;

/** A report as one page that needs nothing else: what was found first, then plots, then every figure. Stateless. */
public final class HtmlReport {
    private static final String STYLE = """
            :root{color-scheme:light}
            body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;margin:0;background:#f4f5f7;color:#1d2429}
            main{max-width:1200px;margin:0 auto;padding:28px 24px 60px}
            h1{font-size:26px;margin:0 0 4px}h2{font-size:20px;margin:0}p{margin:4px 0 0}
            .sub{color:#5c6870}.card{background:#fff;border:1px solid #e1e4e8;border-radius:10px;padding:20px 22px;margin-top:20px}
            .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(460px,1fr));gap:14px;margin-top:14px}
            svg{width:100%;height:auto;display:block}svg .t{font-size:14px;font-weight:600;fill:#1d2429}
            svg .a{font-size:11.5px;fill:#68747c}svg .g{stroke:#e7eaed;stroke-width:1}
            table{border-collapse:collapse;width:100%;margin-top:14px;font-variant-numeric:tabular-nums}
            th{text-align:left;font-weight:600;color:#5c6870;font-size:13px;border-bottom:2px solid #e1e4e8;padding:5px 8px}
            td{border-bottom:1px solid #eef0f2;padding:5px 8px;vertical-align:middle}td.n{text-align:right;white-space:nowrap}
            th.n{text-align:right}small{color:#7b868d}
            .key{display:inline-block;width:12px;height:12px;border-radius:3px;margin:0 6px 0 14px;vertical-align:-1px}
            .bar{width:190px}.tiles{display:flex;flex-wrap:wrap;gap:12px;margin-top:14px}
            .tile{border:1px solid #e1e4e8;border-radius:8px;padding:10px 14px;min-width:150px}
            .tile b{display:block;font-size:24px;line-height:1.2}.tile span{color:#5c6870;font-size:13px}
            .fail{background:#fff1f0;border-color:#ffc9c4;border-radius:8px;padding:8px 12px;margin-top:12px}
            dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:12px 0 0}dt{color:#5c6870}dd{margin:0;word-break:break-word}
            """;

    private HtmlReport() {}

    /** The whole page. */
    public static String of(Report report) {
        StringBuilder page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width\"><title>")
                .append(Html.escape(report.title()))
                .append("</title><style>")
                .append(STYLE)
                .append("</style></head><body><main><h1>")
                .append(Html.escape(report.title()))
                .append("</h1><p class=\"sub\">")
                .append(Html.escape(String.join(" · ", report.environment().values())))
                .append("</p>");
        report.scenarios().forEach(scenario -> addScenario(page, scenario));
        if (!report.limits().isEmpty()) {
            page.append("<section class=\"card\"><h2>Limits of this machine, measured in the same run</h2>");
            addFacts(page, report.limits());
            page.append("</section>");
        }
        page.append("<section class=\"card\"><h2>How it was run</h2>");
        addFacts(page, report.environment());
        return page.append("</section></main></body></html>\n").toString();
    }

    private static void addFacts(StringBuilder page, Map<String, String> facts) {
        page.append("<dl>");
        facts.forEach((name, value) -> page.append("<dt>")
                .append(Html.escape(name))
                .append("</dt><dd>")
                .append(Html.escape(value))
                .append("</dd>"));
        page.append("</dl>");
    }

    private static void addScenario(StringBuilder page, ScenarioReport scenario) {
        page.append("<section class=\"card\"><h2>")
                .append(Html.escape(scenario.name()))
                .append("</h2><p class=\"sub\">")
                .append(Html.escape(scenario.words()));
        for (int i = 0; i < scenario.sides().size(); i++) {
            page.append("<span class=\"key\" style=\"background:")
                    .append(Plots.colour(i))
                    .append("\"></span>")
                    .append(Html.escape(scenario.sides().get(i).label()));
        }
        page.append("</p>");
        scenario.sides()
                .forEach(side -> side.failures()
                        .forEach(line -> page.append("<p class=\"fail\">")
                                .append(Html.escape(side.label() + ": " + line))
                                .append("</p>")));
        addTiles(page, scenario);
        page.append("<div class=\"plots\">");
        Plots.of(scenario)
                .forEach(plot -> page.append("<div>").append(plot.svg()).append("</div>"));
        page.append("</div>");
        addTable(page, scenario);
        page.append("<p class=\"sub\">").append(Html.escape(scenario.noise())).append("</p></section>");
    }

    /** The figures that people ask for first. */
    private static void addTiles(StringBuilder page, ScenarioReport scenario) {
        page.append("<div class=\"tiles\">");
        for (Metric metric : scenario.metrics()) {
            String name = metric.name();
            boolean first = name.endsWith(" requests")
                    || name.endsWith(" payload")
                    || name.endsWith(" p99")
                    || name.endsWith(" p99.9")
                    || name.endsWith("per million requests")
                    || name.startsWith("start ");
            if (!first) {
                continue;
            }
            String value = scenario.compares()
                    ? String.format(Locale.ROOT, "%.2f×", scenario.ratio(metric))
                    : Numbers.of(scenario.a().spread(metric).median()) + " <small>" + Html.escape(metric.unit())
                            + "</small>";
            String verdict = scenario.compares()
                    ? scenario.verdict(metric)
                            .words(
                                    scenario.a().label() + " better",
                                    scenario.b().label() + " better")
                    : "";
            page.append("<div class=\"tile\"><span>")
                    .append(Html.escape(name))
                    .append("</span><b>")
                    .append(value)
                    .append("</b><span>")
                    .append(Html.escape(verdict))
                    .append("</span></div>");
        }
        page.append("</div>");
    }

    private static void addTable(StringBuilder page, ScenarioReport scenario) {
        page.append("<table><tr><th>figure</th>");
        scenario.sides()
                .forEach(side -> page.append("<th class=\"n\">")
                        .append(Html.escape(side.label()))
                        .append("</th>"));
        page.append("<th>unit</th>");
        if (scenario.compares()) {
            page.append("<th class=\"n\">ratio</th><th></th><th>better</th>");
        }
        page.append("</tr>");
        for (Metric metric : scenario.metrics()) {
            page.append("<tr><td>").append(Html.escape(metric.name())).append("</td>");
            for (Runs side : scenario.sides()) {
                Spread spread = side.spread(metric);
                String several = spread.values().size() > 1
                        ? " <small>" + Numbers.of(spread.least()) + "–" + Numbers.of(spread.most()) + "</small>"
                        : "";
                page.append("<td class=\"n\">")
                        .append(spread.empty() ? "–" : Numbers.of(spread.median()) + several)
                        .append("</td>");
            }
            page.append("<td>").append(Html.escape(metric.unit())).append("</td>");
            if (scenario.compares()) {
                addRatio(page, scenario, metric);
            }
            page.append("</tr>");
        }
        page.append("</table>");
    }

    private static void addRatio(StringBuilder page, ScenarioReport scenario, Metric metric) {
        double ratio = scenario.ratio(metric);
        page.append("<td class=\"n\">")
                .append(Double.isFinite(ratio) ? String.format(Locale.ROOT, "%.2f", ratio) : "–")
                .append("</td><td class=\"bar\">")
                .append(Double.isFinite(ratio) && ratio > 0 ? bar(ratio, scenario.verdict(metric)) : "")
                .append("</td><td>")
                .append(Html.escape(scenario.verdict(metric)
                        .words(scenario.a().label(), scenario.b().label())))
                .append("</td>");
    }

    /** From the middle (the same) to the sides (32 times), on a logarithmic scale, in the colour of who is better. */
    private static String bar(double ratio, Verdict verdict) {
        double part = Math.max(-1, Math.min(1, Math.log(ratio) / Math.log(32)));
        String colour = verdict == Verdict.A_BETTER
                ? Plots.colour(0)
                : verdict == Verdict.B_BETTER ? Plots.colour(1) : "#b8c0c6";
        double x = part < 0 ? 95 + 93 * part : 95;
        return String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 190 12\"><line x1=\"95\" x2=\"95\" y1=\"0\" y2=\"12\" stroke=\"#9aa4ab\"/>"
                        + "<rect x=\"%.1f\" y=\"2\" width=\"%.1f\" height=\"8\" rx=\"2\" fill=\"%s\"/></svg>",
                x,
                Math.max(1, Math.abs(93 * part)),
                colour);
    }
}
