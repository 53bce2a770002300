package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.readAll;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage below what was synced is reported exactly, and nothing is cut; above it is a torn tail. */
class LogDamageTest {
    private static final int SIZE = 1000;
    private static final OpenState KILLED = new OpenState(false, 0, 0);

    @TempDir
    private Path temp;

    private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
    private final LogRuntime runtime = LogRuntime.start(new TestClock(TIME), new Events(), FileFaults.NONE);
    private final AppendResult result = new AppendResult();
    private PartitionLog log;

    private final class Events implements LogListener {
        @Override
        public void tornTailCut(Path directory, long fromOffset, long position, long bytes, String reason) {
            events.add("cut at " + fromOffset + " position " + position + ", " + bytes + " bytes: " + reason);
        }

        @Override
        public void segmentDeleted(Path directory, long baseOffset, long bytes, String reason) {
            events.add("deleted " + baseOffset + ": " + reason);
        }
    }

    @BeforeEach
    void open() {
        log = open(KILLED);
    }

    @AfterEach
    void close() {
        log.abandon();
        runtime.close();
    }

    private PartitionLog open(OpenState state) {
        LogConfig config = LogConfig.builder()
                .segmentBytes(20 * SIZE)
                .indexIntervalBytes(3 * SIZE)
                .build();
        return PartitionLog.open(temp.resolve("t-0"), config, runtime, state);
    }

    private void append(int batches) {
        append(batches, 7);
    }

    private void append(int batches, int epoch) {
        for (int i = 0; i < batches; i++) {
            AppendStatus status = log.appendAsLeader(sized(TIME, SIZE), epoch, AppendOrigin.CLIENT, result);
            assertEquals(AppendStatus.APPENDED, status);
        }
    }

    private Path segment(long baseOffset) {
        return SegmentFiles.path(log.directory(), baseOffset, SegmentFiles.LOG);
    }

    private static void flip(Path file, int at, int bit) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            bytes[at] ^= (byte) (1 << bit);
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Opens it again, and closes it by a kill where that works. */
    private StorageException damage() {
        return assertThrows(StorageException.class, () -> {
            log = open(KILLED);
            log.abandon();
        });
    }

    private void assertDamageAt(int position, long offset) {
        StorageException damage = damage();
        assertEquals(StorageException.Kind.DAMAGED, damage.kind());
        assertEquals(segment(0), damage.file());
        assertEquals(position, damage.position(), damage.getMessage());
        assertTrue(String.valueOf(damage.getMessage()).contains("offset " + offset + ": "), damage.getMessage());
    }

    @Test
    void everyBitOfAHeaderBelowTheSyncedOffsetIsReportedExactlyAndNothingIsCut() throws IOException {
        append(10);
        log.flush();
        log.abandon();
        byte[] sound = Files.readAllBytes(segment(0));
        // The first batch, one in the middle, one behind the last entry of the sums: the synced offset has the sum of
        // that.
        for (int batch : new int[] {0, 5, 9}) {
            int step = batch == 5 ? 1 : 11;
            for (int bit = 0; bit < 8 * RecordBatchDescriptor.MAGIC; bit += step) {
                int at = batch * SIZE + bit / 8;
                flip(segment(0), at, bit % 8);
                byte[] harmed = Files.readAllBytes(segment(0));
                assertDamageAt(batch * SIZE, batch);
                assertArrayEquals(harmed, Files.readAllBytes(segment(0)));
                flip(segment(0), at, bit % 8);
            }
        }
        assertArrayEquals(sound, Files.readAllBytes(segment(0)));
        log = open(KILLED);
        assertEquals(10, readAll(log, 0, Long.MAX_VALUE).size());
        assertEquals(List.of(), List.copyOf(events));
    }

    @Test
    void wrongBytesOfRecordsBelowTheSyncedOffsetAreReportedExactly() throws IOException {
        append(10);
        log.flush();
        append(5);
        log.abandon();
        for (int at = RecordBatchDescriptor.MAGIC; at < SIZE; at += 67) {
            flip(segment(0), 9 * SIZE + at, at % 8);
            assertDamageAt(9 * SIZE, 9);
            flip(segment(0), 9 * SIZE + at, at % 8);
        }
        log = open(KILLED);
        assertEquals(15, log.logEndOffset());
    }

    @Test
    void aboveTheSyncedOffsetItIsATornTail() {
        append(10);
        log.flush();
        append(5);
        log.abandon();
        flip(segment(0), 12 * SIZE + 500, 3);
        log = open(KILLED);
        assertEquals(12, log.logEndOffset());
        assertEquals(10, log.flushedOffset());
        String event = String.valueOf(events.poll());
        assertTrue(event.startsWith("cut at 12 position 12000, 2999 bytes: batch checksum mismatch"), event);
        assertTrue(event.contains("; 2000 of the bytes behind it are whole batches"), event);
    }

    @Test
    void aWrongLeaderEpochAboveTheSyncedOffsetIsCutWithWhatFollows() {
        append(3);
        log.flush();
        append(12);
        log.abandon();
        flip(segment(0), 5 * SIZE + RecordBatchDescriptor.LEADER_EPOCH, 1);
        log = open(KILLED);
        assertEquals(5, log.logEndOffset());
        assertEquals(7, log.epochs().latestEpoch());
        String event = String.valueOf(events.poll());
        assertTrue(event.startsWith("cut at 5 position 5000, 10000 bytes: leader epoch reads "), event);
        append(2);
        assertEquals(7, readAll(log, 0, Long.MAX_VALUE).size());
    }

    @Test
    void bytesThatAreMissingBelowTheSyncedOffsetAreDamage() throws IOException {
        append(10);
        log.flush();
        log.abandon();
        byte[] sound = Files.readAllBytes(segment(0));
        Files.write(segment(0), Arrays.copyOf(sound, 6 * SIZE)); // cut at a batch
        assertDamageAt(6 * SIZE, 6);
        Files.write(segment(0), Arrays.copyOf(sound, 6 * SIZE + 500)); // cut inside one
        assertDamageAt(6 * SIZE, 6);
        byte[] zeros = sound.clone();
        Arrays.fill(zeros, 6 * SIZE, zeros.length, (byte) 0);
        Files.write(segment(0), zeros);
        assertDamageAt(6 * SIZE, 6);
        Files.delete(segment(0));
        assertTrue(String.valueOf(damage().getMessage()).contains("no segment file is left"));
        Files.write(segment(0), sound);
        log = open(KILLED);
        assertEquals(10, log.logEndOffset());
    }

    @Test
    void aSegmentThatIsMissingIsAHoleAndNotSilence() throws IOException {
        append(50);
        log.flush();
        log.abandon();
        Path middle = segment(20);
        byte[] bytes = Files.readAllBytes(middle);
        Files.delete(middle);
        StorageException damage = damage();
        assertTrue(
                String.valueOf(damage.getMessage()).contains("offsets 20 to 39 are in no segment"),
                damage.getMessage());
        Files.write(middle, bytes);
        // The same where nothing was synced: what is left is a beginning, never a log with a hole.
        Files.delete(log.directory().resolve(SyncedOffsetFile.FILE_NAME));
        Files.delete(middle);
        log = open(KILLED);
        assertEquals(20, log.logEndOffset());
        assertEquals(1, log.segmentCount());
    }

    @Test
    void unsyncedEndOfASegmentThatIsLostTakesTheNextOneWithIt() throws IOException {
        append(30);
        log.abandon();
        Files.deleteIfExists(log.directory().resolve(SyncedOffsetFile.FILE_NAME));
        byte[] first = Files.readAllBytes(segment(0));
        Arrays.fill(first, 15 * SIZE, first.length, (byte) 0);
        Files.write(segment(0), first);
        log = open(KILLED);
        assertEquals(15, log.logEndOffset());
        assertEquals(15, readAll(log, 0, Long.MAX_VALUE).size());
        assertTrue(events.toString().contains("deleted 20: behind a torn batch"), events.toString());
    }

    @Test
    void sealedSegmentBelowTheRecoveryPointIsLookedAtWithoutAScan() throws IOException {
        append(50);
        log.close();
        OpenState above = new OpenState(false, 45, 0);
        log = open(above);
        assertEquals(1, log.recovery().scannedSegments());
        log.abandon();
        byte[] sound = Files.readAllBytes(segment(0));
        Files.write(segment(0), Arrays.copyOf(sound, 19 * SIZE));
        StorageException cut = assertThrows(StorageException.class, () -> open(above));
        assertTrue(String.valueOf(cut.getMessage()).contains("file has 19000 bytes, it had 20000"), cut.getMessage());
        Files.write(segment(0), sound);
        flip(segment(0), 19 * SIZE + RecordBatchDescriptor.LEADER_EPOCH, 2);
        StorageException wrong = assertThrows(StorageException.class, () -> open(above));
        assertEquals(19 * SIZE, wrong.position());
        Files.write(segment(0), sound);
        log = open(above);
        assertEquals(50, readAll(log, 0, Long.MAX_VALUE).size());
    }

    @Test
    void truncationLowersWhatIsPromisedFirst() {
        append(10);
        log.flush();
        log.truncateTo(6);
        SyncedOffsetFile file = SyncedOffsetFile.open(log.directory(), FileFaults.NONE);
        assertEquals(6, file.point().offset());
        assertEquals(6, log.recoveryPoint());
        append(1);
        log.abandon();
        flip(segment(0), 6 * SIZE + 300, 0);
        log = open(KILLED);
        assertEquals(6, log.logEndOffset());
        assertNotNull(events.poll());
    }

    @Test
    void headerSumsFollowTruncationsAndRestarts() {
        append(15);
        log.truncateTo(11);
        append(8); // 19 batches
        log.close();
        log = open(new OpenState(true, 19, 0));
        append(1);
        log.truncateTo(2);
        append(30);
        log.flush();
        log.abandon();
        for (int batch : new int[] {0, 1, 2, 10, 19}) {
            flip(segment(0), batch * SIZE + RecordBatchDescriptor.LEADER_EPOCH + 3, 4);
            assertDamageAt(batch * SIZE, batch);
            flip(segment(0), batch * SIZE + RecordBatchDescriptor.LEADER_EPOCH + 3, 4);
        }
        log = open(KILLED);
        assertEquals(32, log.logEndOffset());
    }

    @Test
    void whatOthersWroteIsNotMeasuredByOurSums() throws IOException {
        append(18);
        log.close();
        // Another program has taken the last batches back and appended its own, then it was killed.
        byte[] bytes = Files.readAllBytes(segment(0));
        ByteBuffer other = sized(TIME, SIZE);
        RecordBatchDescriptor.assign(other, 0, 9, 8);
        byte[] shorter = Arrays.copyOf(bytes, 10 * SIZE);
        other.get(shorter, 9 * SIZE, SIZE);
        Files.write(segment(0), shorter);
        log = open(new OpenState(false, 9, 0, false, true));
        assertEquals(10, log.logEndOffset());
        assertEquals(9, log.recoveryPoint());
        append(1, 8);
        log.abandon();
        log = open(KILLED);
        assertEquals(11, log.logEndOffset());
    }
}
