package io.millrace.broker.stat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What one event loop measures: a histogram a {@link Stage}, in nanoseconds, and its slowest requests. Written and copied on that loop
 * only; recording allocates nothing.
 */
public final class LoopTimes {
    private static final long LEAST_NS = 100;
    private static final long MOST_NS = 60_000_000_000L;
    private static final int DIGITS = 2;

    private final Histogram[] histograms = new Histogram[Stage.values().length];
    private final SlowRequests slowest = new SlowRequests();
    private final long[] stages = new long[Stage.OF_REQUEST];

    /**
     * A copy for another thread.
     *
     * @param histograms by {@link Stage}
     */
    record Snapshot(List<Histogram> histograms, List<SlowRequests.Slow> slowest) {}

    /** Made by {@link NodeTimes}. */
    LoopTimes() {
        for (int i = 0; i < histograms.length; i++) {
            histograms[i] = new Histogram(LEAST_NS, MOST_NS, DIGITS);
        }
    }

    /** A Produce that was answered in place, by the times at which its last byte was read, it began, was checked and was answered. */
    public void producedInPlace(
            String connection, int correlationId, long receivedNs, long startedNs, long checkedNs, long endNs) {
        long totalNs = endNs - receivedNs;
        record(Stage.QUEUE, startedNs - receivedNs);
        record(Stage.CHECK, checkedNs - startedNs);
        record(Stage.APPEND, endNs - checkedNs);
        record(Stage.PRODUCE, totalNs);
        stages[Stage.QUEUE.index] = startedNs - receivedNs;
        stages[Stage.CHECK.index] = checkedNs - startedNs;
        stages[Stage.APPEND.index] = endNs - checkedNs;
        stages[Stage.SYNC.index] = 0;
        stages[Stage.REPLICATE.index] = 0;
        stages[Stage.RESPOND.index] = 0;
        slowest.offer("PRODUCE", connection, correlationId, totalNs, stages);
    }

    /** A Fetch that was answered in place, by the times at which its last byte was read, it began and was answered. */
    public void fetchedInPlace(String connection, int correlationId, long receivedNs, long startedNs, long endNs) {
        long totalNs = endNs - receivedNs;
        Arrays.fill(stages, 0);
        stages[Stage.QUEUE.index] = startedNs - receivedNs;
        stages[Stage.RESPOND.index] = endNs - startedNs;
        record(Stage.QUEUE, startedNs - receivedNs);
        record(Stage.RESPOND, endNs - startedNs);
        record(Stage.FETCH, totalNs);
        slowest.offer("FETCH", connection, correlationId, totalNs, stages);
    }

    /**
     * A request that took the ordinary way.
     *
     * @param whole PRODUCE, FETCH or OTHER
     */
    public void answered(Stage whole, String api, String connection, int correlationId, RequestTimes times) {
        long totalNs = times.split(System.nanoTime(), stages);
        record(whole, totalNs);
        record(Stage.QUEUE, stages[Stage.QUEUE.index]);
        record(Stage.RESPOND, stages[Stage.RESPOND.index]);
        if (whole == Stage.PRODUCE) {
            record(Stage.CHECK, stages[Stage.CHECK.index]);
            record(Stage.APPEND, stages[Stage.APPEND.index]);
            recordWait(Stage.SYNC);
            recordWait(Stage.REPLICATE);
        }
        slowest.offer(api, connection, correlationId, totalNs, stages);
    }

    /** A connection has held the loop for so long. */
    public void turn(long ns) {
        record(Stage.TURN, ns);
    }

    /** Called about once a second. */
    public void turnOver(long nowNs) {
        slowest.turnOver(nowNs);
    }

    Snapshot copy() {
        List<Histogram> copies = new ArrayList<>(histograms.length);
        for (Histogram each : histograms) {
            copies.add(each.copy());
        }
        return new Snapshot(copies, slowest.copy());
    }

    private void recordWait(Stage stage) {
        long ns = stages[stage.index];
        if (ns > 0) {
            record(stage, ns);
        }
    }

    private void record(Stage stage, long ns) {
        histograms[stage.index].recordValue(Math.min(Math.max(0, ns), MOST_NS));
    }
}
