package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.checkpoint.SyncedPoint;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gap at the end of a segment is compaction's only where compaction has been; anywhere else it is a torn tail, or damage. */
class CompactedHoleTest {
    private static final int SIZE = 1000;
    private static final int BATCHES_A_SEGMENT = 20;
    private static final OpenState KILLED = new OpenState(false, 0, 0);

    @TempDir
    private Path temp;

    private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
    private final AppendResult result = new AppendResult();
    private final LogConfig config = LogConfig.builder()
            .segmentBytes(BATCHES_A_SEGMENT * SIZE)
            .indexIntervalBytes(3 * SIZE)
            .deletePolicy(false)
            .compactPolicy(true)
            .build();
    private final LogRuntime runtime = LogRuntime.start(new TestClock(TIME), new Events(), FileFaults.NONE);

    private final class Events implements LogListener {
        @Override
        public void tornTailCut(Path directory, long fromOffset, long position, long bytes, String reason) {
            events.add("cut at " + fromOffset + ": " + reason);
        }
    }

    @AfterEach
    void close() {
        runtime.close();
    }

    private Path directory() {
        return temp.resolve("t-0");
    }

    private PartitionLog open(OpenState state) {
        return PartitionLog.open(directory(), config, runtime, state);
    }

    private static void append(PartitionLog log, AppendResult result, int batches) {
        for (int i = 0; i < batches; i++) {
            AppendStatus status = log.appendAsLeader(keyed(), 0, AppendOrigin.CLIENT, result);
            assertEquals(AppendStatus.APPENDED, status, result::message);
        }
    }

    private static ByteBuffer keyed() {
        byte[] key = {'k'};
        int overhead =
                new RecordBatchBuilder().add(TIME, key, new byte[SIZE / 2]).sizeInBytes() - SIZE / 2;
        ByteBuffer batch = new RecordBatchBuilder()
                .add(TIME, key, new byte[SIZE - overhead])
                .build();
        assertEquals(SIZE, batch.remaining());
        return batch;
    }

    /** What a loss of power may leave of two segments of which only the second one reached the disk as a whole. */
    private void loseEndOfFirstSegment(long synced) throws IOException {
        PartitionLog log = open(OpenState.UNKNOWN);
        append(log, result, BATCHES_A_SEGMENT + 5);
        log.flush();
        log.abandon();
        Files.delete(SegmentFiles.path(directory(), 0, SegmentFiles.HEADER_SUMS));
        try (FileChannel file =
                FileChannel.open(SegmentFiles.path(directory(), 0, SegmentFiles.LOG), StandardOpenOption.WRITE)) {
            file.truncate(10L * SIZE);
        }
        SyncedOffsetFile.open(directory(), FileFaults.NONE).replace(synced);
    }

    @Test
    void endOfSegmentThatWasNeverCleanedIsMissed() throws IOException {
        loseEndOfFirstSegment(0);
        PartitionLog log = open(KILLED);
        assertEquals(10, log.logEndOffset(), events::toString);
        assertTrue(events.toString().contains("offsets 10 to 19 are in no segment"), events::toString);
        log.abandon();
    }

    /** Whoever made the file may have been killed before it was forced: lost, it would be that of another program, whose holes stay. */
    @Test
    void thatNothingWasCleanedIsOnTheDiskBeforeAnythingIsAppended() {
        open(OpenState.UNKNOWN).abandon();
        List<Path> forced = new ArrayList<>();
        FileFaults recording = (operation, file, position, length) -> {
            if (operation == FileFaults.Operation.FORCE) {
                forced.add(file);
            }
        };
        try (LogRuntime again = LogRuntime.start(new TestClock(TIME), new Events(), recording)) {
            PartitionLog.open(directory(), config, again, KILLED).abandon();
        }
        assertEquals(List.of(directory().resolve(SyncedOffsetFile.FILE_NAME), directory()), forced);
    }

    @Test
    void belowTheSyncedOffsetItIsDamage() throws IOException {
        loseEndOfFirstSegment(22);
        StorageException damage =
                assertThrows(StorageException.class, () -> open(KILLED).abandon());
        assertEquals(StorageException.Kind.DAMAGED, damage.kind());
        assertTrue(damage.getMessage().contains("offsets 10 to 19 are in no segment"), damage::getMessage);
    }

    @Test
    void whatWasCleanedKeepsItsHoles() throws IOException {
        loseEndOfFirstSegment(22);
        SyncedOffsetFile.open(directory(), FileFaults.NONE).cleaned(20);
        PartitionLog log = open(KILLED);
        assertEquals(25, log.logEndOffset());
        assertEquals("[]", events.toString());
        log.abandon();
    }

    /** Nobody has kept a file there: Kafka's cleaner may have been at work, and from now on it is known that it has been. */
    @Test
    void directoryOfAnotherProgramOpensWithItsHoles() throws IOException {
        loseEndOfFirstSegment(0);
        Files.delete(directory().resolve(SyncedOffsetFile.FILE_NAME));
        PartitionLog log = open(KILLED);
        assertEquals(25, log.logEndOffset());
        log.abandon();
        assertEquals(25, SyncedOffsetFile.open(directory(), FileFaults.NONE).cleanedBelow());
        open(KILLED).abandon();
        assertEquals("[]", events.toString());
    }

    /** It has used the directory since: what was known of the cleanings is not any more. */
    @Test
    void holesThatAnotherProgramHasMadeMeanwhileStay() throws IOException {
        loseEndOfFirstSegment(22);
        PartitionLog log = open(new OpenState(false, 0, 0, true, true));
        assertEquals(25, log.logEndOffset());
        log.abandon();
        assertEquals(25, SyncedOffsetFile.open(directory(), FileFaults.NONE).cleanedBelow());
    }

    @Test
    void newCompactedLogHasItOnTheDiskThatItWasNeverCleaned() {
        open(OpenState.UNKNOWN).abandon();
        SyncedOffsetFile file = SyncedOffsetFile.open(directory(), FileFaults.NONE);
        assertEquals(0, file.cleanedBelow());
        assertEquals(SyncedPoint.NOTHING.offset(), file.point().offset());
    }
}
