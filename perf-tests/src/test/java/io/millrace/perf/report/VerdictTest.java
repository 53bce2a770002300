package io.millrace.perf.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.perf.load.Interval;
import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Metric;
import io.millrace.perf.load.Probe;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.Test;

/** What may be said about two brokers, and in what form. */
final class VerdictTest {
    private static final Metric RATE = Metric.more("produce requests", "1/s");
    private static final Metric P99 = Metric.less("produce p99", "ms");

    @Test
    void aWinnerIsNamedOnlyWhenAllRoundsLieApart() {
        assertEquals(Verdict.A_BETTER, Verdict.of(RATE, spread(20, 21, 22), spread(10, 11, 12)));
        assertEquals(Verdict.B_BETTER, Verdict.of(P99, spread(20, 21, 22), spread(10, 11, 12)));
        assertEquals(Verdict.WITHIN_NOISE, Verdict.of(RATE, spread(20, 21, 11), spread(10, 11, 12)));
        assertEquals(Verdict.WITHIN_NOISE, Verdict.of(RATE, spread(100, 100, 100), spread(99, 99, 99)));
        assertEquals(Verdict.TOO_FEW_ROUNDS, Verdict.of(RATE, spread(20, 21), spread(10, 11)));
        assertEquals(Verdict.NOT_JUDGED, Verdict.of(RATE, spread(20, 21, 22), spread()));
        assertEquals(Verdict.NOT_JUDGED, Verdict.of(Metric.said("kills", ""), spread(20, 21, 22), spread(1, 1, 1)));
    }

    @Test
    void theReportSaysRatiosNoiseAndFailures() throws Exception {
        Report report = report();
        String text = TextReport.of(report);
        assertTrue(text.contains("2.00"), text);
        assertTrue(text.contains("within the noise") || text.contains("One"), text);
        assertTrue(text.contains("Two failed: the broker closed the connection"), text);
        String json = JsonReport.of(report);
        assertTrue(json.contains("\"ratio\" : 2.0"), json);
        String page = HtmlReport.of(report);
        assertTrue(page.contains("<polyline") && page.contains("latency by percentile"), page);
        assertTrue(!page.contains("http"), "the page wants nothing from elsewhere");
    }

    @Test
    void theHistogramLogIsReadBack() {
        byte[] log = HistogramLog.of(report()).getBytes(StandardCharsets.UTF_8);
        HistogramLogReader reader = new HistogramLogReader(new ByteArrayInputStream(log));
        Histogram first = (Histogram) reader.nextIntervalHistogram();
        assertEquals(100, first.getTotalCount());
        assertEquals("x/One/1/produce", first.getTag());
    }

    private static Report report() {
        ScenarioReport scenario = new ScenarioReport("x", "words", List.of(runs("One", 2), runs("Two", 1)));
        return new Report("One & Two", Map.of("machine", "m"), Map.of("loopback", "1 GB/s"), List.of(scenario));
    }

    private static Runs runs(String label, int factor) {
        List<Measurement> rounds = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            Histogram latencies = new Histogram(Probe.HIGHEST_NS, Probe.DIGITS);
            for (int i = 1; i <= 100; i++) {
                latencies.recordValue(i * 10_000L);
            }
            Interval interval = Interval.of(0, 1, new Interval.Counts(100, 100, 1_000), 5, latencies);
            rounds.add(new Measurement(
                    List.of(new LaneResult("produce", latencies, List.of(interval))),
                    Map.of(RATE, factor * 10.0),
                    label.equals("Two") ? Optional.of("the broker closed the connection") : Optional.empty()));
        }
        return new Runs(label, rounds, Map.of());
    }

    private static Spread spread(double... values) {
        return new Spread(java.util.Arrays.stream(values).boxed().toList());
    }
}
