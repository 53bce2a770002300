package io.millrace.perf.scenario;

import io.millrace.perf.load.Interval;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Metric;
import io.millrace.perf.load.Topic;
import io.millrace.perf.target.Broker;
import io.millrace.perf.target.Cluster;
import io.millrace.perf.target.ProcessView;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Starts of a broker that this program owns: it finds the broker running on an almost empty directory, fills it with partitions of a
 * record each, and starts it again after a clean stop and after kill -9. Used by one thread.
 */
final class Startup {
    private static final String TOPIC = "perf-first";

    private final Bench bench;
    private final LoadSpec spec;
    private final Broker broker;
    private final Map<Metric, Double> figures = new LinkedHashMap<>();

    Startup(Bench bench, LoadSpec spec) {
        this.bench = bench;
        this.spec = spec;
        this.broker = bench.broker();
    }

    Measurement measure() throws LoadFailure {
        // The first start of the directory was the run's; this one finds no topic, only the metadata log.
        broker.stop();
        start("empty");
        int partitions = spec.width().partitions();
        if (partitions > 1) {
            fill(partitions);
        }
        broker.stop();
        start("after a clean stop");
        broker.kill();
        start("after kill -9");
        return Measurement.ofFigures(figures);
    }

    private void start(String when) throws LoadFailure {
        broker.start();
        figures.put(Metric.less("start " + when, "ms"), FirstRecord.awaitMs(broker, bench.clientSettings(), TOPIC));
        try {
            ProcessView process = broker.process().orElseThrow();
            figures.put(Metric.less("processor of the start " + when, "s"), process.processorSeconds());
            figures.put(Metric.less("resident then, " + when, "MiB"), process.residentMb());
        } catch (IOException e) {
            throw new LoadFailure("the broker's process cannot be seen: " + LoadFailure.lineOf(e), e);
        }
        bench.progress().second("started " + when, List.of(), List.<Interval>of());
    }

    private void fill(int partitions) throws LoadFailure {
        try (Cluster cluster = bench.connect()) {
            Topic topic = Bench.topic(cluster, Kind.STARTUP, partitions);
            PartitionSeries.touch(spec, cluster, topic);
        }
    }
}
