package io.millrace.perf.cli;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.report.TextReport;
import io.millrace.perf.scenario.Kind;
import io.millrace.perf.scenario.Scenario;
import io.millrace.perf.target.Cluster;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** One kind of load against one broker: the command of each {@link Kind}. */
@Command(mixinStandardHelpOptions = true)
final class LoadCommand implements Callable<Integer> {
    private final Kind kind;

    @Option(
            names = {"--bootstrap", "--bootstrap-server"},
            defaultValue = "localhost:9092",
            description = "Where the broker is (${DEFAULT-VALUE}).")
    private String bootstrap = "";

    @Mixin
    private final LoadOptions options = new LoadOptions();

    @Spec
    private CommandSpec command = CommandSpec.create();

    LoadCommand(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Integer call() throws LoadFailure {
        Scenario scenario = new Scenario(kind, spec());
        PrintWriter out = command.commandLine().getOut();
        out.println(kind.command() + ": " + scenario.spec().words());
        try (Cluster cluster = Cluster.connect(bootstrap, Map.of())) {
            Measurement measurement = scenario.run(cluster, new ConsoleProgress(out, bootstrap));
            cluster.deleteTopics();
            out.println(TextReport.of(measurement));
            measurement
                    .failure()
                    .ifPresent(line -> command.commandLine().getErr().println("failed: " + line));
            return measurement.failure().isPresent() ? Suite.FAILED : 0;
        }
    }

    private LoadSpec spec() {
        try {
            return options.spec(kind.defaults(), Map.of());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
