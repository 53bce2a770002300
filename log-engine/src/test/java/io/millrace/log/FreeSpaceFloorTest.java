package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.readAll;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeSpaceFloorTest {
    private static final long FLOOR = 1 << 20;
    private static final LogConfig CONFIG =
            LogConfig.builder().segmentBytes(10_000).retentionMs(60_000).build();

    @TempDir
    private Path temp;

    private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
    private final TestClock clock = new TestClock(TIME);
    private final AppendResult result = new AppendResult();
    private volatile long free = 10 * FLOOR;
    /** So often there is room to be seen. */
    private final AtomicInteger looksLeft = new AtomicInteger(Integer.MAX_VALUE);

    private LogRuntime runtime;
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() {
        LogListener listener = new LogListener() {
            @Override
            public void spaceLow(Path told, StorageException cause) {
                events.add("low");
            }

            @Override
            public void backgroundFailure(Path file, StorageException cause) {
                events.add(String.valueOf(cause.getMessage()));
            }

            @Override
            public void spaceBack(Path told) {
                events.add("back");
            }
        };
        runtime = LogRuntime.start(
                clock,
                listener,
                FileFaults.NONE,
                FreeSpaceFloor.of(FLOOR, path -> looksLeft.getAndDecrement() > 0 ? free : 0));
        directory = LogDirectory.open(temp.resolve("data"), runtime, topic -> CONFIG, 1, LogListener.NONE);
        log = directory.create("orders", 0, 1, 2, CONFIG);
    }

    @AfterEach
    void close() {
        directory.close();
        runtime.close();
    }

    private AppendStatus append() {
        return log.appendAsLeader(sized(clock.millis(), 1000), 0, AppendOrigin.CLIENT, result);
    }

    @Test
    void defaultIsOnePercentWithinBounds() {
        assertEquals(1 << 20, FreeSpaceFloor.defaultBytes(100L << 20));
        assertEquals(64L << 20, FreeSpaceFloor.defaultBytes(1L << 30));
        assertEquals(100L << 20, FreeSpaceFloor.defaultBytes(10_000L << 20));
        assertEquals(1L << 30, FreeSpaceFloor.defaultBytes(1L << 50));
        assertEquals(5, FreeSpaceFloor.of(5).bytes(temp));
        assertTrue(FreeSpaceFloor.of(FreeSpaceFloor.DEFAULT).bytes(temp) > 0);
        assertTrue(FreeSpaceFloor.of(0).hasRoom(temp));
        assertThrows(IllegalArgumentException.class, () -> FreeSpaceFloor.of(-2));
    }

    @Test
    void belowItNoSegmentIsBegunAndEverythingElseGoesOn() {
        for (int i = 0; i < 5; i++) {
            assertEquals(AppendStatus.APPENDED, append());
        }
        free = FLOOR - 1;
        for (int i = 5; i < 10; i++) {
            assertEquals(AppendStatus.APPENDED, append(), "the segment at work takes what it has room for");
        }
        assertEquals(AppendStatus.NO_SPACE, append());
        assertEquals(
                "no new segment of orders-0: 1048575 bytes are free, the floor is 1048576"
                        + " (millrace.log.free.space.floor.bytes) file=" + temp.resolve("data"),
                result.message());
        assertEquals(AppendStatus.NO_SPACE, append());
        assertNull(log.failure());
        assertEquals(10, readAll(log, 0, Long.MAX_VALUE).size());
        log.flush();
        free = FLOOR;
        assertEquals(AppendStatus.APPENDED, append());
        assertEquals(2, log.segmentCount());
        assertEquals(List.of("low", "back"), List.copyOf(events));
    }

    @Test
    void belowItNoPartitionIsMade() {
        free = 0;
        StorageException refused =
                assertThrows(StorageException.class, () -> directory.create("other", 3, 1, 2, CONFIG));
        assertEquals(StorageException.Kind.NO_SPACE, refused.kind());
        assertTrue(String.valueOf(refused.getMessage()).startsWith("no new partition other-3: 0 bytes are free"));
        assertTrue(Files.notExists(temp.resolve("data/other-3")));
        assertEquals(log, directory.create("orders", 0, 1, 2, CONFIG));
        free = FLOOR;
        assertNotNull(directory.create("other", 3, 1, 2, CONFIG));
    }

    @Test
    void belowItRetentionGoesOnAndNothingRollsByAge() {
        for (int i = 0; i < 25; i++) {
            append();
        }
        log.advanceHighWatermark(25);
        free = 0;
        log.reconfigure(CONFIG.toBuilder().segmentMs(1).build());
        directory.housekeep(clock.advance(Duration.ofSeconds(10)));
        assertEquals(3, log.segmentCount());
        directory.housekeep(clock.advance(Duration.ofMinutes(10)));
        assertEquals(25, log.logStartOffset());
    }

    private PartitionLog dirtyLog() {
        LogConfig compacted = CONFIG.toBuilder()
                .deletePolicy(false)
                .compactPolicy(true)
                .minCleanableDirtyRatio(0)
                .build();
        PartitionLog dirty = directory.create("keyed", 0, 3, 4, compacted);
        for (int i = 0; i < 25; i++) {
            ByteBuffer batch = new RecordBatchBuilder()
                    .add(clock.millis(), new byte[] {(byte) (i % 3)}, new byte[1000])
                    .build();
            assertEquals(AppendStatus.APPENDED, dirty.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result));
        }
        dirty.advanceHighWatermark(25);
        return dirty;
    }

    private LogCleaner cleanerByHand() {
        CleanerSettings settings = new CleanerSettings(false, 1, 1 << 20, 0.9, 64 << 10, Double.MAX_VALUE, 1);
        return LogCleaner.start(settings, null, runtime, List.of(directory));
    }

    @Test
    void belowItNothingIsCleanedAndThatIsSaidOnce() {
        PartitionLog dirty = dirtyLog();
        try (LogCleaner cleaner = cleanerByHand()) {
            free = FLOOR - 1;
            assertEquals(0, cleaner.cleanAll());
            assertEquals(0, cleaner.cleanAll());
            assertEquals(
                    List.of("no cleaning: 1048575 bytes are free, the floor is 1048576"
                            + " (millrace.log.free.space.floor.bytes) file=" + temp.resolve("data")),
                    List.copyOf(events));
            free = FLOOR;
            assertEquals(1, cleaner.cleanAll());
            assertNull(dirty.cleaning().problem());
        }
        assertEquals(1, events.size());
    }

    /** The disk fills while it is being cleaned. */
    @Test
    void aCleaningEndsWhereTheFloorIsReached() throws IOException {
        dirtyLog();
        looksLeft.set(1);
        try (LogCleaner cleaner = cleanerByHand()) {
            assertEquals(0, cleaner.cleanAll());
            assertEquals(1, events.size());
            assertTrue(String.valueOf(events.peek()).startsWith("no new segment of keyed-0: "), events::toString);
            try (Stream<Path> files = Files.list(temp.resolve("data/keyed-0"))) {
                assertEquals(
                        0,
                        files.filter(each -> each.toString().endsWith(".cleaned"))
                                .count());
            }
            looksLeft.set(Integer.MAX_VALUE);
            assertEquals(0, cleaner.cleanAll(), "it rests first");
            clock.advance(Duration.ofMinutes(2));
            assertEquals(1, cleaner.cleanAll());
        }
    }
}
