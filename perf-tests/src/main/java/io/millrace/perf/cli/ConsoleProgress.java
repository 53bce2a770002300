package io.millrace.perf.cli;

import io.millrace.perf.load.Interval;
import io.millrace.perf.scenario.Progress;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Help.Ansi;

/** One line a second; on a terminal the line is written over. Used by the thread that measures. */
final class ConsoleProgress implements Progress {
    private static final int WIDTH = 118;

    private final PrintWriter out;
    private final String subject;
    private final boolean terminal = Ansi.AUTO.enabled();

    /** Progress of a subject: which broker, which round. */
    ConsoleProgress(PrintWriter out, String subject) {
        this.out = out;
        this.subject = subject;
    }

    @Override
    public void second(String phase, List<String> names, List<Interval> intervals) {
        StringBuilder line = new StringBuilder(subject + ": " + phase);
        for (int i = 0; i < intervals.size(); i++) {
            line.append(" | ").append(lane(names.get(i), intervals.get(i)));
        }
        if (terminal) {
            out.printf("\r%-" + WIDTH + "s", line);
        } else {
            out.println(line);
        }
        out.flush();
    }

    private static String lane(String name, Interval interval) {
        double seconds = interval.lengthSeconds();
        String rates = String.format(
                Locale.ROOT,
                "%s %,.0f/s %,.1f MB/s",
                name,
                interval.counts().requests() / seconds,
                interval.counts().bytes() / seconds / (1 << 20));
        return interval.latencies().getTotalCount() == 0
                ? rates
                : rates
                        + String.format(
                                Locale.ROOT,
                                " p50 %.2f p99 %.2f max %.2f ms",
                                interval.latencies().getValueAtPercentile(50) / 1e6,
                                interval.latencies().getValueAtPercentile(99) / 1e6,
                                interval.latencies().getMaxValue() / 1e6);
    }
}
