package io.millrace.perf.load;

import java.util.ArrayList;
import java.util.List;

/** Takes from all probes of a load, once a second. Owned and used by the thread that runs the measurement. */
public final class Meter {
    private final List<Lane> lanes = new ArrayList<>();
    private long startNs = System.nanoTime();
    private long lastNs = startNs;

    /** A lane, in the order in which it is reported. */
    public Lane lane(String name) {
        Lane lane = new Lane(name);
        lanes.add(lane);
        return lane;
    }

    /** Takes what has come since the last time and keeps it; one interval for each lane, in their order. */
    public List<Interval> tick() {
        long nowNs = System.nanoTime();
        List<Interval> taken = new ArrayList<>();
        for (Lane lane : lanes) {
            Interval interval = lane.take((lastNs - startNs) / 1e9, (nowNs - lastNs) / 1e9);
            lane.keep(interval);
            taken.add(interval);
        }
        lastNs = nowNs;
        return taken;
    }

    /** The warm-up is over: what came until now is thrown away. */
    public void restart() {
        tick();
        lanes.forEach(Lane::forget);
        startNs = lastNs;
    }

    /** What was kept. */
    public List<LaneResult> results() {
        return lanes.stream().map(Lane::result).toList();
    }

    /** Names of the lanes, in their order. */
    public List<String> names() {
        return lanes.stream().map(Lane::name).toList();
    }
}
