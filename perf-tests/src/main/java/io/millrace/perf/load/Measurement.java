package io.millrace.perf.load;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What came out of one run against one broker.
 *
 * @param lanes what was counted, over time
 * @param figures derived from them and from the broker's process, in the order of the report
 * @param failure why the run ended early, in one line; what was measured until then is there
 * @param from when the warm-up was over
 * @param until when the measurement ended
 */
public record Measurement(
        List<LaneResult> lanes, Map<Metric, Double> figures, Optional<String> failure, Instant from, Instant until) {
    public Measurement {
        lanes = List.copyOf(lanes);
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    /** Of something that has no warm-up. */
    public Measurement(List<LaneResult> lanes, Map<Metric, Double> figures, Optional<String> failure) {
        this(lanes, figures, failure, Instant.EPOCH, Instant.now());
    }

    /** A run without lanes, of figures alone. */
    public static Measurement ofFigures(Map<Metric, Double> figures) {
        return new Measurement(List.of(), figures, Optional.empty());
    }
}
