package io.millrace.perf.scenario;

import io.millrace.perf.load.Interval;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Metric;
import io.millrace.perf.target.ProcessView;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A broker that is left alone after its first record: what it holds and what it uses all the same. Used by one thread. */
final class Idle {
    private static final String TOPIC = "perf-idle";

    private final Bench bench;
    private final LoadSpec.Timing timing;

    Idle(Bench bench, LoadSpec spec) {
        this.bench = bench;
        this.timing = spec.timing();
    }

    Measurement measure() throws LoadFailure {
        FirstRecord.awaitMs(bench.broker(), bench.clientSettings(), TOPIC);
        ProcessView process = bench.broker()
                .process()
                .orElseThrow(() -> new LoadFailure("the broker's process is not on this machine"));
        leaveAlone("settling", timing.warmUp().toSeconds());
        Usage usage = Usage.begin(process).orElseThrow(() -> new LoadFailure("the broker's process is gone"));
        leaveAlone("idle", timing.measured().toSeconds());
        Usage.Spent spent = usage.end().orElseThrow(() -> new LoadFailure("the broker's process is gone"));
        Map<Metric, Double> figures = new LinkedHashMap<>();
        figures.put(Metric.less("idle resident", "MiB"), spent.residentMb());
        figures.put(Metric.less("idle threads", ""), spent.threads());
        figures.put(Metric.less("idle processor", "% of a core"), 100 * spent.processorSeconds() / spent.wallSeconds());
        return Measurement.ofFigures(figures);
    }

    private void leaveAlone(String phase, long seconds) throws LoadFailure {
        for (long second = 1; second <= seconds; second++) {
            try {
                TimeUnit.SECONDS.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LoadFailure("interrupted", e);
            }
            bench.progress().second(phase + " " + second + "/" + seconds + " s", List.of(), List.<Interval>of());
        }
    }
}
