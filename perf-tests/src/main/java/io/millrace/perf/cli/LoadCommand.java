package io.millrace.perf.cli;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadPath;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.report.Report;
import io.millrace.perf.report.Runs;
import io.millrace.perf.report.ScenarioReport;
import io.millrace.perf.scenario.Bench;
import io.millrace.perf.scenario.Kind;
import io.millrace.perf.scenario.Scenario;
import io.millrace.perf.target.Broker;
import io.millrace.perf.target.BrokerSpec;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** One kind of load against one broker: the command of each {@link Kind}. */
@Command(mixinStandardHelpOptions = true, sortOptions = false)
final class LoadCommand implements Callable<Integer> {
    private final Kind kind;

    @Option(
            names = {"--target", "--bootstrap", "--bootstrap-server"},
            paramLabel = "BROKER",
            defaultValue = "localhost:9092",
            description = "host:port, or millrace, kafka, command:… to have it started (${DEFAULT-VALUE}).")
    private String target = "";

    @Mixin
    private final LoadOptions options = new LoadOptions();

    @Mixin
    private final BrokerOptions brokers = new BrokerOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Spec
    private CommandSpec command = CommandSpec.create();

    LoadCommand(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Integer call() throws LoadFailure {
        BrokerSpec broker;
        Scenario scenario;
        Map<String, String> clients;
        try {
            broker = BrokerSpec.parse(target);
            broker.requireStartable(brokers.launch());
            scenario = new Scenario(kind, options.spec(kind.defaults(), Map.of()));
            clients = brokers.clientSettings(scenario.spec().path() == LoadPath.LEAN);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
        return run(broker, scenario, clients);
    }

    private int run(BrokerSpec target, Scenario scenario, Map<String, String> clients) throws LoadFailure {
        PrintWriter out = command.commandLine().getOut();
        LoadSpec spec = scenario.spec();
        out.println(kind.command() + " on " + target.text() + ": " + spec.words());
        out.flush();
        Measurement measurement;
        try (Broker broker = Broker.running(target, brokers.launch())) {
            measurement = scenario.run(new Bench(broker, clients, new ConsoleProgress(out, target.text())));
        }
        Map<String, String> limits = output.limits(brokers.launch().parent());
        Runs runs = new Runs(target.text(), List.of(measurement), Map.of());
        ScenarioReport report = new ScenarioReport(kind.command(), spec.words(), List.of(runs));
        output.write(
                new Report(
                        kind.command() + " on " + target.text(),
                        OutputOptions.environment(command),
                        limits,
                        List.of(report)),
                out);
        measurement.failure().ifPresent(line -> Suite.say(command.commandLine(), line));
        return measurement.failure().isPresent() ? Suite.FAILED : 0;
    }
}
