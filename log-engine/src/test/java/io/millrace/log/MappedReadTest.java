package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.records;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reads that walk over headers in mapped memory: what they find, and what may happen to the file under them. */
@Timeout(120)
class MappedReadTest {
    private static final int BATCH_BYTES = 500;
    private static final int SEGMENT_BATCHES = 100;
    /** More than it takes until a segment is mapped. */
    private static final int READS = 50;

    @TempDir
    private Path temp;

    private final AppendResult result = new AppendResult();
    private final LogSlice slice = new LogSlice();
    private LogRuntime runtime;
    private PartitionLog log;

    @BeforeEach
    void open() {
        LogConfig config = LogConfig.builder()
                .segmentBytes(SEGMENT_BATCHES * BATCH_BYTES)
                .indexIntervalBytes(4 * BATCH_BYTES)
                .fileDeleteDelayMs(0)
                .build();
        runtime = LogRuntime.start(new TestClock(TIME), LogListener.NONE, FileFaults.NONE);
        log = PartitionLog.open(temp.resolve("t-0"), config, runtime, OpenState.UNKNOWN);
    }

    @AfterEach
    void close() {
        log.close();
        runtime.close();
    }

    private void append(int batches) {
        for (int i = 0; i < batches; i++) {
            assertEquals(
                    AppendStatus.APPENDED,
                    log.appendAsLeader(sized(TIME, BATCH_BYTES), 0, AppendOrigin.CLIENT, result),
                    result::message);
        }
    }

    /** Where the slice at an offset begins, which is told by the number of the batch. */
    private void requirePlace(LogSlice target, long offset) {
        assertTrue(log.readInto(target, offset, 1, Long.MAX_VALUE, true));
        try {
            assertEquals(offset % SEGMENT_BATCHES * BATCH_BYTES, target.position());
            assertEquals(BATCH_BYTES, target.length());
        } finally {
            target.close();
        }
    }

    private void requireAll() {
        for (int round = 0; round < 2; round++) {
            for (long offset = 0; offset < log.logEndOffset(); offset++) {
                requirePlace(slice, offset);
            }
        }
    }

    /** The housekeeper takes back what is not read for a second or two. */
    private void readUntilMapped(int segments) {
        do {
            requireAll();
        } while (runtime.openSegments().mappedForReading() != segments);
    }

    /** A segment that is just being sealed or forced goes when that has ended. */
    private void awaitMappedAtMost(int segments) {
        while (runtime.openSegments().mappedForReading() > segments) {
            Thread.onSpinWait();
        }
    }

    @Test
    void findsEveryBatchOfEverySegmentAndThoseAppendedSince() {
        append(250);
        readUntilMapped(3);
        append(40);
        requireAll();
        append(2 * SEGMENT_BATCHES);
        readUntilMapped(5);
        assertFalse(log.readInto(slice, 491, 1, Long.MAX_VALUE, true));
        assertTrue(log.readInto(slice, 490, 1, Long.MAX_VALUE, true));
        assertEquals(0, slice.length());
        slice.close();
    }

    @Test
    void sliceIsClosedBetweenItsUses() {
        append(3);
        assertThrows(IllegalStateException.class, slice::close);
        assertTrue(log.readInto(slice, 1, 10_000, Long.MAX_VALUE, true));
        assertThrows(IllegalStateException.class, () -> log.readInto(slice, 1, 10_000, Long.MAX_VALUE, true));
        assertEquals(2, records(slice.copy()).size());
        slice.close();
        assertThrows(IllegalStateException.class, slice::copy);
        assertThrows(IllegalStateException.class, slice::close);
        assertTrue(log.readInto(slice, 0, 10_000, Long.MAX_VALUE, true));
        assertEquals(3, records(slice.copy()).size());
        slice.close();
    }

    @Test
    void mappingOfWhatNobodyReadsIsGivenBack() {
        append(10);
        readUntilMapped(1);
        runtime.openSegments().sweep(); // the housekeeper may have been here as well
        runtime.openSegments().sweep();
        assertEquals(0, runtime.openSegments().mappedForReading());
        requireAll();
    }

    @Test
    void deletedSegmentsAreUnmapped() {
        append(250);
        readUntilMapped(3);
        log.advanceHighWatermark(250);
        assertTrue(log.advanceLogStartOffset(200));
        assertEquals(2, log.applyRetention(TIME));
        awaitMappedAtMost(1);
        log.truncateFullyAndStartAt(1000);
        awaitMappedAtMost(0);
    }

    /** Also in compiled code, where JDK 17 tells of the page that is not there some lines late, and on a thread that may meet it anywhere. */
    @Test
    void pageThatCannotBeHadIsNoSliceAndTakesTheLogOffline() throws Exception {
        append(SEGMENT_BATCHES + 1);
        for (int i = 0; i < 30_000; i++) {
            requirePlace(slice, i % SEGMENT_BATCHES);
        }
        Path first = SegmentFiles.path(log.directory(), 0, SegmentFiles.LOG);
        try (FileChannel channel = FileChannel.open(first, StandardOpenOption.WRITE)) {
            channel.truncate(0);
        }
        AtomicInteger found = new AtomicInteger();
        Thread reader = new Thread(() -> readUntilOffline(found));
        reader.setUncaughtExceptionHandler((thread, e) -> assertTrue(e instanceof InternalError, String.valueOf(e)));
        while (log.failure() == null) {
            reader.start();
            reader.join();
            reader = new Thread(() -> readUntilOffline(found));
        }
        assertEquals(0, found.get());
        assertEquals(
                AppendStatus.OFFLINE, log.appendAsLeader(sized(TIME, BATCH_BYTES), 0, AppendOrigin.CLIENT, result));
    }

    private void readUntilOffline(AtomicInteger found) {
        LogSlice mine = new LogSlice();
        try {
            while (log.failure() == null) {
                if (log.readInto(mine, 50, 1, Long.MAX_VALUE, true)) {
                    found.addAndGet(mine.length());
                    mine.close();
                }
            }
        } catch (StorageException e) {
            assertFalse(mine.isOpen());
        }
    }

    @Test
    void truncationUnderReadersIsNoFault() throws Exception {
        append(SEGMENT_BATCHES * 2);
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong reads = new AtomicLong();
        ExecutorService readers = Executors.newFixedThreadPool(2);
        List<Future<?>> running = new ArrayList<>();
        try {
            for (int i = 0; i < 2; i++) {
                long seed = i;
                running.add(readers.submit(() -> readMeanwhile(seed, done, reads)));
            }
            Random random = new Random(42);
            for (int i = 0; i < 200; i++) {
                long before = reads.get();
                while (reads.get() < before + READS && running.stream().noneMatch(Future::isDone)) {
                    Thread.onSpinWait();
                }
                log.truncateTo(random.nextInt(SEGMENT_BATCHES * 2));
                append((int) (SEGMENT_BATCHES * 2 - log.logEndOffset()));
            }
            done.set(true);
            for (Future<?> each : running) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            done.set(true);
            readers.shutdownNow();
        }
        assertNull(log.failure());
        requireAll();
    }

    private void readMeanwhile(long seed, AtomicBoolean done, AtomicLong reads) {
        Random random = new Random(seed);
        LogSlice mine = new LogSlice();
        while (!done.get()) {
            long offset = random.nextInt(SEGMENT_BATCHES * 2);
            if (log.readInto(mine, offset, 1, Long.MAX_VALUE, true)) {
                // Empty where it was cut meanwhile; never anything else.
                boolean empty = mine.length() == 0;
                boolean right =
                        mine.position() == offset % SEGMENT_BATCHES * BATCH_BYTES && mine.length() == BATCH_BYTES;
                mine.close();
                assertTrue(empty || right, () -> mine + " for " + offset);
            }
            reads.incrementAndGet();
        }
    }
}
