package io.millrace.perf.cli;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Metric;
import io.millrace.perf.report.Runs;
import io.millrace.perf.report.ScenarioReport;
import io.millrace.perf.scenario.Bench;
import io.millrace.perf.scenario.Scenario;
import io.millrace.perf.target.Broker;
import io.millrace.perf.target.BrokerSpec;
import io.millrace.perf.target.FlightRecording;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One scenario against two brokers: rounds in turns, each on a broker that was just started on an empty directory; who comes first
 * changes from round to round, so that neither always finds the warmer or the fuller machine. Used by one thread.
 */
final class Comparison {
    /**
     * One of the two.
     *
     * @param label in reports
     * @param broker which
     * @param launch how it is started
     */
    record Side(String label, BrokerSpec broker, BrokerSpec.Launch launch) {}

    private final String name;
    private final Scenario scenario;
    private final List<Side> sides;
    private final Map<String, String> clients;
    private final int rounds;
    private final boolean recording;
    private boolean failed;

    Comparison(
            String name,
            Scenario scenario,
            List<Side> sides,
            Map<String, String> clients,
            int rounds,
            boolean recording) {
        this.name = name;
        this.scenario = scenario;
        this.sides = List.copyOf(sides);
        this.clients = clients;
        this.rounds = rounds;
        this.recording = recording;
    }

    /** All rounds; a round that fails is in the report with its reason, and the others go on. */
    ScenarioReport run(PrintWriter out) {
        out.println(
                name + ": " + scenario.kind().command() + ", " + scenario.spec().words());
        List<List<Measurement>> measured = List.of(new ArrayList<>(), new ArrayList<>());
        for (int round = 1; round <= rounds; round++) {
            for (int turn = 0; turn < 2; turn++) {
                int which = (turn + round + 1) % 2;
                measured.get(which).add(round(sides.get(which), round, out));
            }
        }
        List<Runs> runs = new ArrayList<>();
        for (int which = 0; which < 2; which++) {
            Side side = sides.get(which);
            runs.add(new Runs(side.label(), measured.get(which), recorded(side, out)));
        }
        return new ScenarioReport(
                name, scenario.kind().command() + ", " + scenario.spec().words(), runs);
    }

    private Measurement round(Side side, int round, PrintWriter out) {
        Measurement measurement = measure(side, side.launch(), side.label() + " " + round + "/" + rounds, out);
        measurement.failure().ifPresent(line -> {
            failed = true;
            out.println(side.label() + " failed: " + line);
        });
        return measurement;
    }

    private Measurement measure(Side side, BrokerSpec.Launch launch, String subject, PrintWriter out) {
        try (Broker broker = Broker.running(side.broker(), launch)) {
            return scenario.run(new Bench(broker, clients, new ConsoleProgress(out, subject)));
        } catch (LoadFailure e) {
            return new Measurement(List.of(), Map.of(), java.util.Optional.of(LoadFailure.lineOf(e)));
        }
    }

    /** One more round, whose speed is not counted, with a flight recorder in the broker. */
    private Map<Metric, Double> recorded(Side side, PrintWriter out) {
        if (!recording || !side.broker().jvm() || !scenario.kind().loads()) {
            return Map.of();
        }
        try (FlightRecording recorder = FlightRecording.create()) {
            BrokerSpec.Launch launch = side.launch().withFlag(recorder.flag());
            Measurement measurement = measure(side, launch, side.label() + " recorded", out);
            return measurement.failure().isPresent() ? Map.of() : recorder.figures(measurement);
        } catch (LoadFailure e) {
            out.println(side.label() + ": no figures of the recorder: " + LoadFailure.lineOf(e));
            return Map.of();
        }
    }

    /** Whether any round ended early. */
    boolean failed() {
        return failed;
    }
}
