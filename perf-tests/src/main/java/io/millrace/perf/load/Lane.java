package io.millrace.perf.load;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * One of the things that happen at once in a load: producing, reading at the tail, reading what is old. Its probes are made before
 * the load starts; after that it is used by the thread of the meter.
 */
public final class Lane {
    private final String name;
    private final List<Probe> probes = new ArrayList<>();
    private final List<Histogram> recycled = new ArrayList<>();
    private final List<Interval> intervals = new ArrayList<>();
    private final Histogram scratch = new Histogram(Probe.HIGHEST_NS, Probe.DIGITS);
    private Histogram total = new Histogram(Probe.HIGHEST_NS, Probe.DIGITS);
    private long requestsBefore;
    private long recordsBefore;
    private long bytesBefore;

    Lane(String name) {
        this.name = name;
    }

    /** What happens in it: produce, read, cold read. */
    public String name() {
        return name;
    }

    /** A probe for one more thread. */
    public synchronized Probe newProbe() {
        Probe probe = new Probe();
        probes.add(probe);
        recycled.add(probe.takeLatencies());
        return probe;
    }

    /** Takes what has come since the last time. */
    synchronized Interval take(double startSeconds, double lengthSeconds) {
        scratch.reset();
        long requests = 0;
        long records = 0;
        long bytes = 0;
        long stallNs = 0;
        for (int i = 0; i < probes.size(); i++) {
            Probe probe = probes.get(i);
            Histogram taken = probe.takeLatencies(recycled.get(i));
            recycled.set(i, taken);
            scratch.add(taken);
            requests += probe.requests();
            records += probe.records();
            bytes += probe.bytes();
            stallNs = Math.max(stallNs, probe.takeLongestStallNs());
        }
        Interval interval = Interval.of(
                startSeconds,
                lengthSeconds,
                new Interval.Counts(requests - requestsBefore, records - recordsBefore, bytes - bytesBefore),
                stallNs,
                scratch);
        requestsBefore = requests;
        recordsBefore = records;
        bytesBefore = bytes;
        return interval;
    }

    /** What was done since the probes were made; may be asked at any time. */
    public synchronized Interval.Counts counted() {
        return probes.stream()
                .map(probe -> new Interval.Counts(probe.requests(), probe.records(), probe.bytes()))
                .reduce(new Interval.Counts(0, 0, 0), Interval.Counts::plus);
    }

    void keep(Interval interval) {
        intervals.add(interval);
        total.add(interval.latencies());
    }

    void forget() {
        intervals.clear();
        total = new Histogram(Probe.HIGHEST_NS, Probe.DIGITS);
    }

    /** What was measured of it. */
    LaneResult result() {
        return new LaneResult(name, total.copy(), intervals);
    }
}
