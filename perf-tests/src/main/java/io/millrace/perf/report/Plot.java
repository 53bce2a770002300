package io.millrace.perf.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line plot as self-contained SVG. The y axis may be logarithmic; x values are given ready in axis units with their tick labels.
 * Built and used by one thread.
 */
final class Plot {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 300;
    private static final int LEFT = 58;
    private static final int RIGHT = 26;
    private static final int TOP = 34;
    private static final int BOTTOM = 40;

    /** Points of one line. */
    record Line(String label, String colour, boolean thin, List<double[]> points) {}

    /** A mark on the x axis. */
    record Tick(double at, String label) {}

    private final String title;
    private final String yUnit;
    private final boolean logarithmic;
    private final List<Line> lines = new ArrayList<>();
    private final List<Tick> ticks = new ArrayList<>();

    Plot(String title, String yUnit, boolean logarithmic) {
        this.title = title;
        this.yUnit = yUnit;
        this.logarithmic = logarithmic;
    }

    void add(Line line) {
        if (!line.points().isEmpty()) {
            lines.add(line);
        }
    }

    void tick(double at, String label) {
        ticks.add(new Tick(at, label));
    }

    boolean empty() {
        return lines.isEmpty();
    }

    String svg() {
        double xMost = lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(point -> point[0])
                .max()
                .orElse(1);
        double least = lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(point -> point[1])
                .filter(y -> y > 0)
                .min()
                .orElse(0.1);
        double most = lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(point -> point[1])
                .max()
                .orElse(1);
        Axis y = logarithmic ? Axis.logarithmic(least, most) : Axis.linear(most);
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\"><text class=\"t\" x=\"%d\" y=\"18\">%s</text>",
                WIDTH,
                HEIGHT,
                Html.escape(title),
                LEFT - 44,
                Html.escape(title)));
        for (double mark : y.marks()) {
            double at = yPixel(y.part(mark));
            svg.append(String.format(
                    Locale.ROOT,
                    "<line class=\"g\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"a\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                    LEFT,
                    WIDTH - RIGHT,
                    at,
                    at,
                    LEFT - 6,
                    at + 4,
                    Numbers.axis(mark)));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"a\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
                WIDTH - RIGHT,
                18,
                Html.escape(yUnit)));
        for (Tick tick : ticks) {
            double at = xPixel(tick.at(), xMost);
            if (tick.at() <= xMost + 1e-9) {
                svg.append(String.format(
                        Locale.ROOT,
                        "<line class=\"g\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><text class=\"a\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                        at,
                        at,
                        TOP,
                        HEIGHT - BOTTOM,
                        at,
                        HEIGHT - BOTTOM + 18,
                        Html.escape(tick.label())));
            }
        }
        for (Line line : lines) {
            svg.append(path(line, y, xMost));
        }
        return svg.append("</svg>").toString();
    }

    private static String path(Line line, Axis y, double xMost) {
        StringBuilder points = new StringBuilder();
        for (double[] point : line.points()) {
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", xPixel(point[0], xMost), yPixel(y.part(point[1]))));
        }
        return String.format(
                Locale.ROOT,
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" %sstroke-linejoin=\"round\" points=\"%s\"><title>%s</title></polyline>",
                line.colour(),
                line.thin() ? "1" : "2.4",
                line.thin() ? "stroke-opacity=\"0.45\" " : "",
                points.toString().trim(),
                Html.escape(line.label()));
    }

    private static double xPixel(double value, double most) {
        return LEFT + (WIDTH - LEFT - RIGHT) * (most <= 0 ? 0.5 : value / most);
    }

    private static double yPixel(double part) {
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part);
    }

    /** A y axis: where values lie between its ends, and its marks. */
    private record Axis(boolean logarithmic, double low, double high, List<Double> marks) {
        static Axis logarithmic(double least, double most) {
            int from = (int) Math.floor(Math.log10(least));
            int to = Math.max(from + 1, (int) Math.ceil(Math.log10(most)));
            List<Double> marks = new ArrayList<>();
            for (int power = from; power <= to; power++) {
                marks.add(Math.pow(10, power));
            }
            return new Axis(true, from, to, marks);
        }

        static Axis linear(double most) {
            double step = Math.pow(10, Math.floor(Math.log10(Math.max(1e-9, most))));
            step = most / step < 2 ? step / 4 : most / step < 5 ? step / 2 : step;
            int count = (int) Math.ceil(most / step);
            List<Double> marks = new ArrayList<>();
            for (int i = 0; i <= count; i += Math.max(1, count / 5)) {
                marks.add(i * step);
            }
            return new Axis(false, 0, count * step, marks);
        }

        double part(double value) {
            double at = logarithmic ? Math.log10(Math.max(value, 1e-9)) : value;
            return Math.max(0, Math.min(1, (at - low) / (high - low)));
        }
    }
}
