package io.millrace.broker.cli;

import io.millrace.log.checkpoint.DirectoryInUseException;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.inspect.LogRepair;
import io.millrace.log.inspect.LogTarget;
import io.millrace.log.inspect.LogVerifier;
import io.millrace.log.inspect.PartitionFiles;
import io.millrace.log.inspect.PartitionReport;
import io.millrace.log.inspect.Problem;
import io.millrace.log.inspect.RepairPlan;
import io.millrace.log.inspect.RepairStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code millrace log repair}: shows what it would do so that the logs open again, and does it with {@code --apply} or after a yes on
 * the terminal. Exit code 0 where nothing is left to do, 1 where something is, 2 asked wrongly.
 */
@Command(
        name = "repair",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Show what has to be cut, mended or made anew so that the logs open, and do it with --apply. "
                + "What is cut is kept in side files, <file>.cut-<position>. No process may have the directory open.")
public final class LogRepairCommand implements Callable<Integer> {
    private static final String RAFT_LOG = "__cluster_metadata-0";

    @Mixin
    private final LogPath path = new LogPath();

    @Option(names = "--apply", description = "Do it.")
    private boolean apply;

    @Option(
            names = "--truncate",
            description = "Cut everything behind the first damage, as Kafka does, rather than the damaged bytes alone.")
    private boolean truncate;

    @Mixin
    private final CompactedOption gaps = new CompactedOption();

    /** A partition, what is wrong with it, and what to do. */
    private record Case(PartitionReport report, RepairPlan plan) {}

    @Override
    public Integer call() {
        final LogTarget target = path.target();
        if (target.kind() == LogTarget.Kind.SEGMENT) {
            throw new UsageException(target.path() + ": one segment cannot be repaired by itself, give its directory");
        }
        if (DirectoryUse.isInUse(target.dataDirectory())) {
            throw new UsageException(target.dataDirectory() + " is in use by another process: repair needs it stopped");
        }
        try (Output out = Output.standard();
                LogRepair repair = apply || isAsked() ? LogRepair.open(target) : LogRepair.readOnly()) {
            return repair(target, repair, out);
        } catch (final DirectoryInUseException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private LogVerifier verifier(final LogTarget target) {
        return new LogVerifier(target, gaps.verifyOptions(null, false));
    }

    /** A terminal is asked, a script says --apply. */
    private boolean isAsked() {
        return !path.json() && Terminal.isInput();
    }

    private int repair(final LogTarget target, final LogRepair repair, final Output out) {
        final LogLines lines = new LogLines(out, path.json());
        final LogVerifier verifier = verifier(target);
        final List<Case> cases = new ArrayList<>();
        final List<PartitionReport> reports = new ArrayList<>();
        int hopeless = 0;
        for (final PartitionFiles partition : target.partitions()) {
            final PartitionReport report = verifier.verify(partition);
            reports.add(report);
            hopeless += plan(lines, report, cases);
        }
        final List<Problem> checkpoints = verifier.checkpoints(reports);
        checkpoints.forEach(problem -> LogVerifyCommand.problem(lines, problem));
        final boolean needed = !cases.isEmpty() || !checkpoints.isEmpty();
        final boolean confirmed = needed && (apply || confirm(out));
        if (confirmed) {
            cases.forEach(each -> apply(lines, repair, each));
            repair.lowerCheckpoints(ends(target));
        }
        lines.of("repaired")
                .put("applied", confirmed)
                .put("partitions", cases.size())
                .put("leftAlone", hopeless)
                .print();
        return hopeless == 0 && (confirmed || !needed) ? 0 : Failures.FAILED;
    }

    /** Shows a partition's plan and adds it to the cases; returns how many problems are left alone. */
    private int plan(final LogLines lines, final PartitionReport report, final List<Case> cases) {
        if (report.isSound()) {
            return 0;
        }
        report.problems().forEach(problem -> LogVerifyCommand.problem(lines, problem));
        if (report.files().displayName().equals(RAFT_LOG)) {
            lines.of("note")
                    .put("partition", RAFT_LOG)
                    .put("what", "the log of the control plane is not repaired: bring it back from another controller")
                    .print();
            return report.problems().size();
        }
        final RepairPlan plan = RepairPlan.of(report, truncate);
        plan.steps().forEach(step -> step(lines, report, step));
        if (!plan.isEmpty()) {
            cases.add(new Case(report, plan));
        }
        return plan.hopeless().size();
    }

    private static void step(final LogLines lines, final PartitionReport report, final RepairStep step) {
        lines.of("step")
                .put("action", step.action().code())
                .put("partition", report.files().displayName())
                .put("file", step.file().toString())
                .unless(step.position() < 0, "position", step.position())
                .unless(step.bytes() < 0, "bytes", step.bytes())
                .unless(step.fromOffset() < 0, "fromOffset", step.fromOffset())
                .unless(step.toOffset() < 0, "toOffset", step.toOffset())
                .unless(step.records() == 0, "records", step.records())
                .put("what", step.what())
                .print();
    }

    private boolean confirm(final Output out) {
        if (!isAsked()) {
            return false;
        }
        out.flush();
        System.err.print("Do this? [y/N] ");
        System.err.flush();
        final String answer = Terminal.readLine();
        return answer.equalsIgnoreCase("y") || answer.equalsIgnoreCase("yes");
    }

    private static void apply(final LogLines lines, final LogRepair repair, final Case each) {
        final List<Path> kept = repair.apply(each.plan, each.report);
        kept.forEach(side -> lines.of("kept")
                .put("partition", each.report.files().displayName())
                .put("file", side.toString())
                .put("bytes", side.toFile().length())
                .print());
    }

    /** After the repair the partitions are looked at again: that is what the checkpoints are held against. */
    private Map<PartitionName, Long> ends(final LogTarget target) {
        final LogTarget again = LogTarget.of(target.path());
        final LogVerifier verifier = verifier(again);
        final Map<PartitionName, Long> ends = new HashMap<>();
        for (final PartitionFiles partition : again.partitions()) {
            final PartitionName name = partition.name();
            final PartitionReport report = verifier.verify(partition);
            if (name != null && report.damages().isEmpty()) {
                ends.put(name, report.endOffset());
            }
        }
        return ends;
    }
}
