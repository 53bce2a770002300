package io.millrace.perf.scenario;

import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadPath;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Meter;
import io.millrace.perf.load.ReadFrom;
import io.millrace.perf.load.Topic;
import io.millrace.perf.target.Cluster;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * A kind of load with its options, which can be run against any broker. Immutable.
 *
 * @param kind what is done
 * @param spec how much of it
 */
public record Scenario(Kind kind, LoadSpec spec) {
    private static final int STAMP_BYTES = 16;

    public Scenario {
        boolean timed = kind == Kind.END_TO_END || kind == Kind.FAN_OUT || kind == Kind.MIXED || kind == Kind.SOAK;
        if (timed && spec.shape().recordBytes() < STAMP_BYTES) {
            throw new IllegalArgumentException("--record-size=" + spec.shape().recordBytes()
                    + " has no room for the send time, which takes " + STAMP_BYTES + " bytes");
        }
        if (timed && spec.path() == LoadPath.LEAN && spec.shape().compression() != CompressionType.NONE) {
            throw new IllegalArgumentException("the lean path writes the send time into plain batches only:"
                    + " --compression wants --path=real here");
        }
        if (timed && spec.width().readers() < 1) {
            throw new IllegalArgumentException("--readers=0 leaves nobody to read in " + kind.command());
        }
        if (kind == Kind.SOAK && (spec.path() != LoadPath.REAL || !spec.timing().openLoop())) {
            throw new IllegalArgumentException(
                    "soak wants --path=real and a --rate: its clients have to outlive a broker's restart");
        }
    }

    /** Runs the load and returns what was measured. */
    public Measurement run(Bench bench) throws LoadFailure {
        return switch (kind) {
            case STARTUP -> new Startup(bench, spec).measure();
            case PARTITIONS -> new PartitionSeries(bench, spec).measure();
            case SOAK -> new Soak(bench, spec).measure();
            case IDLE -> new Idle(bench, spec).measure();
            case KAFKA_TOOLS -> new KafkaTools(bench, spec).measure();
            default -> runLoads(bench);
        };
    }

    private Measurement runLoads(Bench bench) throws LoadFailure {
        try (Cluster cluster = bench.connect()) {
            Topic topic = Bench.topic(cluster, kind, spec.width().partitions());
            Loads loads = new Loads(spec, cluster, topic);
            if (kind == Kind.CATCH_UP || kind == Kind.MIXED) {
                loads.preload();
            }
            Meter meter = new Meter();
            Measurement measurement = new Stopwatch(
                            meter, lanes(loads, meter), bench.broker().process(), bench.progress())
                    .measure(spec.timing());
            if (!bench.broker().spec().started() && measurement.failure().isEmpty()) {
                cluster.deleteTopics();
            }
            return measurement;
        }
    }

    /** Readers first: a reader of the tail is there before the first record. */
    private List<Load> lanes(Loads loads, Meter meter) {
        List<Load> all = new ArrayList<>();
        int readers = spec.width().readers();
        switch (kind) {
            case PRODUCE -> all.add(loads.producing(meter.lane("produce"), false));
            case CATCH_UP -> all.add(loads.reading(readers, ReadFrom.START, meter.lane("read")));
            case MIXED -> {
                all.add(loads.reading(readers, ReadFrom.TAIL, meter.lane("tail read")));
                all.add(loads.reading(1, ReadFrom.START, meter.lane("cold read")));
                all.add(loads.producing(meter.lane("produce"), true));
            }
            default -> {
                all.add(loads.reading(readers, ReadFrom.TAIL, meter.lane("read")));
                all.add(loads.producing(meter.lane("produce"), true));
            }
        }
        return all;
    }
}
