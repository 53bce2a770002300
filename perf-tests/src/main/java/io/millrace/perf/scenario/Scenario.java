package io.millrace.perf.scenario;

import io.millrace.perf.load.Lane;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Meter;
import io.millrace.perf.load.Topic;
import io.millrace.perf.load.lean.ClosedLoop;
import io.millrace.perf.load.lean.OpenLoop;
import io.millrace.perf.target.Cluster;
import java.util.List;

/**
 * A kind of load with its options, which can be run against any cluster. Immutable.
 *
 * @param kind what is done
 * @param spec how much of it
 */
public record Scenario(Kind kind, LoadSpec spec) {
    /** Makes a topic, runs the load on it, and returns what was measured; topics are left to the cluster's owner. */
    public Measurement run(Cluster cluster, Progress progress) throws LoadFailure {
        Topic topic = cluster.create(
                "perf-" + kind.command() + "-" + Long.toHexString(System.nanoTime()),
                spec.width().partitions());
        Meter meter = new Meter();
        return new Stopwatch(meter, List.of(producing(topic, meter.lane("produce"))), cluster.process(), progress)
                .measure(spec.timing());
    }

    private Load producing(Topic topic, Lane lane) {
        return spec.timing().openLoop()
                ? new OpenLoop(spec, topic, lane, false)
                : new ClosedLoop(spec, topic, lane, false);
    }
}
