package io.millrace.log.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerStatesTest {
    private static final long DAY_MS = 24L * 60 * 60 * 1000;
    private static final long PID = 7;
    private static final short EPOCH = 2;

    @TempDir
    Path directory;

    private ProducerStates states;
    private long endOffset;

    @BeforeEach
    void open() {
        states = ProducerStates.open(directory, DAY_MS, FileFaults.NONE);
    }

    @Test
    void unknownProducerMayBeginAnywhere() {
        assertEquals(ProducerVerdict.ACCEPTED, check(EPOCH, 0, 4));
        assertEquals(ProducerVerdict.ACCEPTED, check(EPOCH, 1000, 1004));
    }

    @Test
    void checkAloneChangesNothing() {
        check(EPOCH, 0, 4);
        assertEquals(0, states.size());
        assertEquals(ProducerVerdict.ACCEPTED, check(EPOCH, 0, 4));
    }

    @Test
    void sequencesMustFollowWithoutGap() {
        append(EPOCH, 0, 4);
        assertEquals(ProducerVerdict.ACCEPTED, check(EPOCH, 5, 9));
        assertEquals(ProducerVerdict.OUT_OF_ORDER_SEQUENCE, check(EPOCH, 6, 9));
        assertEquals(ProducerVerdict.OUT_OF_ORDER_SEQUENCE, check(EPOCH, 3, 6));
    }

    @Test
    void eachOfTheLastFiveBatchesIsADuplicateWithItsOffsets() {
        for (int i = 0; i < 6; i++) {
            append(EPOCH, i * 10, i * 10 + 9);
        }
        for (int i = 1; i < 6; i++) {
            assertEquals(ProducerVerdict.DUPLICATE, check(EPOCH, i * 10, i * 10 + 9));
            assertEquals(i * 10L, states.duplicateFirstOffset());
            assertEquals(i * 10L + 9, states.duplicateLastOffset());
            assertEquals(1000 + i * 10L, states.duplicateTimestampMs());
        }
        assertEquals(ProducerVerdict.OUT_OF_ORDER_SEQUENCE, check(EPOCH, 0, 9));
        assertEquals(ProducerVerdict.OUT_OF_ORDER_SEQUENCE, check(EPOCH, 10, 18));
    }

    @Test
    void sequencesWrapAfterTheLargestInt() {
        int max = Integer.MAX_VALUE;
        append(EPOCH, max - 4, max);
        assertEquals(ProducerVerdict.ACCEPTED, check(EPOCH, 0, 4));
        append(EPOCH, 0, 4);
        append(EPOCH, 5, 9);
        assertEquals(ProducerVerdict.DUPLICATE, check(EPOCH, max - 4, max));
        assertEquals(0, states.duplicateFirstOffset());
    }

    @Test
    void aBatchThatWrapsInTheMiddleIsFoundAgain() {
        int max = Integer.MAX_VALUE;
        append(EPOCH, max - 2, max - 1);
        append(EPOCH, max, 3);
        assertEquals(ProducerVerdict.ACCEPTED, check(EPOCH, 4, 5));
        assertEquals(ProducerVerdict.DUPLICATE, check(EPOCH, max, 3));
        assertEquals(2, states.duplicateFirstOffset());
        assertEquals(6, states.duplicateLastOffset());
    }

    @Test
    void newEpochBeginsAtZeroAndFencesTheOldOne() {
        append(EPOCH, 0, 4);
        short next = EPOCH + 1;
        assertEquals(ProducerVerdict.OUT_OF_ORDER_SEQUENCE, check(next, 5, 9));
        assertEquals(ProducerVerdict.ACCEPTED, check(next, 0, 4));
        append(next, 0, 0);
        assertEquals(ProducerVerdict.INVALID_PRODUCER_EPOCH, check(EPOCH, 5, 9));
        assertEquals(ProducerVerdict.INVALID_PRODUCER_EPOCH, check(EPOCH, 0, 4));
        assertEquals(ProducerVerdict.ACCEPTED, check(next, 1, 1));
    }

    @Test
    void coordinatorsAreCheckedForEpochsOnly() {
        append(EPOCH, 0, 4);
        assertEquals(ProducerVerdict.ACCEPTED, states.check(PID, EPOCH, -1, -1, true, false));
        assertEquals(
                ProducerVerdict.INVALID_PRODUCER_EPOCH, states.check(PID, (short) (EPOCH - 1), -1, -1, true, false));
    }

    @Test
    void plainBatchIsRefusedInsideATransaction() {
        appendTransactional(PID, 0, 1);
        assertEquals(ProducerVerdict.INVALID_TXN_STATE, check(EPOCH, 2, 3));
        assertEquals(ProducerVerdict.ACCEPTED, states.check(PID, EPOCH, 2, 3, true, true));
    }

    @Test
    void transactionsHoldTheLastStableOffsetBackUntilTheirMarkerIsReplicated() {
        assertEquals(ProducerStates.NO_OFFSET, states.firstUnstableOffset());
        appendTransactional(1, 0, 4);
        appendTransactional(2, 0, 4);
        assertEquals(0, states.firstUndecidedOffset());
        CompletedTransaction first = marker(1, EPOCH, false);
        assertEquals(new CompletedTransaction(1, 0, 10, false, 5), first);
        states.complete(first);
        assertEquals(5, states.firstUndecidedOffset());
        assertEquals(0, states.firstUnstableOffset());
        states.onHighWatermark(10);
        assertEquals(0, states.firstUnstableOffset());
        states.onHighWatermark(11);
        assertEquals(5, states.firstUnstableOffset());
        CompletedTransaction second = marker(2, EPOCH, true);
        assertEquals(new CompletedTransaction(2, 5, 11, true, 12), second);
        assertEquals(12, second.toAborted().lastStableOffset());
        states.complete(second);
        states.onHighWatermark(12);
        assertEquals(ProducerStates.NO_OFFSET, states.firstUnstableOffset());
    }

    @Test
    void markerWithoutTransactionCompletesNothing() {
        assertNull(marker(PID, EPOCH, true));
        append(EPOCH, 0, 0);
        assertNull(marker(PID, EPOCH, false));
    }

    @Test
    void markersOfOldEpochsAndOldCoordinatorsAreFenced() {
        appendTransactional(PID, 0, 0);
        assertEquals(ProducerVerdict.INVALID_PRODUCER_EPOCH, states.checkMarker(PID, (short) (EPOCH - 1), 5, 0));
        assertEquals(ProducerVerdict.ACCEPTED, states.checkMarker(PID, EPOCH, 5, 0));
        assertEquals(ProducerVerdict.INVALID_PRODUCER_EPOCH, states.checkMarker(PID, EPOCH, 5, 2));
        assertEquals(ProducerVerdict.ACCEPTED, states.checkMarker(PID, (short) (EPOCH + 1), 5, 2));
        states.complete(states.appendMarker(PID, (short) (EPOCH + 1), 5, false, endOffset++, 9));
        assertEquals(ProducerVerdict.ACCEPTED, states.checkMarker(PID, (short) (EPOCH + 1), 5, 2));
        assertEquals(ProducerVerdict.COORDINATOR_FENCED, states.checkMarker(PID, (short) (EPOCH + 1), 4, 2));
    }

    @Test
    void afterAMarkerThatRaisesTheEpochSequencesBeginAtZero() {
        appendTransactional(PID, 0, 5);
        short raised = EPOCH + 1;
        states.complete(marker(PID, raised, false));
        assertEquals(ProducerVerdict.OUT_OF_ORDER_SEQUENCE, states.check(PID, raised, 6, 7, true, true));
        assertEquals(ProducerVerdict.ACCEPTED, states.check(PID, raised, 0, 1, true, true));
    }

    @Test
    void silentProducersExpireUnlessTheirTransactionIsOpen() {
        append(EPOCH, 0, 4);
        appendTransactional(99, 0, 0);
        assertEquals(0, states.expire(1000 + DAY_MS - 1));
        assertEquals(1, states.expire(1005 + DAY_MS));
        assertNull(states.get(PID));
        assertNotNull(states.get(99));
    }

    @Test
    void snapshotBringsBackWhatThereWas() {
        append(EPOCH, 0, 4);
        appendTransactional(8, 0, 2);
        states.complete(marker(8, EPOCH, true));
        appendTransactional(8, 3, 3);
        states.advanceTo(endOffset);
        assertEquals(directory.resolve("00000000000000000010.snapshot"), states.takeSnapshot(true));
        assertNull(states.takeSnapshot(true));
        ProducerStates loaded = ProducerStates.open(directory, DAY_MS, FileFaults.NONE);
        assertEquals(10, loaded.truncateAndReload(0, 20, 2000));
        assertEquals(2, loaded.size());
        assertEquals(ProducerVerdict.DUPLICATE, loaded.check(PID, EPOCH, 0, 4, false, true));
        assertEquals(ProducerVerdict.ACCEPTED, loaded.check(8, EPOCH, 4, 4, true, true));
        assertEquals(9, loaded.firstUndecidedOffset());
        assertEquals(3, loaded.get(8).coordinatorEpoch());
    }

    @Test
    void loadingForgetsTheExpired() {
        append(EPOCH, 0, 4);
        states.advanceTo(endOffset);
        states.takeSnapshot(false);
        ProducerStates loaded = ProducerStates.open(directory, DAY_MS, FileFaults.NONE);
        loaded.truncateAndReload(0, endOffset, 1000 + DAY_MS);
        assertEquals(0, loaded.size());
    }

    @Test
    void damagedSnapshotIsDeletedAndTheOlderOneLoaded() throws IOException {
        append(EPOCH, 0, 4);
        states.advanceTo(endOffset);
        states.takeSnapshot(true);
        append(EPOCH, 5, 9);
        states.advanceTo(endOffset);
        Path newer = states.takeSnapshot(true);
        byte[] bytes = Files.readAllBytes(newer);
        bytes[20] ^= 4;
        Files.write(newer, bytes);
        ProducerStates loaded = ProducerStates.open(directory, DAY_MS, FileFaults.NONE);
        assertEquals(5, loaded.truncateAndReload(0, 10, 2000));
        assertFalse(Files.exists(newer));
        assertEquals(4, loaded.get(PID).lastSequence());
    }

    @Test
    void truncationKeepsSnapshotsInRangeOnly() {
        for (int i = 0; i < 4; i++) {
            append(EPOCH, i * 5, i * 5 + 4);
            states.advanceTo(endOffset);
            states.takeSnapshot(false);
        }
        assertEquals(15, states.truncateAndReload(5, 17, 2000));
        assertEquals(15, states.latestSnapshotOffset());
        assertFalse(Files.exists(directory.resolve("00000000000000000005.snapshot")));
        assertFalse(Files.exists(directory.resolve("00000000000000000020.snapshot")));
        assertEquals(14, states.get(PID).lastSequence());
        states.truncateFullyAndStartAt(50);
        assertTrue(states.isEmpty());
        assertEquals(-1, states.latestSnapshotOffset());
        assertEquals(50, states.mapEndOffset());
    }

    @Test
    void straySnapshotsGoButTheOneOfACleanStop() {
        for (int i = 0; i < 4; i++) {
            append(EPOCH, i * 5, i * 5 + 4);
            states.advanceTo(endOffset);
            states.takeSnapshot(false);
        }
        states.removeStraySnapshots(List.of(0L, 10L));
        assertTrue(Files.exists(directory.resolve("00000000000000000010.snapshot")));
        assertTrue(Files.exists(directory.resolve("00000000000000000020.snapshot")));
        assertFalse(Files.exists(directory.resolve("00000000000000000005.snapshot")));
        assertFalse(Files.exists(directory.resolve("00000000000000000015.snapshot")));
        states.removeStraySnapshots(List.of(0L, 30L));
        assertEquals(-1, states.latestSnapshotOffset());
    }

    @Test
    void batchesAreReadFromTheirBytes() {
        ByteBuffer data = new RecordBatchBuilder()
                .baseOffset(40)
                .producer(PID, EPOCH, 0)
                .transactional()
                .add(5, null, new byte[1])
                .add(6, null, new byte[1])
                .build();
        ByteBuffer marker = RecordBatchBuilder.endTransaction(PID, EPOCH, 12, true, 7);
        RecordBatchDescriptor.assign(marker, 0, 42, 0);
        assertNull(states.append(data, 0));
        assertEquals(40, states.firstUndecidedOffset());
        assertEquals(new CompletedTransaction(PID, 40, 42, false, 43), states.append(marker, 0));
        assertEquals(12, states.get(PID).coordinatorEpoch());
        assertEquals(7, states.get(PID).lastTimestampMs());
        assertNull(states.append(new RecordBatchBuilder().add(1, null, null).build(), 0));
        assertEquals(1, states.size());
    }

    private ProducerVerdict check(short epoch, int first, int last) {
        return states.check(PID, epoch, first, last, false, true);
    }

    private void append(short epoch, int first, int last) {
        int delta = RecordBatchDescriptor.decrementSequence(last, first);
        assertEquals(ProducerVerdict.ACCEPTED, check(epoch, first, last));
        states.append(PID, epoch, last, endOffset, endOffset + delta, 1000 + endOffset, false);
        endOffset += delta + 1;
    }

    private void appendTransactional(long producerId, int first, int last) {
        states.append(producerId, EPOCH, last, endOffset, endOffset + last - first, 1000, true);
        endOffset += last - first + 1;
    }

    private CompletedTransaction marker(long producerId, short epoch, boolean abort) {
        return states.appendMarker(producerId, epoch, 3, abort, endOffset++, 1000);
    }
}
