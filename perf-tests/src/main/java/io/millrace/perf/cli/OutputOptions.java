package io.millrace.perf.cli;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.machine.Limits;
import io.millrace.perf.report.HistogramLog;
import io.millrace.perf.report.HtmlReport;
import io.millrace.perf.report.JsonReport;
import io.millrace.perf.report.Report;
import io.millrace.perf.report.TextReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Where the report goes, beside the terminal. */
final class OutputOptions {
    @Option(names = "--json", paramLabel = "FILE", description = "Every figure of every round, and the time lines.")
    private Optional<Path> json = Optional.empty();

    @Option(names = "--html", paramLabel = "FILE", description = "A page with plots that needs nothing else.")
    private Optional<Path> html = Optional.empty();

    @Option(names = "--hlog", paramLabel = "FILE", description = "Latencies as an HdrHistogram log, a line a second.")
    private Optional<Path> hlog = Optional.empty();

    @Option(names = "--no-limits", description = "Do not measure what the machine can do at most.")
    private boolean withoutLimits;

    /** The limits of the machine, unless they are not wanted. */
    Map<String, String> limits(Path directory) throws LoadFailure {
        if (withoutLimits) {
            return Map.of();
        }
        try {
            return Limits.measure(directory);
        } catch (IOException e) {
            throw new LoadFailure("the limits of the machine: " + LoadFailure.lineOf(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoadFailure("interrupted", e);
        }
    }

    /** Machine, JDK, commit and command. */
    static Map<String, String> environment(CommandSpec command) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(
                "machine",
                Runtime.getRuntime().availableProcessors() + " processors, " + System.getProperty("os.name") + " "
                        + System.getProperty("os.version"));
        facts.put("JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        facts.put("commit", commit());
        facts.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        List<String> arguments = command.commandLine().getParseResult() == null
                ? List.of()
                : command.commandLine().getParseResult().expandedArgs();
        facts.put("command", "perf-tests.jar " + command.name() + " " + String.join(" ", arguments));
        return facts;
    }

    private static String commit() {
        try {
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty")
                    .redirectErrorStream(true)
                    .start();
            String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
            return git.waitFor() == 0 ? text : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }

    /** Prints the report and writes the files that were asked for. */
    void write(Report report, PrintWriter out) throws LoadFailure {
        out.println();
        out.println(TextReport.of(report));
        out.flush();
        keep(report);
    }

    /** Writes the files that were asked for. */
    void keep(Report report) throws LoadFailure {
        try {
            if (json.isPresent()) {
                Files.writeString(json.get(), JsonReport.of(report));
            }
            if (html.isPresent()) {
                Files.writeString(html.get(), HtmlReport.of(report));
            }
            if (hlog.isPresent()) {
                Files.writeString(hlog.get(), HistogramLog.of(report));
            }
        } catch (IOException e) {
            throw new LoadFailure("the report cannot be written: " + LoadFailure.lineOf(e), e);
        }
    }
}
