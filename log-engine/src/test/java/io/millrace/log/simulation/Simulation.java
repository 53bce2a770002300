package io.millrace.log.simulation;

import static io.millrace.log.simulation.Disagreement.require;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.FaultInjection;
import io.millrace.mapped.FaultInjection.Failure;
import io.millrace.mapped.FaultInjection.Rule;
import io.millrace.mapped.FileFaults.Operation;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One history: a data directory that is opened, used, closed, killed, cut from its power, damaged and opened again, as a seed decides.
 *
 * <p>Everything happens on the calling thread, the work of the background agents included, and under virtual time. After each step
 * every log is compared with its twin. Used once.
 */
final class Simulation {
    private static final List<Failure> FAILURES = List.of(Failure.values());

    private final long seed;
    private final Random random;
    private final Settings settings;
    private final Extras extras;
    private final SimulatedMachine machine;
    private final SimulatedDisk disk;
    private final History history;
    private final List<SimulatedPartition> partitions;
    private final ExtraSteps extraSteps;

    private int step;
    private long faults;

    private Simulation(long seed, Kind kind, Path root) {
        this.seed = seed;
        random = new Random(scatter(seed));
        extras = new Extras(new Random(scatter(~seed)), kind);
        settings = Settings.random(random).with(extras);
        machine = new SimulatedMachine(root, random, settings, extras);
        disk = machine.disk();
        history = machine.history();
        partitions = machine.partitions();
        extraSteps = new ExtraSteps(machine, settings, extras);
    }

    /** Generators that are seeded with neighbours begin alike. */
    private static long scatter(long seed) {
        long mixed = (seed + 1) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        return mixed ^ (mixed >>> 27);
    }

    /**
     * Plays the history of a seed in an empty machine.directory().
     *
     * @param kind what there is in it; null: the seed decides that, too
     * @throws Disagreement with the seed, the step and the last steps before it
     */
    static Outcome run(long seed, Kind kind, Path emptyDirectory) {
        Simulation simulation = new Simulation(seed, kind, emptyDirectory);
        try {
            return simulation.run();
        } catch (RuntimeException | AssertionError | InternalError e) {
            throw new Disagreement(simulation.describe(e), e);
        } finally {
            simulation.machine.heal(); // or what is let go may fail as well, and hide why
            simulation.machine.letGo();
        }
    }

    private String describe(Throwable e) {
        return "seed " + seed + " " + extras.kind() + " step " + step + ": "
                + (e instanceof Disagreement ? e.getMessage() : e.toString())
                + "\n  " + settings + "\n  last steps: " + history.latest() + "\n  again: "
                + SimulationCampaign.command(seed);
    }

    private Outcome run() {
        machine.reopen(true);
        for (step = 1; step <= settings.steps(); step++) {
            try {
                history.add(step());
            } catch (StorageException e) {
                require(disk.isOff(), "a step failed without a fault: " + e);
            }
            if (disk.isOff()) {
                machine.end(false);
                machine.reopen(false);
            }
            check();
        }
        machine.heal();
        boolean closed = machine.closeInOrder();
        if (closed) {
            machine.cutPower(CrashStyle.NOTHING_KEPT);
        }
        machine.reopen(closed);
        partitions.forEach(partition -> LogCheck.everything(partition.log(), partition.model()));
        history.addFiles();
        return outcome();
    }

    private Outcome outcome() {
        long records = partitions.stream()
                .mapToLong(each -> each.model().end() - each.model().start())
                .sum();
        return new Outcome(
                seed,
                history.hash(),
                settings.steps(),
                disk.operations(),
                machine.crashes(),
                machine.kills(),
                machine.closes(),
                faults,
                machine.damages(),
                records,
                extraSteps.cleanings(),
                extraSteps.markers(),
                disk.recycled(),
                disk.prepared(),
                extraSteps.tampered());
    }

    // ---- one step
    // ------------------------------------------------------------------------------------------------------------------

    private String step() {
        String extra = extraSteps.perhaps();
        if (extra != null) {
            noteLogStarts();
            return extra;
        }
        SimulatedPartition partition = partitions.get(random.nextInt(partitions.size()));
        int dice = random.nextInt(100);
        if (dice < 3) {
            return restart();
        }
        if (dice < 5 && settings.crashes()) {
            disk.stopAfter(random.nextInt(40));
            return "armed";
        }
        if (dice < 7 && settings.faults()) {
            return injectFaults();
        }
        if (dice < 25) {
            return background();
        }
        if (!partition.isHealthy()) {
            return offline(partition);
        }
        return dice < 62 ? partition.append() : useOtherwise(partition, dice);
    }

    private String useOtherwise(SimulatedPartition partition, int dice) {
        if (dice < 70) {
            return partition.probe();
        }
        if (dice < 78) {
            return lookAt(partition);
        }
        if (dice < 84) {
            return random.nextBoolean() ? partition.flush() : partition.awaitFlush();
        }
        if (dice < 90) {
            return partition.advanceHighWatermark();
        }
        if (dice < 93) {
            return partition.advanceLogStart();
        }
        return dice < 96 ? truncate(partition) : housekeep();
    }

    private String lookAt(SimulatedPartition partition) {
        switch (random.nextInt(4)) {
            case 0 -> LogCheck.timeLookup(partition.log(), partition.model(), random);
            case 1 -> LogCheck.everything(partition.log(), partition.model());
            default -> LogCheck.randomRead(partition.log(), partition.model(), random);
        }
        return "read";
    }

    /** What the background agents do, and time goes by. */
    private String background() {
        switch (random.nextInt(4)) {
            case 0 -> machine.agents().runOne(random);
            case 1 -> {
                while (machine.agents().runOne(random)) {
                    // Until nothing waits.
                }
            }
            case 2 -> prepare();
            default -> {
                machine.clock().advanceMs(random.nextInt(random.nextInt(10) == 0 ? 100_000 : 500));
                machine.agents().runDue();
            }
        }
        noteLogStarts();
        return "agents";
    }

    /** An idle log's file may fail to be trimmed, which is told and changes nothing else. */
    private void prepare() {
        try {
            machine.runtime().preparer().doWork();
        } catch (StorageException e) {
            require(disk.isOff() || disk.injection().injected() > 0, "the preparer failed without a fault: " + e);
        }
    }

    private String housekeep() {
        machine.clock().advanceMs(random.nextInt(2_000));
        machine.directory().housekeep(machine.clock().millis());
        noteLogStarts();
        return "housekeep";
    }

    /** Retention moves the log start, never beyond the high watermark, and never where nothing is too old or too much. */
    private void noteLogStarts() {
        for (SimulatedPartition partition : partitions) {
            ModelLog model = partition.model();
            long start = partition.log().logStartOffset();
            if (start > model.start()) {
                require(start <= model.highWatermark(), "deleted beyond the high watermark: " + partition.log());
                require(
                        settings.config().retentionBytes() >= 0,
                        "deleted without a retention: " + partition.log() + " model " + model.start());
                model.startsAt(start);
            }
        }
    }

    private String truncate(SimulatedPartition partition) {
        ModelLog model = partition.model();
        PartitionName name = new PartitionName(partition.topic(), 0);
        if (random.nextInt(6) == 0) {
            long offset = random.nextInt(3) == 0 ? model.end() + random.nextInt(50) : model.end();
            boolean done = partition.attempt(
                    "restart", () -> machine.directory().truncateFullyAndStartAt(partition.topic(), 0, offset));
            if (done) {
                model.restartAt(offset, Promises.TRUNCATION_IS_FORCED);
            } else {
                model.maybeRestartedAt(offset);
                disk.stop();
            }
            return "restart at " + offset;
        }
        long offset = Math.max(model.cutsFrom(), model.end() - random.nextInt(60));
        long end = model.endAfterCut(offset);
        boolean done = partition.attempt("truncate", () -> machine.directory().truncate(Map.of(name, offset)));
        if (done) {
            model.truncateTo(Math.min(end, model.end()), Promises.TRUNCATION_IS_FORCED);
        } else {
            model.maybeTruncatedTo(end);
            disk.stop();
        }
        return "truncate to " + offset;
    }

    private String injectFaults() {
        FaultInjection injection = new FaultInjection(random.nextLong(), machine.clock()::advanceNs);
        Failure error = FAILURES.get(random.nextInt(FAILURES.size()));
        double probability = random.nextInt(3) == 0 ? 1 : random.nextDouble() * 0.3;
        Operation[] operations = error == Failure.NO_SPACE || error == Failure.SHORT_WRITE
                ? new Operation[] {Operation.WRITE, Operation.RESERVE, Operation.OPEN, Operation.MAKE_DIRECTORY}
                : new Operation[] {
                    Operation.WRITE, Operation.FORCE, Operation.RESERVE, Operation.MAP, Operation.TRUNCATE,
                    Operation.CLOSE, Operation.RENAME, Operation.DELETE, Operation.READ, Operation.OPEN
                };
        Operation one = operations[random.nextInt(operations.length)];
        Rule rule = random.nextBoolean() ? Rule.of(error, probability, one) : Rule.of(error, probability, operations);
        disk.inject(injection.with(rule.after(random.nextInt(1_000_000))));
        int length = 1 + random.nextInt(6);
        StringBuilder what = new StringBuilder("faults " + error + " of " + one);
        for (int i = 0; i < length && !disk.isOff(); i++) {
            what.append(", ").append(underFaults());
        }
        faults += injection.injected();
        boolean hurt = injection.injected() > 0;
        machine.heal();
        if (hurt && partitions.stream().anyMatch(each -> !each.isHealthy())) {
            disk.stop();
        }
        return what.toString();
    }

    private String underFaults() {
        SimulatedPartition partition = partitions.get(random.nextInt(partitions.size()));
        if (!partition.isHealthy()) {
            return background();
        }
        return switch (random.nextInt(6)) {
            case 0 -> background();
            case 1 -> partition.flush();
            case 2 -> truncate(partition);
            default -> partition.append();
        };
    }

    /** A log that has failed takes nothing, and goes on being read. */
    private String offline(SimulatedPartition partition) {
        disk.stop();
        return "offline " + partition.log().failure();
    }

    private String restart() {
        if (random.nextInt(3) == 0 && machine.isHealthy()) {
            boolean closed = machine.closeInOrder();
            if (closed && random.nextBoolean()) {
                machine.cutPower(CrashStyle.random(random));
            }
            machine.reopen(closed);
            return "close";
        }
        if (settings.crashes()) {
            machine.end(true);
            return "end";
        }
        return "nothing";
    }

    private void check() {
        for (SimulatedPartition partition : partitions) {
            partition.believeFlushed();
            if (partition.isHealthy()) {
                LogCheck.offsets(partition.log(), partition.model());
            }
        }
    }
}
