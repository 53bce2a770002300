package io.millrace.perf.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.perf.load.Interval;
import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Metric;
import java.io.IOException;

/** A report as JSON: every figure of every round, and the time lines. Stateless. */
public final class JsonReport {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private JsonReport() {}

    /** The whole report. */
    public static String of(Report report) throws IOException {
        ObjectNode root = MAPPER.createObjectNode().put("title", report.title());
        ObjectNode environment = root.putObject("environment");
        report.environment().forEach(environment::put);
        ObjectNode limits = root.putObject("limits");
        report.limits().forEach(limits::put);
        ArrayNode scenarios = root.putArray("scenarios");
        report.scenarios().forEach(scenario -> add(scenarios.addObject(), scenario));
        return MAPPER.writeValueAsString(root) + "\n";
    }

    private static void add(ObjectNode node, ScenarioReport scenario) {
        node.put("name", scenario.name()).put("words", scenario.words()).put("noise", scenario.noise());
        ObjectNode figures = node.putObject("figures");
        for (Metric metric : scenario.metrics()) {
            ObjectNode figure = figures.putObject(metric.name()).put("unit", metric.unit());
            for (Runs side : scenario.sides()) {
                ArrayNode values = figure.putArray(side.label());
                side.spread(metric).values().forEach(values::add);
            }
            if (scenario.compares()) {
                figure.put("ratio", scenario.ratio(metric))
                        .put(
                                "verdict",
                                scenario.verdict(metric)
                                        .words(
                                                scenario.a().label(),
                                                scenario.b().label()));
            }
        }
        ObjectNode sides = node.putObject("rounds");
        for (Runs side : scenario.sides()) {
            ArrayNode rounds = sides.putArray(side.label());
            side.rounds().forEach(round -> add(rounds.addObject(), round));
        }
    }

    private static void add(ObjectNode node, Measurement round) {
        round.failure().ifPresent(line -> node.put("failure", line));
        ObjectNode lanes = node.putObject("time lines");
        for (LaneResult lane : round.lanes()) {
            ArrayNode intervals = lanes.putArray(lane.name());
            for (Interval interval : lane.intervals()) {
                ObjectNode second = intervals
                        .addObject()
                        .put("s", interval.startSeconds())
                        .put("requests", interval.counts().requests())
                        .put("bytes", interval.counts().bytes());
                if (interval.latencies().getTotalCount() > 0) {
                    second.put("p50 ms", interval.latencies().getValueAtPercentile(50) / 1e6)
                            .put("p99 ms", interval.latencies().getValueAtPercentile(99) / 1e6)
                            .put("max ms", interval.latencies().getMaxValue() / 1e6);
                }
            }
        }
    }
}
