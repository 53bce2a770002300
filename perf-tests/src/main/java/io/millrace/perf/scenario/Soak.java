package io.millrace.perf.scenario;

import io.millrace.perf.load.Failures;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Meter;
import io.millrace.perf.load.Metric;
import io.millrace.perf.load.ReadFrom;
import io.millrace.perf.load.Topic;
import io.millrace.perf.load.Worker;
import io.millrace.perf.load.real.RealProducers;
import io.millrace.perf.load.real.RealReaders;
import io.millrace.perf.target.Broker;
import io.millrace.perf.target.Cluster;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Users at a steady rate for a long time, while their broker is killed, restarted and held up on a schedule. Latency counts from the
 * time a record was due, so an outage is in the figures in full; at the end every acknowledged record must have been read.
 */
final class Soak {
    private static final long DRAIN_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Bench bench;
    private final LoadSpec spec;
    private final AtomicInteger kills = new AtomicInteger();
    private final AtomicInteger pauses = new AtomicInteger();

    Soak(Bench bench, LoadSpec spec) {
        this.bench = bench;
        this.spec = spec;
    }

    Measurement measure() throws LoadFailure {
        if (spec.faults().any() && !bench.broker().spec().started()) {
            throw new LoadFailure("faults want a broker that is started here: --target=millrace, kafka or command:…,"
                    + " or --kill-every=0 --pause-every=0");
        }
        try (Cluster cluster = bench.connect()) {
            Topic topic = Bench.topic(cluster, Kind.SOAK, spec.width().partitions());
            Meter meter = new Meter();
            RealReaders readers = new RealReaders(topic, cluster.settings(), 1, ReadFrom.TAIL, meter.lane("read"));
            RealProducers producers = new RealProducers(spec, topic, cluster.settings(), meter.lane("produce"));
            readers.start();
            try (readers) {
                Measurement measured = new Stopwatch(
                                meter,
                                List.of(new Faults(), producers),
                                bench.broker().process(),
                                bench.progress())
                        .measure(spec.timing());
                return withLosses(measured, producers, readers);
            }
        }
    }

    private Measurement withLosses(Measurement measured, RealProducers producers, RealReaders readers) {
        long deadlineNs = System.nanoTime() + DRAIN_NS;
        while (readers.records() < producers.acknowledged() && System.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(LOOK_NS);
        }
        long missing = Math.max(0, producers.acknowledged() - readers.records());
        Map<Metric, Double> figures = new LinkedHashMap<>(measured.figures());
        figures.put(Metric.said("kills", ""), (double) kills.get());
        figures.put(Metric.said("pauses", ""), (double) pauses.get());
        figures.put(Metric.said("acknowledged", "records"), (double) producers.acknowledged());
        figures.put(Metric.less("acknowledged and not read", "records"), (double) missing);
        Optional<String> failure = measured.failure().isPresent() || missing == 0
                ? measured.failure()
                : Optional.of(missing + " acknowledged records were not read within 60 s of the end");
        return new Measurement(measured.lanes(), figures, failure, measured.from(), measured.until());
    }

    /** Kills, restarts and holds up the broker on the schedule. */
    private final class Faults implements Load {
        private final Failures failures = new Failures();
        private final Worker worker = new Worker("faults", failures, this::run);

        @Override
        public void start() {
            worker.start();
        }

        private void run(Worker self) throws LoadFailure {
            Broker broker = bench.broker();
            long startNs = System.nanoTime();
            while (self.running()) {
                LockSupport.parkNanos(LOOK_NS);
                double seconds = (System.nanoTime() - startNs) / 1e9;
                if (due(seconds, spec.faults().killEverySeconds(), kills.get())) {
                    kills.incrementAndGet();
                    broker.kill();
                    broker.start();
                    broker.awaitPort();
                } else if (due(seconds, spec.faults().pauseEverySeconds(), pauses.get())) {
                    pauses.incrementAndGet();
                    broker.pause(spec.faults().pauseMs());
                }
            }
        }

        private static boolean due(double seconds, int every, int done) {
            return every > 0 && seconds >= (double) every * (done + 1);
        }

        @Override
        public Optional<String> failure() {
            return failures.first();
        }

        @Override
        public void close() {
            worker.stop();
            worker.join();
        }
    }
}
