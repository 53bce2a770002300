package io.millrace.log.epoch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaderEpochsTest {
    @TempDir
    Path directory;

    private LeaderEpochs epochs;
    private long logEndOffset = 100;

    @BeforeEach
    void open() {
        epochs = LeaderEpochs.open(directory, () -> logEndOffset, FileFaults.NONE);
    }

    @Test
    void emptyCacheKnowsNothing() {
        assertEquals(-1, epochs.latestEpoch());
        assertEquals(EpochEnd.UNDEFINED, epochs.endOffsetFor(0));
        assertEquals(-1, epochs.epochForOffset(5));
    }

    @Test
    void goldenFile() throws IOException {
        epochs.assign(0, 0);
        epochs.assign(3, 17);
        epochs.force(18);
        assertEquals("0\n2\n0 0\n3 17\n", Files.readString(directory.resolve("leader-epoch-checkpoint")));
    }

    @Test
    void sameEpochIsAssignedOnce() {
        epochs.assign(2, 10);
        epochs.assign(2, 15);
        assertEquals(List.of(new EpochStart(2, 10)), epochs.entries());
    }

    @Test
    void latestEpochEndsAtTheEndOfTheLog() {
        epochs.assign(2, 10);
        assertEquals(new EpochEnd(2, 100), epochs.endOffsetFor(2));
        logEndOffset = 120;
        assertEquals(new EpochEnd(2, 120), epochs.endOffsetFor(2));
    }

    /** KIP-101: an epoch ends where the next larger one begins. */
    @Test
    void earlierEpochEndsWhereTheNextBegins() {
        epochs.assign(1, 0);
        epochs.assign(2, 10);
        epochs.assign(4, 20);
        assertEquals(new EpochEnd(1, 10), epochs.endOffsetFor(1));
        assertEquals(new EpochEnd(2, 20), epochs.endOffsetFor(2));
    }

    /** KIP-279: for an epoch that the log never had, the largest one below it is named, so that the follower can go on asking. */
    @Test
    void unknownEpochInTheMiddleIsAnsweredWithTheOneBelow() {
        epochs.assign(1, 0);
        epochs.assign(2, 10);
        epochs.assign(4, 20);
        assertEquals(new EpochEnd(2, 20), epochs.endOffsetFor(3));
    }

    @Test
    void epochOlderThanAllEndsWhereTheFirstBegins() {
        epochs.assign(5, 30);
        epochs.assign(6, 40);
        assertEquals(new EpochEnd(2, 30), epochs.endOffsetFor(2));
    }

    @Test
    void epochNewerThanAllAndNoEpochAreUndefined() {
        epochs.assign(5, 30);
        assertEquals(EpochEnd.UNDEFINED, epochs.endOffsetFor(6));
        assertEquals(EpochEnd.UNDEFINED, epochs.endOffsetFor(-1));
    }

    @Test
    void contradictingEntriesAreDropped() {
        epochs.assign(1, 0);
        epochs.assign(2, 10);
        epochs.assign(3, 20);
        epochs.assign(4, 10);
        assertEquals(List.of(new EpochStart(1, 0), new EpochStart(4, 10)), epochs.entries());
        epochs.assign(2, 15);
        assertEquals(List.of(new EpochStart(1, 0), new EpochStart(2, 15)), epochs.entries());
    }

    @Test
    void truncationFromTheEndDropsEpochsThatBeginAtOrAboveIt() {
        assignThree();
        epochs.truncateFromEnd(20);
        assertEquals(List.of(new EpochStart(1, 0), new EpochStart(2, 10)), epochs.entries());
        epochs.truncateFromEnd(11);
        assertEquals(2, epochs.latestEpoch());
        epochs.truncateFromEnd(10);
        assertEquals(1, epochs.latestEpoch());
    }

    @Test
    void truncationFromTheStartMovesTheEpochItCuts() {
        assignThree();
        epochs.truncateFromStart(15);
        assertEquals(List.of(new EpochStart(2, 15), new EpochStart(3, 20)), epochs.entries());
        epochs.truncateFromStart(20);
        assertEquals(List.of(new EpochStart(3, 20)), epochs.entries());
        epochs.truncateFromStart(50);
        assertEquals(List.of(new EpochStart(3, 50)), epochs.entries());
    }

    @Test
    void truncationBelowEverythingChangesNothing() {
        epochs.assign(1, 10);
        epochs.truncateFromStart(5);
        epochs.truncateFromEnd(11);
        assertEquals(List.of(new EpochStart(1, 10)), epochs.entries());
    }

    @Test
    void offsetsHaveTheEpochTheyWereWrittenIn() {
        epochs.assign(1, 5);
        epochs.assign(3, 10);
        assertEquals(-1, epochs.epochForOffset(4));
        assertEquals(1, epochs.epochForOffset(5));
        assertEquals(1, epochs.epochForOffset(9));
        assertEquals(3, epochs.epochForOffset(10));
        assertEquals(3, epochs.epochForOffset(1000));
    }

    @Test
    void everythingIsThereAfterReopening() {
        assignThree();
        epochs.truncateFromStart(5);
        epochs.force(100);
        LeaderEpochs again = LeaderEpochs.open(directory, () -> 0, FileFaults.NONE);
        assertEquals(epochs.entries(), again.entries());
        epochs.clear();
        assertEquals(
                List.of(),
                LeaderEpochs.open(directory, () -> 0, FileFaults.NONE).entries());
    }

    @Test
    void damagedFileIsNamedAndCanBePassedOver() throws IOException {
        epochs.assign(1, 5);
        Files.writeString(directory.resolve("leader-epoch-checkpoint"), "0\n2\n1 5\n");
        StorageException damage = assertThrows(StorageException.class, this::open);
        assertEquals(StorageException.Kind.DAMAGED, damage.kind());
        assertEquals(
                List.of(),
                LeaderEpochs.openEmpty(directory, () -> 0, FileFaults.NONE).entries());
    }

    @Test
    void cutThatCannotBeWrittenIsNotPublished() {
        assignThree();
        epochs.force(100);
        FileFaults faults = (operation, file, position, length) -> {
            if (operation == FileFaults.Operation.FORCE) {
                throw new IOException("injected");
            }
        };
        LeaderEpochs failing = LeaderEpochs.open(directory, () -> 0, faults);
        assertThrows(StorageException.class, () -> failing.truncateFromEnd(15));
        assertEquals(3, failing.latestEpoch());
        failing.assign(4, 30);
        assertThrows(StorageException.class, () -> failing.force(31));
    }

    @Test
    void epochIsNotOnTheDiskBeforeItsRecordsAre() {
        assignThree();
        epochs.force(11);
        epochs.assign(4, 30);
        epochs.force(30);
        assertEquals(3, reopened().latestEpoch(), "no record of epoch 4 was forced");
        epochs.force(31);
        assertEquals(epochs.entries(), reopened().entries());
    }

    /** What a crash would bring back behind the records that came in its place. */
    @Test
    void contradictedEpochIsGoneFromTheFileAtOnce() {
        assignThree();
        epochs.force(100);
        epochs.truncateFromEnd(15);
        assertEquals(epochs.entries(), reopened().entries());
        epochs.assign(5, 16);
        epochs.force(17);
        epochs.assign(6, 12);
        assertEquals(List.of(new EpochStart(1, 0), new EpochStart(2, 10), new EpochStart(6, 12)), epochs.entries());
        assertEquals(epochs.entries(), reopened().entries());
    }

    @Test
    void epochsBelowTheLogStartMayStayInTheFile() {
        assignThree();
        epochs.force(100);
        epochs.truncateFromStart(12);
        epochs.assign(4, 40);
        assertEquals(
                List.of(2, 3, 4),
                epochs.entries().stream().map(EpochStart::epoch).toList());
        assertEquals(3, reopened().latestEpoch(), "nothing was written for it");
        LeaderEpochs again = reopened();
        again.truncateFromStart(12);
        again.assign(4, 40);
        assertEquals(epochs.entries(), again.entries());
        epochs.force(41);
        assertEquals(epochs.entries(), reopened().entries());
    }

    private LeaderEpochs reopened() {
        return LeaderEpochs.open(directory, () -> 0, FileFaults.NONE);
    }

    @Test
    void kafkaReadsOurFileAndWeReadKafkas() throws IOException {
        assignThree();
        epochs.force(21);
        LeaderEpochCheckpointFile kafka = new LeaderEpochCheckpointFile(
                directory.resolve("leader-epoch-checkpoint").toFile(), new LogDirFailureChannel(1));
        assertEquals(3, kafka.read().size());
        assertEquals(20, kafka.read().get(2).startOffset());
        kafka.write(kafka.read().subList(0, 2));
        open();
        assertEquals(List.of(new EpochStart(1, 0), new EpochStart(2, 10)), epochs.entries());
    }

    private void assignThree() {
        epochs.assign(1, 0);
        epochs.assign(2, 10);
        epochs.assign(3, 20);
    }
}
