package io.millrace.perf.load;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * What one thread of a load has seen. That thread alone writes it; the {@link Meter} takes from it at any time and makes neither of
 * them wait.
 */
public final class Probe {
    /** Longer latencies are counted as this one: nobody waits for ten minutes. */
    public static final long HIGHEST_NS = TimeUnit.MINUTES.toNanos(10);

    /** Three digits: 1 ms is told from 1.001 ms. */
    public static final int DIGITS = 3;

    private final SingleWriterRecorder latencies = new SingleWriterRecorder(HIGHEST_NS, DIGITS);
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong records = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong longestStallNs = new AtomicLong();
    private long lastAnswerNs = System.nanoTime();

    /**
     * An answer came: its latency counts from the time at which the request was due, and a stall is the time without any answer while
     * this one was owed.
     */
    public void answered(long dueNs, long nowNs, int recordCount, long payloadBytes) {
        latencies.recordValue(Math.min(Math.max(0, nowNs - dueNs), HIGHEST_NS));
        long stallNs = nowNs - Math.max(lastAnswerNs, dueNs);
        if (stallNs > longestStallNs.get()) {
            longestStallNs.lazySet(stallNs);
        }
        lastAnswerNs = nowNs;
        counted(recordCount, payloadBytes);
    }

    /** One request more is done, that has no latency worth keeping: a reader who reads as fast as it goes. */
    public void counted(int recordCount, long payloadBytes) {
        // Only this thread writes: a plain read and an ordered store, no locked instruction.
        requests.lazySet(requests.get() + 1);
        records.lazySet(records.get() + recordCount);
        bytes.lazySet(bytes.get() + payloadBytes);
    }

    long requests() {
        return requests.get();
    }

    long records() {
        return records.get();
    }

    long bytes() {
        return bytes.get();
    }

    /** The longest stall since this was last asked. A stall that ends in between may be counted to either side. */
    long takeLongestStallNs() {
        return longestStallNs.getAndSet(0);
    }

    Histogram takeLatencies(Histogram recycled) {
        return latencies.getIntervalHistogram(recycled);
    }

    Histogram takeLatencies() {
        return latencies.getIntervalHistogram();
    }
}
