package io.millrace.log.simulation;

import static io.millrace.log.simulation.Disagreement.require;

import io.millrace.log.DrivenRuntime;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.PartitionLog;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.FaultInjection;
import io.millrace.mapped.FaultInjection.Failure;
import io.millrace.mapped.FaultInjection.Rule;
import io.millrace.mapped.FileFaults.Operation;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
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
    private static final long TOPIC_ID = 7;
    private static final int OPENINGS_MAX = 50;
    /** Few, so that idle segments give their files back and open them again. */
    private static final int OPEN_SEGMENTS_MAX = 3;

    private static final List<Failure> FAILURES = List.of(Failure.values());

    private final long seed;
    private final Path root;
    private final Random random;
    private final Settings settings;
    private final SimulatedClock clock = new SimulatedClock();
    private final SimulatedDisk disk;
    private final History history;
    private final List<SimulatedPartition> partitions = new ArrayList<>();
    private final Damage damage;

    private VirtualAgents agents;
    private LogRuntime runtime;
    private DirectoryLock lock;
    private LogDirectory directory;
    private int step;
    private int crashes;
    private int kills;
    private int closes;
    private long faults;

    private Simulation(long seed, Path root) {
        this.seed = seed;
        this.root = root;
        history = new History(root);
        random = new Random(scatter(seed));
        settings = Settings.random(random);
        disk = new SimulatedDisk(root, clock);
        for (int i = 0; i < settings.partitions(); i++) {
            RandomBatches batches = new RandomBatches(random, settings.valueBytesMax(), settings.aligned());
            partitions.add(new SimulatedPartition("topic" + i, random, clock, disk, batches));
        }
        damage = new Damage(root, random, disk, settings.faults());
    }

    /** Generators that are seeded with neighbours begin alike. */
    private static long scatter(long seed) {
        long mixed = (seed + 1) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        return mixed ^ (mixed >>> 27);
    }

    /**
     * Plays the history of a seed in an empty directory.
     *
     * @throws Disagreement with the seed, the step and the last steps before it
     */
    static Outcome run(long seed, Path emptyDirectory) {
        Simulation simulation = new Simulation(seed, emptyDirectory);
        try {
            return simulation.run();
        } catch (RuntimeException | AssertionError | InternalError e) {
            throw new Disagreement(simulation.describe(e), e);
        } finally {
            simulation.letGo();
        }
    }

    private String describe(Throwable e) {
        return "seed " + seed + " step " + step + ": " + (e instanceof Disagreement ? e.getMessage() : e.toString())
                + "\n  " + settings + "\n  last steps: " + history.latest() + "\n  again: "
                + SimulationCampaign.command(seed);
    }

    private Outcome run() {
        reopen(true);
        for (step = 1; step <= settings.steps(); step++) {
            try {
                history.add(step());
            } catch (StorageException e) {
                require(disk.isOff(), "a step failed without a fault: " + e);
            }
            if (disk.isOff()) {
                end(false);
                reopen(false);
            }
            check();
        }
        heal();
        boolean closed = closeInOrder();
        if (closed) {
            cutPower(CrashStyle.NOTHING_KEPT);
        }
        reopen(closed);
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
                crashes,
                kills,
                closes,
                faults,
                damage.count(),
                records);
    }

    // ---- one step
    // ------------------------------------------------------------------------------------------------------------------

    private String step() {
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
            case 0 -> agents.runOne(random);
            case 1 -> {
                while (agents.runOne(random)) {
                    // Until nothing waits.
                }
            }
            case 2 -> runtime.preparer().doWork();
            default -> {
                clock.advanceMs(random.nextInt(random.nextInt(10) == 0 ? 100_000 : 500));
                agents.runDue();
            }
        }
        noteLogStarts();
        return "agents";
    }

    private String housekeep() {
        clock.advanceMs(random.nextInt(2_000));
        directory.housekeep(clock.millis());
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
            boolean done =
                    partition.attempt("restart", () -> directory.truncateFullyAndStartAt(partition.topic(), 0, offset));
            if (done) {
                model.restartAt(offset, Promises.TRUNCATION_IS_FORCED);
            } else {
                model.maybeRestartedAt(offset);
                disk.stop();
            }
            return "restart at " + offset;
        }
        long offset = Math.max(model.start(), model.end() - random.nextInt(60));
        long end = model.endAfterCut(offset);
        boolean done = partition.attempt("truncate", () -> directory.truncate(Map.of(name, offset)));
        if (done) {
            model.truncateTo(Math.min(end, model.end()), Promises.TRUNCATION_IS_FORCED);
        } else {
            model.maybeTruncatedTo(end);
            disk.stop();
        }
        return "truncate to " + offset;
    }

    private String injectFaults() {
        FaultInjection injection = new FaultInjection(random.nextLong(), clock::advanceNs);
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
        heal();
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

    private void heal() {
        disk.inject(new FaultInjection(0, ns -> {}));
    }

    /** A log that has failed takes nothing, and goes on being read. */
    private String offline(SimulatedPartition partition) {
        disk.stop();
        return "offline " + partition.log().failure();
    }

    // ---- stops and starts
    // ----------------------------------------------------------------------------------------------------------

    private String restart() {
        if (random.nextInt(3) == 0 && partitions.stream().allMatch(SimulatedPartition::isHealthy)) {
            boolean closed = closeInOrder();
            if (closed && random.nextBoolean()) {
                cutPower(CrashStyle.random(random));
            }
            reopen(closed);
            return "close";
        }
        if (settings.crashes()) {
            end(true);
            return "end";
        }
        return "nothing";
    }

    /** False where the end came in the middle of it. */
    private boolean closeInOrder() {
        closes++;
        if (random.nextBoolean()) {
            while (agents.runOne(random)) {
                // What waits is done before.
            }
        }
        partitions.forEach(SimulatedPartition::believeFlushed);
        try {
            directory.close();
        } catch (StorageException e) {
            require(disk.isOff(), "the directory does not close: " + e);
        }
        if (disk.isOff()) {
            end(false);
            return false;
        }
        letGo();
        disk.setTimes();
        return true;
    }

    /** The process ends, or the machine. {@code atRest}: no operation was at work, and a kill alone loses nothing. */
    private void end(boolean atRest) {
        boolean lossless = atRest && partitions.stream().allMatch(SimulatedPartition::isHealthy);
        disk.stop();
        letGo();
        boolean mustCut = disk.forceFailed();
        heal();
        if (mustCut || random.nextInt(3) > 0) {
            cutPower(CrashStyle.random(random));
            lossless = false;
        } else {
            kills++;
            disk.powerOn();
            if (lossless && random.nextInt(3) == 0) {
                strike();
            }
        }
        if (atRest) {
            reopen(lossless);
        }
    }

    /** A disk that goes bad while the process is down: what was forced is reported and left alone, what was not is a torn tail. */
    private void strike() {
        Damage.Strike strike = damage.strike(partitions.get(random.nextInt(partitions.size())));
        if (strike == null) {
            return;
        }
        history.add("strike " + strike.batch() + (strike.below() ? " below" : " above"));
        SimulatedPartition partition = strike.partition();
        openDirectory();
        PartitionLog log = directory.log(partition.topic(), 0);
        if (strike.below()) {
            StorageException cause = directory.offline().get(new PartitionName(partition.topic(), 0));
            require(log == null && cause != null, "damage was not noticed: " + strike.batch() + " of " + log);
            require(cause.kind() == StorageException.Kind.DAMAGED, "damage was taken for something else: " + cause);
            require(strike.isUntouched(), "what was damaged was changed: " + strike.batch());
        } else {
            require(log != null, "a torn tail was taken for damage: " + directory.offline());
            require(log.logEndOffset() == strike.batch().base(), "cut elsewhere: " + strike.batch() + " of " + log);
            require(log.recovery().cutBytes() > 0, "cut in silence: " + log.recovery());
            partition.model().truncateTo(strike.batch().base(), true);
        }
        letGo();
        if (strike.below()) {
            damage.undo(strike);
        }
        disk.powerOn();
    }

    private void cutPower(CrashStyle style) {
        crashes++;
        disk.cutPower(random, style);
    }

    private void letGo() {
        if (directory != null) {
            directory.logs().forEach(PartitionLog::abandon);
        }
        if (lock != null) {
            lock.close();
        }
        if (runtime != null) {
            runtime.preparer().onClose();
            agents.shutdownNow();
        }
        directory = null;
        lock = null;
        runtime = null;
    }

    /** Opens the directory, and again where that is cut off in the middle. {@code exact}: nothing may be missing. */
    private void reopen(boolean exact) {
        boolean complete = exact;
        for (int i = 0; i < OPENINGS_MAX; i++) {
            if (settings.crashes() && random.nextInt(6) == 0) {
                disk.stopAfter(random.nextInt(60));
            }
            boolean opened = tryOpen();
            if (opened && !disk.isOff()) {
                disk.stopAfter(Long.MAX_VALUE);
                found(complete);
                return;
            }
            complete = false;
            disk.stop();
            letGo();
            if (random.nextBoolean()) {
                cutPower(CrashStyle.random(random));
            } else {
                kills++;
                disk.powerOn();
            }
        }
        throw new Disagreement("the directory could not be opened " + OPENINGS_MAX + " times in a row");
    }

    private boolean tryOpen() {
        try {
            openDirectory();
            for (SimulatedPartition partition : partitions) {
                open(partition);
            }
            return true;
        } catch (StorageException e) {
            require(disk.isOff(), "the directory does not open: " + e);
            return false;
        }
    }

    private void openDirectory() {
        agents = new VirtualAgents(clock);
        runtime = DrivenRuntime.of(clock, history.listener(), disk, OPEN_SEGMENTS_MAX, agents);
        lock = DirectoryLock.acquire(root, disk);
        directory = LogDirectory.open(
                root, lock, runtime, topic -> settings.config(), 1, settings.intervals(), LogListener.NONE);
    }

    private void open(SimulatedPartition partition) {
        PartitionLog existing = directory.log(partition.topic(), 0);
        boolean missing = existing == null && partition.wasCreated();
        require(
                !missing || disk.isOff(),
                "a log is gone: " + partition.topic() + " " + directory.offline() + " " + directory.report());
        PartitionLog log = directory.create(partition.topic(), 0, TOPIC_ID, TOPIC_ID, settings.config());
        partition.opened(log);
    }

    private void found(boolean exact) {
        for (SimulatedPartition partition : partitions) {
            PartitionLog log = partition.log();
            history.add(String.valueOf(log));
            partition.model().reopened(log.logStartOffset(), log.logEndOffset(), LogCheck.readAll(log), exact);
            partition.model().highWatermarkIs(log.highWatermark());
            LogCheck.everything(log, partition.model());
        }
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
