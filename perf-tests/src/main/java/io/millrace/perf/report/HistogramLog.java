package io.millrace.perf.report;

import io.millrace.perf.load.Interval;
import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.Measurement;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

/**
 * Latencies as HdrHistogram's own log, a line a second, in nanoseconds; each line is tagged scenario, broker, round and lane, so that
 * HistogramLogAnalyzer and the like can pick. Stateless.
 */
public final class HistogramLog {
    private static final double NS_PER_MS = 1e6;

    private HistogramLog() {}

    /** All intervals that have latencies. */
    public static String of(Report report) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream stream = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
            HistogramLogWriter writer = new HistogramLogWriter(stream);
            writer.outputComment("[perf-tests: latencies in ns, maxima in ms]");
            writer.outputLogFormatVersion();
            writer.outputLegend();
            for (ScenarioReport scenario : report.scenarios()) {
                for (Runs side : scenario.sides()) {
                    int number = 0;
                    for (Measurement round : side.rounds()) {
                        number++;
                        write(writer, scenario.name() + "/" + side.label() + "/" + number, round);
                    }
                }
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void write(HistogramLogWriter writer, String tag, Measurement round) {
        for (LaneResult lane : round.lanes()) {
            for (Interval interval : lane.intervals()) {
                if (interval.latencies().getTotalCount() > 0) {
                    Histogram tagged = interval.latencies().copy();
                    tagged.setTag((tag + "/" + lane.name()).replaceAll("[ ,\r\n]", "_"));
                    writer.outputIntervalHistogram(
                            interval.startSeconds(),
                            interval.startSeconds() + interval.lengthSeconds(),
                            tagged,
                            NS_PER_MS);
                }
            }
        }
    }
}
