package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * How long does an append take at a fixed rate, from the time at which it was due, and how long can one take at full speed? What JMH
 * cannot ask: its operations wait for one another, so that a stall is counted once and not for all who stood behind it.
 *
 * <pre>
 *   java -jar benchmarks.jar paced-append rate=10000 batch=1x1024 mib=512 rounds=3 \
 *       targets=millrace,channel,kafka,queue,archive [json=FILE]
 * </pre>
 *
 * <p>{@code rate=0} appends as fast as it goes; a latency is then the time of the append alone. Targets take turns within each round.
 * A target that cannot keep the rate shows that as latency.
 */
final class PacedAppend {
    private static final long SPIN_NS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final int WARM_UP_APPENDS = 20_000;

    private final long rate;
    private final String shape;
    private final long bytes;

    private PacedAppend(long rate, String shape, long bytes) {
        this.rate = rate;
        this.shape = shape;
        this.bytes = bytes;
    }

    /** See the class. */
    static void run(List<String> arguments) throws IOException {
        Options options = new Options(
                arguments,
                "rate",
                "10000",
                "batch",
                "1x1024",
                "mib",
                "512",
                "rounds",
                "3",
                "targets",
                "millrace,channel,kafka,queue,archive");
        PacedAppend run = new PacedAppend(options.number("rate"), options.text("batch"), options.number("mib") << 20);
        for (int round = 1; round <= options.number("rounds"); round++) {
            for (String target : options.turns("targets", round)) {
                options.result(run.measure(target, round));
            }
        }
        options.writeResults();
    }

    private String measure(String name, int round) throws IOException {
        ByteBuffer batch = Batches.of(shape);
        long appends = Math.max(1, bytes / batch.remaining());
        Histogram latencies = new Histogram(3);
        long elapsedNs;
        try (ScratchDirectory directory = ScratchDirectory.create();
                AppendTarget target = AppendTarget.open(name, directory.path(), batch)) {
            run(target, Math.min(appends, WARM_UP_APPENDS), new Histogram(3));
            elapsedNs = run(target, appends, latencies);
        }
        return String.format(
                Locale.ROOT,
                "{\"target\":\"%s\",\"batch\":\"%s\",\"rate\":%d,\"round\":%d,\"appends\":%d,\"MBs\":%.1f,\"p50us\":%.2f,\"p99us\":%.1f,"
                        + "\"p999us\":%.1f,\"p9999us\":%.1f,\"maxMs\":%.2f}",
                name,
                shape,
                rate,
                round,
                appends,
                appends * (double) batch.remaining() * 1e3 / elapsedNs,
                latencies.getValueAtPercentile(50) / 1e3,
                latencies.getValueAtPercentile(99) / 1e3,
                latencies.getValueAtPercentile(99.9) / 1e3,
                latencies.getValueAtPercentile(99.99) / 1e3,
                latencies.getMaxValue() / 1e6);
    }

    private long run(AppendTarget target, long appends, Histogram latencies) throws IOException {
        double gapNs = rate == 0 ? 0 : 1e9 / rate;
        long startNs = System.nanoTime();
        for (long i = 0; i < appends; i++) {
            long dueNs = rate == 0 ? System.nanoTime() : awaitDue(startNs + (long) (i * gapNs));
            target.append();
            latencies.recordValue(Math.max(0, System.nanoTime() - dueNs));
        }
        return System.nanoTime() - startNs;
    }

    /** Returns that time. */
    static long awaitDue(long dueNs) {
        long leftNs;
        while ((leftNs = dueNs - System.nanoTime()) > 0) {
            if (leftNs > 2 * SPIN_NS) {
                LockSupport.parkNanos(leftNs - SPIN_NS);
            } else {
                Thread.onSpinWait();
            }
        }
        return dueNs;
    }
}
