package io.millrace.perf.cli;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadPath;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.report.Report;
import io.millrace.perf.report.ScenarioReport;
import io.millrace.perf.scenario.Kind;
import io.millrace.perf.scenario.NamedScenarios;
import io.millrace.perf.scenario.NamedScenarios.Named;
import io.millrace.perf.scenario.Scenario;
import io.millrace.perf.target.BrokerSpec;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Two brokers in turns, round by round, and what can be said about them. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Runs scenarios against two brokers in turns, and says which is better where the noise allows.")
final class CompareCommand implements Callable<Integer> {
    @Option(
            names = "--a",
            paramLabel = "BROKER",
            defaultValue = "millrace",
            description = "millrace, kafka, command:… with {port} {dir} {properties}, or host:port (${DEFAULT-VALUE}).")
    private String a = "";

    @Option(names = "--b", paramLabel = "BROKER", defaultValue = "kafka", description = "The other (${DEFAULT-VALUE}).")
    private String b = "";

    @Option(names = "--set-a", paramLabel = "NAME=VALUE", description = "A setting of the first broker alone.")
    private List<String> settingsA = new ArrayList<>();

    @Option(names = "--set-b", paramLabel = "NAME=VALUE", description = "A setting of the second broker alone.")
    private List<String> settingsB = new ArrayList<>();

    @Option(
            names = "--scenario",
            split = ",",
            paramLabel = "NAME|FILE",
            defaultValue = "produce-1k",
            description = "Scenarios, separated by commas; all for every one that there is (${DEFAULT-VALUE}).")
    private List<String> scenarios = new ArrayList<>();

    @Option(names = "--rounds", defaultValue = "3", description = "Of each broker (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--no-recording",
            description = "Leave out the round with a flight recorder, which gives allocation and GC pauses.")
    private boolean withoutRecording;

    @Mixin
    private final LoadOptions options = new LoadOptions();

    @Mixin
    private final BrokerOptions brokers = new BrokerOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public Integer call() throws LoadFailure {
        PrintWriter out = command.commandLine().getOut();
        List<Comparison> comparisons;
        try {
            comparisons = comparisons();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
        Map<String, String> limits = output.limits(brokers.launch().parent());
        List<ScenarioReport> done = new ArrayList<>();
        boolean failed = false;
        for (Comparison comparison : comparisons) {
            done.add(comparison.run(out));
            failed |= comparison.failed();
            // After each scenario: whatever stops the next one, this one is kept.
            output.keep(report(done, limits));
        }
        output.write(report(done, limits), out);
        return failed ? Suite.FAILED : 0;
    }

    private Report report(List<ScenarioReport> done, Map<String, String> limits) {
        return new Report(title(), OutputOptions.environment(command), limits, done);
    }

    private String title() {
        return BrokerSpec.parse(a).text() + " and " + BrokerSpec.parse(b).text();
    }

    private List<Comparison> comparisons() {
        if (rounds < 1) {
            throw new IllegalArgumentException("--rounds=" + rounds + " measures nothing");
        }
        List<Comparison> all = new ArrayList<>();
        for (String name : scenarios.equals(List.of("all")) ? NamedScenarios.names() : scenarios) {
            Named named = NamedScenarios.load(name);
            LoadSpec spec = options.spec(named.kind().defaults(), named.options());
            Map<String, String> clients = brokers.clientSettings(spec.path() == LoadPath.LEAN);
            if (named.kind() == Kind.STARTUP
                    && !(BrokerSpec.parse(a).started() && BrokerSpec.parse(b).started())) {
                throw new IllegalArgumentException("startup wants brokers that are started here, not addresses");
            }
            all.add(new Comparison(
                    named.name(),
                    new Scenario(named.kind(), spec),
                    List.of(side(a, settingsA, named, ""), side(b, settingsB, named, a.equals(b) ? " (b)" : "")),
                    clients,
                    rounds,
                    !withoutRecording));
        }
        return all;
    }

    private Comparison.Side side(String text, List<String> own, Named named, String suffix) {
        BrokerSpec broker = BrokerSpec.parse(text);
        BrokerSpec.Launch launch = brokers.launch()
                .withSettings(named.settings().getOrDefault(text, List.of()))
                .withSettings(own);
        broker.requireStartable(launch);
        String settings = own.isEmpty() ? "" : " " + String.join(" ", own);
        return new Comparison.Side(broker.text() + settings + suffix, broker, launch);
    }
}
