package io.millrace.perf.scenario;

import io.millrace.perf.load.Interval;
import java.util.List;

/** Is told once a second how a run goes. Called by the thread that measures. */
@FunctionalInterface
public interface Progress {
    /** Says nothing. */
    Progress SILENT = (phase, names, intervals) -> {};

    /**
     * A second of a run.
     *
     * @param phase warm-up, or the seconds measured of those wanted
     * @param names of the lanes
     * @param intervals of the lanes, in the same order
     */
    void second(String phase, List<String> names, List<Interval> intervals);
}
