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
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The machine of one history: its disk and clock, and the process on it, which is started, stopped in order, killed, or loses its power.
 * After each start what was found is held against the twins. Used by one {@link Simulation}.
 */
final class SimulatedMachine {
    private static final long TOPIC_ID = 7;
    private static final int OPENINGS_MAX = 50;
    /** Few, so that idle segments give their files back and open them again. */
    private static final int OPEN_SEGMENTS_MAX = 3;

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
    private int crashes;
    private int kills;
    private int closes;

    SimulatedMachine(Path root, Random random, Settings settings, Extras extras) {
        this.root = root;
        this.random = random;
        this.settings = settings;
        history = new History(root);
        disk = new SimulatedDisk(root, clock);
        for (int i = 0; i < settings.partitions(); i++) {
            RandomBatches batches =
                    new RandomBatches(random, settings.valueBytesMax(), settings.aligned(), extras.isCompacted());
            ModelLog model = new ModelLog(settings.tombstonesStay());
            partitions.add(new SimulatedPartition("topic" + i, random, clock, disk, batches, extras, model));
        }
        damage = new Damage(root, random, disk, settings.faults(), extras);
    }

    List<SimulatedPartition> partitions() {
        return partitions;
    }

    SimulatedDisk disk() {
        return disk;
    }

    SimulatedClock clock() {
        return clock;
    }

    History history() {
        return history;
    }

    VirtualAgents agents() {
        return agents;
    }

    LogRuntime runtime() {
        return runtime;
    }

    LogDirectory directory() {
        return directory;
    }

    Path directoryOf(SimulatedPartition partition) {
        return root.resolve(new PartitionName(partition.topic(), 0).directoryName());
    }

    int crashes() {
        return crashes;
    }

    int kills() {
        return kills;
    }

    int closes() {
        return closes;
    }

    int damages() {
        return damage.count();
    }

    boolean isHealthy() {
        return partitions.stream().allMatch(SimulatedPartition::isHealthy);
    }

    void heal() {
        disk.inject(new FaultInjection(0, ns -> {}));
    }

    // ---- stops
    // ---------------------------------------------------------------------------------------------------------------------

    /** False where the end came in the middle of it. */
    boolean closeInOrder() {
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
    void end(boolean atRest) {
        boolean lossless = atRest && isHealthy();
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
            require(!strike.isFlip() || log.recovery().cutBytes() > 0, "cut in silence: " + log.recovery());
            partition.model().truncateTo(strike.batch().base(), true);
        }
        letGo();
        if (strike.below()) {
            damage.undo(strike);
        }
        disk.powerOn();
    }

    void cutPower(CrashStyle style) {
        crashes++;
        disk.cutPower(random, style);
    }

    void letGo() {
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

    // ---- starts
    // --------------------------------------------------------------------------------------------------------------------

    /** Opens the directory, and again where that is cut off in the middle. {@code exact}: nothing may be missing. */
    void reopen(boolean exact) {
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
}
