package io.millrace.perf.scenario;

import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Meter;
import io.millrace.perf.target.ProcessView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs loads through warm-up and measurement. A load that fails ends the run early; what was measured until then is kept, with the
 * reason. Used by one thread.
 */
public final class Stopwatch {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Meter meter;
    private final List<? extends Load> loads;
    private final Optional<ProcessView> broker;
    private final Progress progress;

    /** Over loads that count into the meter's lanes. */
    public Stopwatch(Meter meter, List<? extends Load> loads, Optional<ProcessView> broker, Progress progress) {
        this.meter = meter;
        this.loads = loads;
        this.broker = broker;
        this.progress = progress;
    }

    /** Starts the loads in their order, measures, and stops them in the reverse order. */
    public Measurement measure(LoadSpec.Timing timing) throws LoadFailure {
        int started = 0;
        try {
            for (Load load : loads) {
                load.start();
                started++;
            }
            boolean warm = watch("warm-up", timing.warmUp());
            meter.restart();
            Instant from = Instant.now();
            Optional<Usage> brokerUsage = broker.flatMap(Usage::begin);
            Usage own = Usage.begin(ProcessView.self()).orElseThrow();
            if (warm) {
                watch("measured", timing.measured());
            }
            Instant until = Instant.now();
            Optional<Usage.Spent> spent = brokerUsage.flatMap(Usage::end);
            List<LaneResult> lanes = meter.results();
            return new Measurement(lanes, Figures.of(lanes, spent, own.end().orElseThrow()), failure(), from, until);
        } finally {
            for (int i = started - 1; i >= 0; i--) {
                loads.get(i).close();
            }
        }
    }

    /** Lets time pass, a tick a second; false when a load has stopped by itself. */
    private boolean watch(String phase, Duration length) {
        long startNs = System.nanoTime();
        for (int second = 1; second <= length.toSeconds(); second++) {
            boolean running = sleepUntil(startNs + second * SECOND_NS);
            String words = phase + " " + second + "/" + length.toSeconds() + " s";
            progress.second(words, meter.names(), meter.tick());
            if (!running) {
                return false;
            }
        }
        return true;
    }

    private boolean sleepUntil(long untilNs) {
        for (long leftNs = untilNs - System.nanoTime(); leftNs > 0; leftNs = untilNs - System.nanoTime()) {
            if (failure().isPresent()) {
                return false;
            }
            LockSupport.parkNanos(Math.min(leftNs, LOOK_NS));
        }
        return failure().isEmpty();
    }

    private Optional<String> failure() {
        return loads.stream().map(Load::failure).flatMap(Optional::stream).findFirst();
    }
}
