package io.millrace.perf.scale;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What 1, 100, 1,000 and 10,000 partitions cost the engine: creation, idle handles, mappings, memory and disk, housekeeping, appends in
 * turns, clean close and open, open after SIGKILL.
 *
 * <p>From the root of the repository, after {@code mvn package}:
 * {@code java -cp perf-tests/target/perf-tests.jar io.millrace.perf.scale.PartitionScale --partitions 1,100,1000,10000}
 */
@Command(
        name = "partition-scale",
        mixinStandardHelpOptions = true,
        description = "Measures how the engine grows with the number of partitions in one process.")
public final class PartitionScale implements Callable<Integer> {
    @Option(
            names = "--partitions",
            split = ",",
            defaultValue = "1,100,1000,10000",
            description = "How many partitions, in turn (${DEFAULT-VALUE}).")
    private List<Integer> counts = new ArrayList<>();

    @Mixin
    private ScaleOptions options = new ScaleOptions();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Runs the command line and exits with its code. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new PartitionScale()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (counts.stream().anyMatch(count -> count < 1)) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--partitions: each at least 1");
        }
        Map<Integer, Map<String, Long>> figures = new TreeMap<>();
        for (int count : counts) {
            figures.put(count, measure(count));
            out().println(count + " " + figures.get(count));
            out().flush();
        }
        out().println(table(figures));
        options.write(json(figures));
        return 0;
    }

    private Map<String, Long> measure(int count) throws IOException, InterruptedException {
        Path directory = options.makeDirectory();
        try {
            Map<String, Long> figures = new LinkedHashMap<>();
            for (String step : List.of("create", "append", "recover")) {
                run(step, directory.resolve("data"), count, figures);
            }
            return figures;
        } finally {
            ScaleOptions.remove(directory);
        }
    }

    /** A step that says it is ready is killed: by SIGKILL, which leaves no time for anything. */
    private void run(String step, Path data, int count, Map<String, Long> figures)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command(step, data, count))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        boolean killed = false;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            while (line != null && !line.equals("ready")) {
                int equals = line.indexOf('=');
                figures.put(line.substring(0, equals), Long.valueOf(line.substring(equals + 1)));
                line = lines.readLine();
            }
            killed = line != null;
        } finally {
            process.destroyForcibly();
        }
        if (process.waitFor() != 0 && !killed) {
            throw new IOException(
                    "step " + step + " with " + count + " partitions ended with code " + process.exitValue());
        }
    }

    private List<String> command(String step, Path data, int count) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options.jvmFlags());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ScaleStep.class.getName()));
        command.addAll(List.of(step, data.toString(), Integer.toString(count)));
        return command;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private static String table(Map<Integer, Map<String, Long>> figures) {
        StringBuilder text = new StringBuilder("\n| figure |");
        figures.keySet().forEach(count -> text.append(' ').append(count).append(" |"));
        text.append("\n|---|").append("---|".repeat(figures.size())).append('\n');
        figures.values().iterator().next().keySet().forEach(name -> {
            text.append("| ").append(name).append(" |");
            figures.values().forEach(of -> text.append(' ').append(of.get(name)).append(" |"));
            text.append('\n');
        });
        return text.toString();
    }

    private static String json(Map<Integer, Map<String, Long>> figures) {
        String jdk = System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version");
        return "{\"jdk\": \"" + jdk + "\", \"processors\": "
                + Runtime.getRuntime().availableProcessors() + ", \"os\": \"" + System.getProperty("os.name") + " "
                + System.getProperty("os.version") + "\",\n" + ScaleOptions.members(figures) + "}\n";
    }
}
