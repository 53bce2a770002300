package io.millrace.perf;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The rounds of both servers as text: a Markdown table of medians and ratios, and JSON with every figure. Used by one thread. */
final class Report {
    private final Map<ServerKind, List<Map<Figure, Double>>> rounds = new EnumMap<>(ServerKind.class);
    private final Map<String, String> environment;

    /** A report under facts about machine, JDK and commit. */
    Report(Map<String, String> environment) {
        this.environment = environment;
        for (ServerKind kind : ServerKind.values()) {
            rounds.put(kind, new ArrayList<>());
        }
    }

    void add(ServerKind kind, Map<Figure, Double> figures) {
        of(kind).add(figures);
    }

    double median(ServerKind kind, Figure figure) {
        List<Double> sorted = values(kind, figure);
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** Millrace's median over Kafka's. */
    double ratio(Figure figure) {
        return median(ServerKind.MILLRACE, figure) / median(ServerKind.KAFKA, figure);
    }

    String markdown() {
        StringBuilder text = new StringBuilder();
        environment.forEach((name, value) ->
                text.append("- ").append(name).append(": ").append(value).append('\n'));
        text.append("\n| figure | unit | Millrace | Apache Kafka | ratio | better |\n|---|---|---|---|---|---|\n");
        for (Figure figure : Figure.values()) {
            text.append(row(figure));
        }
        return text.toString();
    }

    private String row(Figure figure) {
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %.2f | %s |%n",
                figure.words(),
                figure.unit(),
                spread(ServerKind.MILLRACE, figure),
                spread(ServerKind.KAFKA, figure),
                ratio(figure),
                figure.moreIsBetter() ? "more" : "less");
    }

    /** Median, and the smallest and largest of the rounds. */
    private String spread(ServerKind kind, Figure figure) {
        List<Double> sorted = values(kind, figure);
        return number(median(kind, figure)) + " (" + number(sorted.get(0)) + " to "
                + number(sorted.get(sorted.size() - 1)) + ")";
    }

    String json() {
        String facts = environment.entrySet().stream()
                .map(e -> quoted(e.getKey()) + ": " + quoted(e.getValue()))
                .collect(Collectors.joining(", "));
        String servers = rounds.keySet().stream().map(this::json).collect(Collectors.joining(",\n"));
        return "{\"environment\": {" + facts + "},\n" + servers + "}\n";
    }

    private String json(ServerKind kind) {
        List<String> figures = new ArrayList<>();
        for (Figure figure : Figure.values()) {
            List<Double> inOrder =
                    of(kind).stream().map(round -> value(round, figure)).toList();
            figures.add(quoted(figure.name()) + ": " + inOrder);
        }
        return quoted(kind.name()) + ": {" + String.join(", ", figures) + "}";
    }

    private List<Double> values(ServerKind kind, Figure figure) {
        return of(kind).stream().map(round -> value(round, figure)).sorted().toList();
    }

    private List<Map<Figure, Double>> of(ServerKind kind) {
        List<Map<Figure, Double>> list = rounds.get(kind);
        if (list == null) {
            throw new IllegalStateException("no rounds of " + kind);
        }
        return list;
    }

    private static double value(Map<Figure, Double> round, Figure figure) {
        Double value = round.get(figure);
        if (value == null) {
            throw new IllegalStateException(figure + " was not measured");
        }
        return value;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
