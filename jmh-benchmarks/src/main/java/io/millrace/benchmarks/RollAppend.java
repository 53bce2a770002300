package io.millrace.benchmarks;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogConfig;
import io.millrace.log.LogRuntime;
import io.millrace.log.OpenState;
import io.millrace.log.PartitionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What does a roll cost the append that meets it, and those right behind it? Appends at a fixed rate to a log of small segments; the time of
 * each alone, without what it waited for its turn.
 *
 * <pre>
 *   java -jar benchmarks.jar roll-append rate=5000 batch=16KiB segment-mib=16 rolls=100 rounds=3
 * </pre>
 */
final class RollAppend {
    /** Behind a roll, until the log is at work as before. */
    private static final int AFTERMATH_APPENDS = 64;

    private static final int WARM_UP_ROLLS = 10;

    private final PartitionLog log;
    private final ByteBuffer batch;
    private final AppendResult result = new AppendResult();
    private final Histogram rolling = new Histogram(3);
    private final Histogram behind = new Histogram(3);
    private final Histogram others = new Histogram(3);

    private RollAppend(PartitionLog log, String shape) {
        this.log = log;
        batch = Batches.directCopy(Batches.of(shape));
    }

    static void run(List<String> arguments) throws IOException {
        Options options = new Options(
                arguments, "rate", "5000", "batch", "16KiB", "segment-mib", "16", "rolls", "100", "rounds", "3");
        for (int round = 1; round <= options.number("rounds"); round++) {
            measure(options, round);
        }
        options.writeResults();
    }

    private static void measure(Options options, int round) throws IOException {
        LogConfig config = LogConfig.builder()
                .segmentBytes((int) options.number("segment-mib") << 20)
                .maxMessageBytes(2 << 20)
                .build();
        try (ScratchDirectory directory = ScratchDirectory.create();
                LogRuntime runtime = LogRuntime.start();
                PartitionLog log =
                        PartitionLog.open(directory.resolve("rolls-0"), config, runtime, OpenState.UNKNOWN)) {
            RollAppend run = new RollAppend(log, options.text("batch"));
            run.appendAt(options.number("rate"), WARM_UP_ROLLS);
            run.rolling.reset();
            run.behind.reset();
            run.others.reset();
            run.appendAt(options.number("rate"), (int) options.number("rolls"));
            options.result(line("rolls", options, round, run.rolling));
            options.result(line("behind a roll", options, round, run.behind));
            options.result(line("others", options, round, run.others));
        }
    }

    private void appendAt(long rate, int rolls) {
        double gapNs = 1e9 / rate;
        long startNs = System.nanoTime();
        int segments = log.segmentCount();
        int last = segments + rolls;
        int sinceRoll = AFTERMATH_APPENDS;
        for (long i = 0; segments < last; i++) {
            PacedAppend.awaitDue(startNs + (long) (i * gapNs));
            long beganNs = System.nanoTime();
            append();
            long tookNs = System.nanoTime() - beganNs;
            int now = log.segmentCount();
            sinceRoll = now == segments ? sinceRoll + 1 : 0;
            segments = now;
            Histogram times = sinceRoll == 0 ? rolling : sinceRoll <= AFTERMATH_APPENDS ? behind : others;
            times.recordValue(tookNs);
        }
    }

    private void append() {
        batch.putLong(0, 0);
        AppendStatus status = log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result);
        if (status != AppendStatus.APPENDED) {
            throw new IllegalStateException(status + " " + result.message());
        }
    }

    private static String line(String what, Options options, int round, Histogram times) {
        return String.format(
                Locale.ROOT,
                "{\"appends\":\"%s\",\"batch\":\"%s\",\"rate\":%s,\"segmentMiB\":%s,\"round\":%d,\"count\":%d,\"p50us\":%.1f,"
                        + "\"p90us\":%.1f,\"p99us\":%.1f,\"maxUs\":%.1f}",
                what,
                options.text("batch"),
                options.text("rate"),
                options.text("segment-mib"),
                round,
                times.getTotalCount(),
                times.getValueAtPercentile(50) / 1e3,
                times.getValueAtPercentile(90) / 1e3,
                times.getValueAtPercentile(99) / 1e3,
                times.getMaxValue() / 1e3);
    }
}
