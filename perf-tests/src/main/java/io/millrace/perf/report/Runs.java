package io.millrace.perf.report;

import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * All rounds of one broker in one scenario.
 *
 * @param label who it is
 * @param rounds in their order
 * @param recorded figures of a round of its own, taken with a flight recorder running; empty where there was none
 */
public record Runs(String label, List<Measurement> rounds, Map<Metric, Double> recorded) {
    public Runs {
        rounds = List.copyOf(rounds);
        recorded = new LinkedHashMap<>(recorded);
    }

    /** What was measured of a figure in every round that has it. */
    public Spread spread(Metric metric) {
        List<Double> values = new ArrayList<>();
        for (Measurement round : rounds) {
            Double value = round.figures().get(metric);
            if (value != null) {
                values.add(value);
            }
        }
        Double once = recorded.get(metric);
        return new Spread(once == null ? values : List.of(once));
    }

    /** Every figure that any round has, in order. */
    public List<Metric> metrics() {
        Map<Metric, Double> all = new LinkedHashMap<>();
        rounds.forEach(round -> all.putAll(round.figures()));
        all.putAll(recorded);
        return List.copyOf(all.keySet());
    }

    /** Names of the lanes that have latencies. */
    public List<String> lanes() {
        return rounds.stream()
                .flatMap(round -> round.lanes().stream())
                .filter(lane -> lane.latencies().getTotalCount() > 0)
                .map(LaneResult::name)
                .distinct()
                .toList();
    }

    /** Latencies of a lane over all rounds together; empty where it has none. */
    public Optional<Histogram> latencies(String lane) {
        Optional<Histogram> all = Optional.empty();
        for (Measurement round : rounds) {
            for (LaneResult result : round.lanes()) {
                if (result.name().equals(lane)) {
                    Histogram sum = all.orElseGet(() -> result.latencies().copy());
                    if (all.isPresent()) {
                        sum.add(result.latencies());
                    }
                    all = Optional.of(sum);
                }
            }
        }
        return all;
    }

    /** Why rounds ended early. */
    public List<String> failures() {
        return rounds.stream()
                .map(Measurement::failure)
                .flatMap(Optional::stream)
                .toList();
    }
}
