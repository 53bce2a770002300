package io.millrace.log.simulation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.DrivenRuntime;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.DirectoryLock;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the simulation has found, each in as few steps as it takes. */
class PinnedHistoriesTest {
    private static final PartitionName NAME = new PartitionName("t", 0);

    @TempDir
    private Path root;

    private final SimulatedClock clock = new SimulatedClock();
    private final Random random = new Random(1);
    private final LogConfig config = LogConfig.builder().segmentBytes(4_000).build();
    private SimulatedDisk disk;
    private VirtualAgents agents;
    private LogRuntime runtime;
    private DirectoryLock lock;
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void start() {
        disk = new SimulatedDisk(root, clock);
        open();
    }

    private void open() {
        agents = new VirtualAgents(clock);
        runtime = DrivenRuntime.of(clock, LogListener.NONE, disk, 100, agents);
        lock = DirectoryLock.acquire(root, disk);
        directory = LogDirectory.open(root, lock, runtime, topic -> config, 1, LogListener.NONE);
        log = directory.create(NAME.topic(), NAME.partition(), 1, 1, config);
    }

    @AfterEach
    void letGo() {
        directory.logs().forEach(PartitionLog::abandon);
        lock.close();
        runtime.preparer().onClose();
        agents.shutdownNow();
    }

    private void cutPowerAndOpen(CrashStyle style) {
        disk.stop();
        letGo();
        disk.cutPower(random, style);
        open();
    }

    /** The process ends, the machine goes on: what was written is there, what was not forced may still be lost later. */
    private void killAndOpen() {
        disk.stop();
        letGo();
        disk.powerOn();
        open();
    }

    private void append(int batches) {
        for (int i = 0; i < batches; i++) {
            assertEquals(AppendStatus.APPENDED, tryAppend());
        }
    }

    /** Two records of 480 bytes: eight offsets fill a segment. */
    private AppendStatus tryAppend() {
        RecordBatchBuilder builder = new RecordBatchBuilder();
        builder.add(clock.millis(), null, new byte[400]).add(clock.millis(), null, new byte[400]);
        return log.appendAsLeader(builder.build(), 0, AppendOrigin.CLIENT, new AppendResult());
    }

    @Test
    void whatWasTruncatedStaysAwayAfterAnOrderlyCloseAndALossOfPower() {
        append(6);
        log.flush();
        directory.truncate(Map.of(NAME, 4L));
        directory.close();
        cutPowerAndOpen(CrashStyle.NOTHING_KEPT);
        assertEquals(4, log.logEndOffset());
    }

    @Test
    void aSegmentThatLostItsEndIsTheEndOfTheLog() {
        append(20);
        assertTrue(log.segmentCount() > 3, log::toString);
        cutPowerAndOpen(new CrashStyle(0.5, 0, 1));
        assertEquals(
                log.logEndOffset() - log.logStartOffset(),
                2L * LogCheck.readAll(log).size());
    }

    /** The recovery point stands at the first offset that there ever was, and the power goes between the old segment and the new one. */
    @Test
    void aTruncationThatLeavesNothingPromisesNothing() {
        for (int operations = 0; operations < 30; operations++) {
            directory.truncateFullyAndStartAt(NAME.topic(), NAME.partition(), 59);
            append(3);
            log.flush();
            clock.advanceMs(100_000);
            directory.housekeep(clock.millis());
            disk.stopAfter(operations);
            try {
                directory.truncate(Map.of(NAME, 59L));
            } catch (StorageException e) {
                assertTrue(disk.isOff(), () -> "failed without a reason: " + e);
            }
            killAndOpen();
            assertEquals(Map.of(), directory.offline());
        }
    }

    @Test
    void aFullDiskInTheMiddleOfATruncationTakesTheLogOffline() {
        append(20);
        disk.inject(new FaultInjection(1, ns -> {})
                .with(Rule.of(Failure.NO_SPACE, 1, Operation.OPEN)
                        .on(file -> file.toString().endsWith(".log"))));
        assertThrows(StorageException.class, () -> log.truncateFullyAndStartAt(50));
        disk.inject(new FaultInjection(1, ns -> {}));
        assertNotNull(log.failure());
        assertEquals(AppendStatus.OFFLINE, tryAppend());
        log.close();
    }

    @Test
    void aCutInsideABatchIsNotTakenForDamageLater() {
        append(6);
        log.flush();
        directory.housekeep(clock.millis() + 100_000);
        directory.truncate(Map.of(NAME, 5L));
        assertEquals(4, log.logEndOffset());
        append(1);
        cutPowerAndOpen(new CrashStyle(0, 1, 1));
        assertTrue(log.logEndOffset() >= 4, log::toString);
    }

    @Test
    void aRestartOfTheLogThatIsCutOffIsNoDamage() {
        append(6);
        log.flush();
        for (int operations = 0; operations < 40; operations++) {
            append(2);
            log.flush();
            disk.stopAfter(operations);
            try {
                directory.truncateFullyAndStartAt(NAME.topic(), NAME.partition(), log.logEndOffset() + 10);
            } catch (StorageException e) {
                assertTrue(disk.isOff(), e::toString);
            }
            cutPowerAndOpen(new CrashStyle(0.5, 0.5, 0.5));
            assertTrue(directory.offline().isEmpty(), directory.offline()::toString);
        }
    }

    @Test
    void aCutInsideTheBatchOfTheLogStartTakesTheStartWithIt() {
        append(4);
        log.advanceHighWatermark(8);
        log.advanceLogStartOffset(5);
        directory.housekeep(clock.millis() + 100_000);
        directory.truncate(Map.of(NAME, 5L));
        append(1);
        log.flush();
        killAndOpen();
        assertEquals(4, log.logStartOffset());
        assertEquals(6, log.logEndOffset());
        assertEquals(1, LogCheck.readAll(log).size());
    }

    @Test
    void aRestartBelowTheLogStartIsRemembered() {
        append(4);
        log.advanceHighWatermark(8);
        log.advanceLogStartOffset(8);
        directory.housekeep(clock.millis() + 100_000);
        directory.truncateFullyAndStartAt(NAME.topic(), NAME.partition(), 2);
        append(1);
        log.flush();
        killAndOpen();
        assertEquals(2, log.logStartOffset());
        assertEquals(4, log.logEndOffset());
    }

    /** The preparer watches the writer of a log that was busy; after a cut there is another writer. */
    @Test
    void whatIsAppendedAfterACutStaysWhenTheLogIsIdle() {
        append(4);
        runtime.preparer().doWork();
        directory.truncate(Map.of(NAME, 4L));
        append(1);
        for (int i = 0; i < 3; i++) {
            clock.advanceMs(10_000);
            runtime.preparer().doWork();
        }
        assertEquals(3, LogCheck.readAll(log).size());
        append(1);
        assertNull(log.failure());
    }

    @Test
    void zerosThatRecoveryHasTrimmedFromAFullSegmentStayAway() {
        append(4);
        runtime.preparer().doWork();
        log.flush();
        append(1);
        assertEquals(2, log.segmentCount());
        killAndOpen();
        log.flush();
        directory.housekeep(clock.millis() + 100_000);
        killAndOpen(); // the full segment is below the recovery point now, and is not looked at
        directory.close();
        cutPowerAndOpen(CrashStyle.NOTHING_KEPT);
        assertEquals(5, LogCheck.readAll(log).size());
    }

    @Test
    void aPartitionThatWasBeingMadeAtAKillIsOnTheDiskWhenItsRecordsAre() {
        for (int operations = 0; operations < 20; operations++) {
            int partition = operations + 1;
            disk.stopAfter(operations);
            try {
                directory.create(NAME.topic(), partition, 1, 1, config);
            } catch (StorageException e) {
                assertTrue(disk.isOff(), e::toString);
            }
            killAndOpen();
            log = directory.create(NAME.topic(), partition, 1, 1, config);
            append(1);
            log.flush();
            cutPowerAndOpen(CrashStyle.NOTHING_KEPT);
            assertEquals(
                    2, directory.create(NAME.topic(), partition, 1, 1, config).logEndOffset());
        }
    }

    @Test
    void whatACutHasTakenThatAKillHasInterruptedDoesNotComeBackBehindNewRecords() {
        for (int operations = 0; operations < 40; operations++) {
            append(3);
            log.flush();
            append(2);
            disk.stopAfter(operations);
            try {
                directory.truncate(Map.of(NAME, Math.max(log.logStartOffset(), log.logEndOffset() - 7)));
            } catch (StorageException e) {
                assertTrue(disk.isOff(), e::toString);
            }
            killAndOpen();
            clock.advanceMs(1); // other records than those that were cut
            append(4);
            List<ModelBatch> before = LogCheck.readAll(log);
            cutPowerAndOpen(new CrashStyle(0.5, 0.2, 0.5));
            List<ModelBatch> after = LogCheck.readAll(log);
            assertTrue(after.size() <= before.size(), "more than there was");
            for (int i = 0; i < after.size(); i++) {
                assertArrayEquals(before.get(i).bytes(), after.get(i).bytes());
            }
        }
    }

    @Test
    void anEpochOfADamagedHeaderIsNotRemembered() {
        append(4);
        log.flush();
        killAndOpen();
        disk.stop();
        letGo();
        Path file = root.resolve("t-0/00000000000000000000.log");
        byte[] sound = SimulatedDisk.read(file);
        byte[] harmed = sound.clone();
        harmed[RecordBatchDescriptor.LEADER_EPOCH + 1] ^= 0x20;
        disk.damage(file, harmed);
        disk.powerOn();
        assertThrows(StorageException.class, this::open);
        letGo();
        disk.damage(file, sound);
        disk.powerOn();
        open();
        assertEquals(0, log.epochs().latestEpoch());
    }

    /** Its batches were forced with those of a later segment, its indexes were still waiting for their turn. */
    @Test
    void indexesOfAShortSegmentWhoseSealHadNotEndedAreMadeAnew() {
        for (int operations = 0; operations < 30; operations++) {
            clock.advanceMs(1_000);
            long first = log.logEndOffset();
            append(9);
            log.flush();
            directory.housekeep(clock.millis() + 100_000);
            disk.stopAfter(operations);
            while (agents.runOne(random)) {
                // Until the seals are done, or the power is off.
            }
            cutPowerAndOpen(new CrashStyle(0, 0, 1));
            try (LogSlice found = log.firstBatchAtOrAfter(clock.millis(), Long.MAX_VALUE)) {
                assertNotNull(found);
                assertEquals(first, found.firstBatchOffset());
            }
        }
    }
}
