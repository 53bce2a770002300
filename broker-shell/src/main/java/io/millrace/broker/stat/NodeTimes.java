package io.millrace.broker.stat;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/**
 * The times of all loops of a node, put together when somebody asks. Owned by the node; any thread.
 */
public final class NodeTimes {
    private static final long LOOP_TIMEOUT_MS = 2_000;
    private static final double[] PERCENTILES = {50, 99, 99.9};

    private final Map<Executor, LoopTimes> loops = new ConcurrentHashMap<>();

    /** The times of one event loop, shared by all listeners; made when first asked for. */
    public LoopTimes of(Executor loop) {
        return loops.computeIfAbsent(loop, unused -> new LoopTimes());
    }

    /** One line for each stage, collector, kind of page fault, and slow request: type, then {@code name=value}, tabs between. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        List<LoopTimes.Snapshot> snapshots = snapshots(lines);
        for (Stage stage : Stage.values()) {
            lines.add(line(stage, sum(snapshots, stage)));
        }
        ManagementFactory.getGarbageCollectorMXBeans().forEach(collector -> lines.add(line(collector)));
        lines.add(LoopFaults.line());
        snapshots.stream()
                .flatMap(each -> each.slowest().stream())
                .sorted(Comparator.comparingLong(SlowRequests.Slow::totalNs).reversed())
                .limit(SlowRequests.KEPT)
                .forEach(slow -> lines.add(line(slow)));
        return lines;
    }

    /** The histogram of each stage in nanoseconds, of all loops that answer, by the stage's name. */
    public Map<String, Histogram> stages() {
        List<LoopTimes.Snapshot> snapshots = snapshots(new ArrayList<>());
        Map<String, Histogram> stages = new LinkedHashMap<>();
        for (Stage stage : Stage.values()) {
            stages.put(stage.key(), sum(snapshots, stage));
        }
        return stages;
    }

    private static Histogram sum(List<LoopTimes.Snapshot> snapshots, Stage stage) {
        Histogram sum = new Histogram(2);
        snapshots.forEach(each -> sum.add(each.histograms().get(stage.index)));
        return sum;
    }

    private List<LoopTimes.Snapshot> snapshots(List<String> lines) {
        List<LoopTimes.Snapshot> snapshots = new ArrayList<>();
        List<CompletableFuture<LoopTimes.Snapshot>> asked = new ArrayList<>();
        loops.forEach((loop, times) -> asked.add(CompletableFuture.supplyAsync(times::copy, loop)));
        for (int i = 0; i < asked.size(); i++) {
            try {
                snapshots.add(asked.get(i).get(LOOP_TIMEOUT_MS, TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                lines.add("silent\tloop=" + i + "\twhy=" + e);
            }
        }
        return snapshots;
    }

    private static String line(Stage stage, Histogram times) {
        StringBuilder line = new StringBuilder("time\tstage=" + stage.key() + "\tcount=" + times.getTotalCount());
        for (double percentile : PERCENTILES) {
            line.append("\tp").append(percentile == 99.9 ? "99.9" : String.valueOf((int) percentile));
            line.append("Us=").append(micros(times.getValueAtPercentile(percentile)));
        }
        return line.append("\tmaxUs=").append(micros(times.getMaxValue())).toString();
    }

    private static String line(GarbageCollectorMXBean collector) {
        return "collector\tname=" + collector.getName() + "\tcount=" + collector.getCollectionCount() + "\ttotalMs="
                + collector.getCollectionTime();
    }

    private static String line(SlowRequests.Slow slow) {
        StringBuilder line = new StringBuilder(
                "slow\tapi=" + slow.api() + "\tendedMs=" + slow.endedMs() + "\ttotalUs=" + micros(slow.totalNs()));
        for (Stage stage : Stage.values()) {
            if (stage.index < Stage.OF_REQUEST) {
                line.append('\t')
                        .append(stage.key())
                        .append("Us=")
                        .append(micros(slow.stages().get(stage.index)));
            }
        }
        return line.append("\tcorrelationId=" + slow.correlationId() + "\tconnection=" + slow.connection())
                .toString();
    }

    private static String micros(long ns) {
        return String.format(Locale.ROOT, "%.1f", ns / 1000.0);
    }
}
