package io.millrace.log.simulation;

import static io.millrace.log.simulation.Disagreement.require;

import io.millrace.log.LogCleaner;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;

/** The steps of a history that only some kinds have: transactions, cleanings, and somebody else who cuts or deletes files. */
final class ExtraSteps {
    private static final CleanerSettings CLEANER =
            new CleanerSettings(false, 1, 64 << 10, 0.9, 64 << 10, Double.MAX_VALUE, 1);
    /** Within that time the housekeeping looks at the files of all logs. */
    private static final long FILE_CHECK_MS = 31_000;

    private final SimulatedMachine machine;
    private final Settings settings;
    private final Extras extras;
    private final Random random;

    private int cleanings;
    private int tampered;

    ExtraSteps(SimulatedMachine machine, Settings settings, Extras extras) {
        this.machine = machine;
        this.settings = settings;
        this.extras = extras;
        random = extras.random();
    }

    /** Takes one of these steps, where it is their turn; null where it is not. */
    String perhaps() {
        if (extras.isPlain()) {
            return null;
        }
        int dice = random.nextInt(100);
        SimulatedPartition partition =
                machine.partitions().get(random.nextInt(machine.partitions().size()));
        if (!partition.isHealthy()) {
            return null;
        }
        if (dice < 25 && extras.hasTransactions()) {
            return partition.transact();
        }
        if (dice >= 30 && dice < 37 && extras.isCompacted()) {
            return clean();
        }
        if (dice >= 40 && dice < 55 && extras.kind() == Kind.RECYCLED) {
            return keepUp(partition);
        }
        boolean tampers = dice == 99 && settings.crashes() && machine.isHealthy();
        return tampers ? tamper(partition) : null;
    }

    long markers() {
        return machine.partitions().stream()
                .mapToLong(SimulatedPartition::markers)
                .sum();
    }

    int cleanings() {
        return cleanings;
    }

    int tampered() {
        return tampered;
    }

    /** All is replicated, so that it may be deleted as the log rolls, and its files are there for the next segment. */
    private String keepUp(SimulatedPartition partition) {
        replicate(partition);
        machine.agents().runDue();
        return "replicated up to " + partition.model().end();
    }

    private static void replicate(SimulatedPartition partition) {
        partition.log().advanceHighWatermark(partition.model().end());
        partition.model().highWatermarkIs(partition.model().end());
    }

    // ---- the cleaner
    // ---------------------------------------------------------------------------------------------------------------

    /** Cleans what there is to be cleaned; in some histories the end comes at one of the operations that this is made of. */
    private String clean() {
        for (SimulatedPartition each : machine.partitions()) {
            if (random.nextInt(4) > 0 && each.isHealthy()) {
                replicate(each);
            }
            each.model().mayBeCleanedBelow(activeBase(each));
        }
        if (settings.crashes() && random.nextInt(4) == 0) {
            machine.disk().stopAfter(random.nextInt(60));
        }
        int completed;
        try (LogCleaner cleaner = LogCleaner.start(CLEANER, null, machine.runtime(), List.of(machine.directory()))) {
            completed = cleaner.cleanAll();
        }
        cleanings += completed;
        for (SimulatedPartition each : machine.partitions()) {
            String problem = each.log().cleaning().problem();
            require(problem == null, "not cleanable: " + problem + " " + each.log());
            if (!machine.disk().isOff() && each.isHealthy()) {
                LogCheck.everything(each.log(), each.model());
            }
        }
        return "cleaned " + completed;
    }

    private long activeBase(SimulatedPartition partition) {
        long[] bases = SegmentFiles.baseOffsets(machine.directoryOf(partition));
        return bases[bases.length - 1];
    }

    // ---- somebody else
    // -------------------------------------------------------------------------------------------------------------

    /**
     * A segment's file is cut or deleted under the engine. It has to say so within half a minute, and with the file back in its place
     * nothing may be missing that was on the disk.
     */
    private String tamper(SimulatedPartition partition) {
        long[] bases = SegmentFiles.baseOffsets(machine.directoryOf(partition));
        long base = bases[random.nextInt(bases.length)];
        Path file = SegmentFiles.path(machine.directoryOf(partition), base, SegmentFiles.LOG);
        byte[] before = SimulatedDisk.read(file);
        int written = ModelBatch.parse(ByteBuffer.wrap(before)).stream()
                .mapToInt(ModelBatch::size)
                .sum();
        if (written == 0) {
            return "nothing to cut";
        }
        boolean deletes = random.nextInt(3) == 0;
        int length = deletes ? 0 : random.nextInt(written);
        change(file, deletes, length);
        String what = (deletes ? "deleted " : "cut to " + length + " of " + written + " ") + file.getFileName();
        notice(partition, base, what);
        // Below the log start, and its neighbour still there where the power went before retention came to it: then it
        // is put back.
        boolean expired = hasLeft(partition, base)
                && !Files.exists(file)
                && follower(bases, base) != follower(SegmentFiles.baseOffsets(machine.directoryOf(partition)), base);
        machine.disk().stop();
        machine.letGo();
        if (expired) {
            machine.disk().forget(file);
        } else {
            machine.disk().damage(file, before);
        }
        tampered++;
        return what;
    }

    /** Base offset of the next segment, -1 if there is none. */
    private static long follower(long[] bases, long base) {
        for (long each : bases) {
            if (each > base) {
                return each;
            }
        }
        return -1;
    }

    private static void change(Path file, boolean deletes, int length) {
        try {
            if (deletes) {
                Files.delete(file);
                return;
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(length);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void notice(SimulatedPartition partition, long base, String what) {
        if (random.nextBoolean()) {
            try {
                partition.log().flush();
            } catch (StorageException e) {
                require(partition.log().failure() != null, "not taken for a failure: " + e);
            }
        }
        machine.clock().advanceMs(FILE_CHECK_MS);
        machine.directory().housekeep(machine.clock().millis());
        boolean noticed = partition.log().failure() != null || hasLeft(partition, base);
        require(noticed, what + " was not noticed: " + partition.log());
    }

    /** Whether retention has taken the segment meanwhile. */
    private boolean hasLeft(SimulatedPartition partition, long base) {
        for (long each : SegmentFiles.baseOffsets(machine.directoryOf(partition))) {
            if (each > base) {
                return partition.log().logStartOffset() >= each;
            }
        }
        return false;
    }
}
