package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.readAll;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A file that was an older segment before: behind its batches, or in place of them, stand whole ones with lower offsets. */
class StaleBytesTest {
    private static final int SIZE = 1000;
    private static final long BASE = 100;
    private static final OpenState KILLED = new OpenState(false, 0, 0);

    @TempDir
    private Path temp;

    private final ConcurrentLinkedQueue<String> deleted = new ConcurrentLinkedQueue<>();
    private final LogRuntime runtime = LogRuntime.start(new TestClock(TIME), new Deletions(), FileFaults.NONE);
    private PartitionLog log;

    private final class Deletions implements LogListener {
        @Override
        public void segmentDeleted(Path directory, long baseOffset, long bytes, String reason) {
            deleted.add(baseOffset + ": " + reason);
        }
    }

    @BeforeEach
    void begin() {
        open();
        log.truncateFullyAndStartAt(BASE);
        deleted.clear();
    }

    @AfterEach
    void close() {
        log.abandon();
        runtime.close();
    }

    private void open() {
        LogConfig config = LogConfig.builder()
                .segmentBytes(20 * SIZE)
                .indexIntervalBytes(3 * SIZE)
                .build();
        log = PartitionLog.open(temp.resolve("t-0"), config, runtime, KILLED);
    }

    private void append(int batches) {
        for (int i = 0; i < batches; i++) {
            AppendStatus status = log.appendAsLeader(sized(TIME, SIZE), 7, AppendOrigin.CLIENT, new AppendResult());
            assertEquals(AppendStatus.APPENDED, status);
        }
    }

    /** Kills the process and leaves in the first segment's file its batches, zeros, and what is left of older batches. */
    private void killWithStaleTail(int batches, int zeros, int cutOff) throws IOException {
        log.abandon();
        Path file = SegmentFiles.path(log.directory(), BASE, SegmentFiles.LOG);
        byte[] own = Arrays.copyOf(Files.readAllBytes(file), batches * SIZE);
        ByteBuffer older = ByteBuffer.allocate(3 * SIZE);
        for (int i = 0; i < 3; i++) {
            older.put(sized(TIME, SIZE));
            RecordBatchDescriptor.assign(older, i * SIZE, 40 + i, 7);
        }
        ByteBuffer all = ByteBuffer.allocate(own.length + zeros + older.capacity() - cutOff);
        all.put(own).position(own.length + zeros).put(older.array(), cutOff, older.capacity() - cutOff);
        Files.write(file, all.array());
    }

    @ParameterizedTest
    @CsvSource({"12, 0", "0, 0", "12, 300", "0, 300"})
    void isNoPartOfTheActiveSegment(int zeros, int cutOff) throws IOException {
        append(5);
        log.flush();
        killWithStaleTail(5, zeros, cutOff);
        open();
        assertEquals(BASE + 5, log.logEndOffset());
        append(1);
        assertEquals(6, readAll(log, BASE, Long.MAX_VALUE).size());
    }

    @ParameterizedTest
    @CsvSource({"12, 0", "0, 0", "12, 300", "0, 300"})
    void doesNotEndTheLogInASegmentThatHasRolled(int zeros, int cutOff) throws IOException {
        append(25);
        log.flush();
        killWithStaleTail(20, zeros, cutOff);
        open();
        assertEquals(BASE + 25, log.logEndOffset());
        assertEquals(0, log.recovery().cutBytes());
        assertEquals(25, readAll(log, BASE, Long.MAX_VALUE).size());
        assertTrue(deleted.isEmpty(), deleted::toString);
    }

    @ParameterizedTest
    @CsvSource({"12, 0", "0, 0", "0, 300"})
    void isNothingInASegmentWithoutABatch(int zeros, int cutOff) throws IOException {
        killWithStaleTail(0, zeros, cutOff);
        open();
        assertEquals(BASE, log.logEndOffset());
        append(1);
        assertEquals(1, readAll(log, BASE, Long.MAX_VALUE).size());
    }
}
