package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.readAll;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.scrub.ScrubPlace;
import io.millrace.log.scrub.ScrubReport;
import io.millrace.log.scrub.ScrubSettings;
import io.millrace.log.scrub.ScrubStatus;
import io.millrace.log.segment.HeaderSumTable;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FaultInjection;
import io.millrace.mapped.FaultInjection.Failure;
import io.millrace.mapped.FaultInjection.Rule;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.FileFaults.Operation;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogScrubberTest {
    private static final int SIZE = 1000;
    private static final Duration INTERVAL = Duration.ofDays(14);
    private static final ScrubSettings SETTINGS = new ScrubSettings(Long.MAX_VALUE, INTERVAL.toMillis());
    private static final LogConfig CONFIG = LogConfig.builder()
            .segmentBytes(10 * SIZE)
            .indexIntervalBytes(2 * SIZE)
            .fileDeleteDelayMs(0)
            .build();

    @TempDir
    private Path temp;

    private final TestClock clock = new TestClock(TIME);
    private final AppendResult result = new AppendResult();
    private final ConcurrentLinkedQueue<ScrubReport> passes = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final FaultInjection faults = new FaultInjection(7, FaultInjection::sleep);
    private LogRuntime runtime;
    private LogDirectory directory;
    private PartitionLog log;
    private LogScrubber scrubber;

    @BeforeEach
    void start() {
        LogListener listener = new LogListener() {
            @Override
            public void scrubbed(Path dataDirectory, ScrubReport report) {
                passes.add(report);
            }

            @Override
            public void failed(Path told, StorageException cause) {
                failures.add(told.getFileName() + ": " + cause.getMessage());
            }
        };
        runtime = LogRuntime.start(clock, listener, faults);
        directory = LogDirectory.open(temp.resolve("data"), runtime, topic -> CONFIG, 1, LogListener.NONE);
        log = directory.create("orders", 0, 1, 2, CONFIG);
        scrubber = LogScrubber.driven(SETTINGS, runtime, List.of(directory));
    }

    @AfterEach
    void stop() {
        scrubber.close();
        directory.close();
        runtime.close();
    }

    private void restart() {
        stop();
        start();
    }

    /** Ten batches make a segment. */
    private void append(PartitionLog to, int batches) {
        for (int i = 0; i < batches; i++) {
            assertEquals(
                    AppendStatus.APPENDED,
                    to.appendAsLeader(sized(clock.millis(), SIZE), 0, AppendOrigin.CLIENT, result));
        }
        to.advanceHighWatermark(to.logEndOffset());
        to.flush();
        awaitSyncAgents();
    }

    /** The sync agents meet: the seals that were given to them before have ended. */
    private void awaitSyncAgents() {
        CyclicBarrier meeting = new CyclicBarrier(LogRuntime.SYNC_THREADS + 1);
        for (int i = 0; i < LogRuntime.SYNC_THREADS; i++) {
            runtime.sync(() -> meet(meeting));
        }
        meet(meeting);
    }

    private static void meet(CyclicBarrier meeting) {
        try {
            meeting.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private Path file(long baseOffset, String suffix) {
        return SegmentFiles.path(log.directory(), baseOffset, suffix);
    }

    private static void flip(Path file, int at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 4)).flip();
            channel.write(one, at);
        }
    }

    private ScrubStatus status() {
        return status(scrubber);
    }

    private ScrubStatus status(LogScrubber of) {
        return Objects.requireNonNull(of.status().get(directory.path()));
    }

    @Test
    void readsEachSealedSegmentOnceInAnInterval() {
        append(log, 35);
        append(directory.create("orders", 1, 1, 2, CONFIG), 12);
        assertEquals(-1, status().startedMs());
        assertEquals(4, scrubber.scrubAll());
        assertEquals(List.of(new ScrubReport(4, 40_000, 0, 0, TIME, TIME)), List.copyOf(passes));
        assertEquals(0, scrubber.scrubAll());
        ScrubStatus status = status();
        assertFalse(status.running());
        assertEquals(40_000, status.bytes());
        assertEquals(40_000, status.bytesExpected());
        assertEquals(TIME + INTERVAL.toMillis(), status.nextMs());
        clock.advance(INTERVAL.minusMillis(1));
        assertEquals(0, scrubber.scrubAll());
        clock.advance(Duration.ofMillis(1));
        assertEquals(4, scrubber.scrubAll());
        assertEquals(List.of(), List.copyOf(failures));
    }

    @Test
    void whatIsNotForcedYetIsLeftAlone() {
        for (int i = 0; i < 5; i++) {
            log.appendAsLeader(sized(clock.millis(), SIZE), 0, AppendOrigin.CLIENT, result);
        }
        assertEquals(0, scrubber.scrubAll(), "the active segment");
    }

    @Test
    void aFlippedBitTakesTheLogOfflineAndNoOther() throws IOException {
        append(log, 35);
        PartitionLog other = directory.create("orders", 1, 1, 2, CONFIG);
        append(other, 12);
        flip(file(10, SegmentFiles.LOG), 4 * SIZE + RecordBatchDescriptor.RECORDS + 7);
        byte[] before = Files.readAllBytes(file(10, SegmentFiles.LOG));
        assertEquals(3, scrubber.scrubAll());
        StorageException failure = log.failure();
        assertNotNull(failure);
        assertEquals(StorageException.Kind.DAMAGED, failure.kind());
        assertEquals(file(10, SegmentFiles.LOG), failure.file());
        assertEquals(4 * SIZE, failure.position());
        assertTrue(
                String.valueOf(failure.getMessage())
                        .startsWith(
                                "log is damaged below offset 35, which was known to be on the disk: offset 14: batch"
                                        + " checksum mismatch: "),
                failure::getMessage);
        assertEquals(1, failures.size());
        assertNull(other.failure());
        assertNull(directory.failure());
        assertEquals(12, readAll(other, 0, Long.MAX_VALUE).size());
        assertEquals(AppendStatus.OFFLINE, log.appendAsLeader(sized(TIME, SIZE), 0, AppendOrigin.CLIENT, result));
        assertEquals(List.of(new ScrubPlace(new PartitionName("orders", 0), 10)), status().damaged());
        assertEquals(1, passes.peek().damaged());
        assertEquals(ByteBuffer.wrap(before), ByteBuffer.wrap(Files.readAllBytes(file(10, SegmentFiles.LOG))));
    }

    /** The sixteen header bytes that no checksum of the format covers. */
    @Test
    void aFlippedHeaderBitIsNamed() throws IOException {
        append(log, 25);
        flip(file(0, SegmentFiles.LOG), 3 * SIZE + RecordBatchDescriptor.LEADER_EPOCH + 3);
        scrubber.scrubAll();
        StorageException failure = log.failure();
        assertNotNull(failure);
        assertEquals(3 * SIZE, failure.position());
        assertTrue(
                String.valueOf(failure.getMessage()).contains("offset 3: leader epoch reads 4 where 0 was written"),
                failure::getMessage);
    }

    @Test
    void damageIsFoundAgainFirstOfAllAfterARestart() throws IOException {
        append(log, 55);
        flip(file(30, SegmentFiles.LOG), 200);
        scrubber.scrubAll();
        assertNotNull(log.failure());
        restart();
        assertNull(log.failure(), "sealed segments below the recovery point are not read at a start");
        assertEquals(1, status().damaged().size());
        assertEquals(1, scrubber.scrubAll(), "nothing else is due for two weeks");
        assertNotNull(log.failure());
    }

    @Test
    void whatWasMendedIsForgotten() throws IOException {
        append(log, 25);
        flip(file(0, SegmentFiles.LOG), 200);
        scrubber.scrubAll();
        assertEquals(1, status().damaged().size());
        flip(file(0, SegmentFiles.LOG), 200);
        restart();
        assertEquals(1, scrubber.scrubAll());
        assertEquals(List.of(), status().damaged());
        assertNull(log.failure());
    }

    @Test
    void aPassGoesOnWhereItWasAfterARestart() {
        append(log, 45);
        DirectoryScrub pass = new DirectoryScrub(directory, runtime, INTERVAL.toMillis());
        assertTrue(pass.scrubNext(bytes -> {}));
        assertTrue(pass.scrubNext(bytes -> {}));
        pass.remember();
        LogScrubber next = LogScrubber.driven(SETTINGS, runtime, List.of(directory));
        assertTrue(status(next).running());
        assertEquals(2, next.scrubAll());
        assertEquals(1, passes.size());
    }

    @Test
    void segmentsOfOthersAreGivenHeaderSums() throws IOException {
        append(log, 35);
        HeaderSumTable written = HeaderSumTable.read(file(10, SegmentFiles.HEADER_SUMS), FileFaults.NONE);
        Files.delete(file(10, SegmentFiles.HEADER_SUMS));
        assertEquals(3, scrubber.scrubAll());
        assertEquals(1, status().sumsAdded());
        HeaderSumTable made = HeaderSumTable.read(file(10, SegmentFiles.HEADER_SUMS), FileFaults.NONE);
        assertEquals(written.end(), made.end());
        assertEquals(10 * SIZE, made.end());
        assertEquals(written.sum(written.count() - 1), made.sum(made.count() - 1));
        assertTrue(made.count() > 1);
        clock.advance(INTERVAL);
        scrubber.scrubAll();
        assertEquals(0, status().sumsAdded());
        flip(file(10, SegmentFiles.LOG), 5 * SIZE + RecordBatchDescriptor.LEADER_EPOCH);
        clock.advance(INTERVAL);
        scrubber.scrubAll();
        assertNotNull(log.failure());
    }

    @Test
    void aTruncationMeanwhileIsNoDamage() {
        append(log, 25);
        DirectoryScrub pass = new DirectoryScrub(directory, runtime, INTERVAL.toMillis());
        boolean[] cut = new boolean[1];
        assertTrue(pass.scrubNext(bytes -> {
            if (!cut[0]) {
                cut[0] = true;
                log.truncateTo(5);
            }
        }));
        assertTrue(cut[0]);
        assertNull(log.failure());
        assertEquals(List.of(), List.copyOf(failures));
    }

    @Test
    void aDeletionMeanwhileIsNoDamage() {
        append(log, 25);
        DirectoryScrub pass = new DirectoryScrub(directory, runtime, INTERVAL.toMillis());
        assertTrue(pass.scrubNext(bytes -> log.advanceLogStartOffset(20)));
        clock.advance(Duration.ofDays(8));
        log.applyRetention(clock.millis());
        assertFalse(pass.scrubNext(bytes -> {}));
        assertNull(log.failure());
    }

    @Test
    void aMissingFileIsNoticed() throws IOException {
        append(log, 25);
        Files.delete(file(10, SegmentFiles.LOG));
        scrubber.scrubAll();
        StorageException failure = log.failure();
        assertNotNull(failure);
        assertEquals(StorageException.Kind.DAMAGED, failure.kind());
        assertNull(directory.failure());
    }

    @Test
    void aReadErrorTakesTheDirectoryOfflineAsEverywhere() {
        append(log, 25);
        faults.with(Rule.of(Failure.IO, 1, Operation.READ)
                .on(path -> path.toString().endsWith(SegmentFiles.LOG)));
        scrubber.scrubAll();
        faults.heal();
        assertNotNull(log.failure());
        assertNotNull(directory.failure());
    }

    @Test
    void theThreadWorksAndStopsInTheMiddle() throws InterruptedException {
        append(log, 25);
        CountDownLatch done = new CountDownLatch(1);
        LogRuntime other = LogRuntime.start(
                LogClock.SYSTEM,
                new LogListener() {
                    @Override
                    public void scrubbed(Path dataDirectory, ScrubReport report) {
                        done.countDown();
                    }
                },
                FileFaults.NONE);
        try (LogScrubber threaded = LogScrubber.start(SETTINGS, other, List.of(directory))) {
            assertTrue(done.await(60, TimeUnit.SECONDS));
            assertEquals(2, status(threaded).segments());
        }
        clock.advance(INTERVAL.multipliedBy(2));
        // A byte a second: the close does not wait for it.
        try (LogScrubber slow = LogScrubber.start(new ScrubSettings(1, 1), other, List.of(directory))) {
            assertNotNull(slow);
        }
        other.close();
        assertNull(log.failure());
    }

    @Test
    void zeroIsOff() {
        assertFalse(new ScrubSettings(0, 1).enabled());
        assertFalse(new ScrubSettings(1, 0).enabled());
        assertTrue(ScrubSettings.DEFAULTS.enabled());
    }
}
