package io.millrace.perf.scenario;

import io.millrace.perf.load.Lane;
import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Meter;
import io.millrace.perf.load.Metric;
import io.millrace.perf.load.Topic;
import io.millrace.perf.target.Cluster;
import io.millrace.perf.target.ProcessView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Topics of 1, 10, 100 … partitions, on one broker: how long each takes to create, the rate at which every partition gets its first
 * request, the settled rate round them, and what they cost. Used by one thread.
 */
final class PartitionSeries {
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Bench bench;
    private final LoadSpec spec;
    private final Map<Metric, Double> figures = new LinkedHashMap<>();
    private final List<LaneResult> lanes = new ArrayList<>();

    PartitionSeries(Bench bench, LoadSpec spec) {
        this.bench = bench;
        this.spec = spec;
    }

    Measurement measure() throws LoadFailure {
        Optional<String> failure = Optional.empty();
        try (Cluster cluster = bench.connect()) {
            int most = spec.width().partitions();
            for (int count = 1; failure.isEmpty(); count = Math.min(most, count * 10)) {
                failure = step(cluster, count);
                if (count == most) {
                    break;
                }
            }
            if (!bench.broker().spec().started()) {
                cluster.deleteTopics();
            }
        }
        return new Measurement(lanes, figures, failure);
    }

    private Optional<String> step(Cluster cluster, int count) throws LoadFailure {
        String of = " of " + count;
        long startNs = System.nanoTime();
        Topic topic = Bench.topic(cluster, Kind.PARTITIONS, count);
        figures.put(Metric.less("creation" + of, "ms"), (System.nanoTime() - startNs) / 1e6);
        double seconds = touch(spec, cluster, topic);
        figures.put(Metric.more("first touch" + of, "1/s"), count / seconds);
        Meter meter = new Meter();
        Load load = new Loads(spec, cluster, topic).producing(meter.lane("round " + count), false);
        Measurement settled =
                new Stopwatch(meter, List.of(load), bench.broker().process(), bench.progress()).measure(spec.timing());
        settled.figures()
                .forEach((metric, value) ->
                        figures.put(new Metric(named(metric.name(), of), metric.unit(), metric.better()), value));
        lanes.addAll(settled.lanes());
        addDescriptors(of);
        return settled.failure();
    }

    private static String named(String name, String of) {
        return name.startsWith("round ") ? name : name + of;
    }

    private void addDescriptors(String of) throws LoadFailure {
        Optional<ProcessView> process = bench.broker().process();
        if (process.isPresent()) {
            try {
                figures.put(Metric.less("open files" + of, ""), process.get().openFiles());
            } catch (IOException e) {
                throw new LoadFailure("the broker's process cannot be seen: " + LoadFailure.lineOf(e), e);
            }
        }
    }

    /** Sends requests round the partitions until each has had one; returns the seconds that took. */
    static double touch(LoadSpec spec, Cluster cluster, Topic topic) throws LoadFailure {
        Lane lane = new Meter().lane("touch");
        long startNs = System.nanoTime();
        try (Load load = new Loads(spec, cluster, topic).producing(lane, false)) {
            load.start();
            while (lane.counted().requests() < topic.leaders().size()) {
                if (load.failure().isPresent()) {
                    throw new LoadFailure(load.failure().get());
                }
                LockSupport.parkNanos(LOOK_NS);
            }
            return (System.nanoTime() - startNs) / 1e9;
        }
    }
}
