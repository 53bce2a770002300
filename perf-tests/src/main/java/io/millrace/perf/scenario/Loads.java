package io.millrace.perf.scenario;

import io.millrace.perf.load.Lane;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadPath;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Meter;
import io.millrace.perf.load.ReadFrom;
import io.millrace.perf.load.Topic;
import io.millrace.perf.load.lean.ClosedLoop;
import io.millrace.perf.load.lean.LeanReaders;
import io.millrace.perf.load.lean.OpenLoop;
import io.millrace.perf.load.real.RealProducers;
import io.millrace.perf.load.real.RealReaders;
import io.millrace.perf.target.Cluster;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Loads by the path that was asked for, lean or real. Owned by one run. */
final class Loads {
    /** Records written before the readers of old ones start are in batches of about this size. */
    private static final int PRELOAD_BATCH_BYTES = 16 << 10;

    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private final LoadSpec spec;
    private final Cluster cluster;
    private final Topic topic;

    Loads(LoadSpec spec, Cluster cluster, Topic topic) {
        this.spec = spec;
        this.cluster = cluster;
        this.topic = topic;
    }

    Load producing(Lane lane, boolean stamped) {
        return spec.path() == LoadPath.REAL
                ? new RealProducers(spec, topic, cluster.settings(), lane)
                : spec.timing().openLoop()
                        ? new OpenLoop(spec, topic, lane, stamped)
                        : new ClosedLoop(spec, topic, lane, stamped);
    }

    Load reading(int count, ReadFrom from, Lane lane) {
        return spec.path() == LoadPath.REAL
                ? new RealReaders(topic, cluster.settings(), count, from, lane)
                : new LeanReaders(topic, count, from, lane);
    }

    /** Writes records for the readers of old ones. */
    void preload() throws LoadFailure {
        Map<String, String> options = new TreeMap<>(spec.options());
        options.remove("rate");
        int batch = Math.max(1, PRELOAD_BATCH_BYTES / spec.shape().recordBytes());
        options.put(
                "batch",
                Integer.toString(
                        spec.path() == LoadPath.REAL
                                ? 1
                                : Math.max(batch, spec.shape().batchRecords())));
        Lane lane = new Meter().lane("preload");
        long wanted = (long) spec.timing().preloadMb() << 20;
        try (Load load = new Loads(LoadSpec.of(options), cluster, topic).producing(lane, false)) {
            load.start();
            while (lane.counted().bytes() < wanted) {
                if (load.failure().isPresent()) {
                    throw new LoadFailure(
                            "while old records were written: " + load.failure().get());
                }
                LockSupport.parkNanos(LOOK_NS);
            }
        }
    }
}
