package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.log.compact.CleaningReport;
import io.millrace.log.compact.CleaningStatus;
import io.millrace.log.compact.IoThrottle;
import io.millrace.log.compact.RecordCodec;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What compaction keeps and what it takes, and what happens to it while other things happen to its log. */
class LogCompactionTest {
    private static final PartitionName NAME = new PartitionName("compacted", 0);
    private static final long RETENTION_MS = 60_000;
    private static final CleanerSettings SETTINGS =
            new CleanerSettings(false, 1, 1 << 20, 0.9, 64 << 10, Double.MAX_VALUE, 1);

    @TempDir
    private Path temp;

    private final TestClock clock = new TestClock(TIME);
    private final AppendResult result = new AppendResult();
    private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
    private final AtomicReference<CleaningReport> lastReport = new AtomicReference<>();
    private LogConfig config = LogConfig.builder()
            .segmentBytes(1 << 20)
            .indexIntervalBytes(0)
            .deletePolicy(false)
            .compactPolicy(true)
            .deleteRetentionMs(RETENTION_MS)
            .minCleanableDirtyRatio(0)
            .fileDeleteDelayMs(0)
            .build();
    private LogRuntime runtime;
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void start() {
        LogListener listener = new LogListener() {
            @Override
            public void cleaned(Path directory, CleaningReport report) {
                lastReport.set(report);
            }

            @Override
            public void notCleanable(Path directory, String reason) {
                events.add(reason);
            }
        };
        runtime = LogRuntime.start(clock, listener, FileFaults.NONE);
        open();
    }

    private void open() {
        directory = LogDirectory.open(temp.resolve("data"), runtime, topic -> config, 1, LogListener.NONE);
        log = directory.create(NAME.topic(), NAME.partition(), 1, 2, config);
    }

    @AfterEach
    void stop() {
        directory.close();
        runtime.close();
    }

    private void reconfigure(LogConfig next) {
        config = next;
        log.reconfigure(next);
    }

    private void append(ByteBuffer batch) {
        assertEquals(AppendStatus.APPENDED, log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result), result::message);
        log.advanceHighWatermark(log.logEndOffset());
    }

    /** Pairs of key and value. */
    private void put(@Nullable String... pairs) {
        append(batch(new RecordBatchBuilder(), pairs));
    }

    private ByteBuffer batch(RecordBatchBuilder builder, @Nullable String... pairs) {
        for (int i = 0; i < pairs.length; i += 2) {
            builder.add(clock.millis(), bytes(pairs[i]), bytes(pairs[i + 1]));
        }
        return builder.build();
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private void roll() {
        int before = log.segmentCount();
        log.rollIfDue(Long.MAX_VALUE / 2);
        assertEquals(before + 1, log.segmentCount());
    }

    private void mark(long producerId, boolean commit) {
        ByteBuffer marker = RecordBatchBuilder.endTransaction(producerId, (short) 0, 0, commit, clock.millis());
        assertEquals(
                AppendStatus.APPENDED,
                log.appendAsLeader(marker, 0, AppendOrigin.COORDINATOR, result),
                result::message);
        log.advanceHighWatermark(log.logEndOffset());
    }

    private int clean() {
        return clean(SETTINGS, new TestCodec());
    }

    private int clean(CleanerSettings settings, @Nullable RecordCodec codec) {
        try (LogCleaner cleaner = LogCleaner.start(settings, codec, runtime, List.of(directory))) {
            return cleaner.cleanAll();
        }
    }

    private List<String> records() {
        return TestBatches.readAll(log, log.logStartOffset(), Long.MAX_VALUE);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void keepsTheLastValueOfEachKeyAndItsOffset() {
        put("a", "1", "b", "2");
        put("a", "3", "c", "4");
        roll();
        put("b", "5");
        assertEquals(1, clean());
        assertEquals(List.of("1=2", "2=3", "3=4", "4=5"), records(), "the active segment's b does not count yet");
        roll();
        put("active", "x");
        assertEquals(1, clean());
        assertEquals(List.of("2=3", "3=4", "4=5", "5=x"), records());
        assertEquals(0, clean(), "nothing is dirty any more");
        assertEquals(6, log.logEndOffset());
    }

    @Test
    void neverTouchesTheActiveSegmentNorWhatIsAboveTheHighWatermark() {
        put("a", "1");
        put("a", "2");
        assertEquals(0, clean());
        log.appendAsLeader(batch(new RecordBatchBuilder(), "a", "3"), 0, AppendOrigin.CLIENT, result);
        roll();
        log.appendAsLeader(batch(new RecordBatchBuilder(), "b", "4"), 0, AppendOrigin.CLIENT, result);
        assertEquals(2, log.highWatermark());
        assertEquals(0, clean(), "the segment reaches beyond the high watermark");
        log.advanceHighWatermark(3);
        assertEquals(1, clean());
        assertEquals(List.of("2=3", "3=4"), records());
    }

    @Test
    void tombstonesStayForTheirTime() {
        put("a", "1", "b", "1");
        put("a", null);
        roll();
        put("x", "x");
        clean();
        assertEquals(List.of("1=1", "2=null", "3=x"), records());
        clock.millis(clock.millis() + RETENTION_MS - 1);
        put("y", "y");
        roll();
        put("z", "z");
        clean();
        assertTrue(records().contains("2=null"));
        clock.millis(clock.millis() + 1);
        put("y", "yy");
        roll();
        put("z", "z");
        clean();
        assertFalse(records().contains("2=null"));
        assertTrue(records().contains("1=1"));
    }

    @Test
    void theDeleteHorizonStandsInTheHeaderAndTimestampsStayWhatTheyWere() throws IOException {
        put("a", "1", "a", null);
        roll();
        put("x", "x");
        clock.millis(clock.millis() + 777);
        clean();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(SegmentFiles.path(log.directory(), 0, SegmentFiles.LOG)));
        assertTrue((RecordBatchDescriptor.attributes(bytes, 0) & RecordBatchDescriptor.DELETE_HORIZON_FLAG) != 0);
        assertEquals(TIME + 777 + RETENTION_MS, RecordBatchDescriptor.baseTimestamp(bytes, 0));
        assertEquals(TIME, RecordBatchDescriptor.maxTimestamp(bytes, 0));
        assertEquals(1, RecordBatchDescriptor.lastOffsetDelta(bytes, 0));
        assertEquals(1, RecordBatchDescriptor.recordsCount(bytes, 0));
    }

    @Test
    void abortedRecordsGoAndTheirMarkerAfterThem() {
        put("a", "1");
        append(batch(
                new RecordBatchBuilder().producer(7, (short) 0, 0).transactional(), "a", "aborted", "b", "aborted"));
        append(batch(new RecordBatchBuilder().producer(8, (short) 0, 0).transactional(), "c", "committed"));
        mark(7, false);
        mark(8, true);
        append(batch(new RecordBatchBuilder().producer(7, (short) 0, 2).transactional(), "d", "later"));
        mark(7, true);
        assertEquals(1, log.abortedTransactions(0, 10).size());
        roll();
        put("x", "x");
        clean();
        assertEquals(List.of("0=1", "3=committed", "6=later", "8=x"), values());
        clock.millis(clock.millis() + RETENTION_MS);
        for (int i = 0; i < 2; i++) {
            put("y", "y" + i);
            roll();
            put("z", "z" + i);
            clean();
            clock.millis(clock.millis() + RETENTION_MS);
        }
        assertEquals(List.of(), log.abortedTransactions(0, 100));
        assertTrue(values().containsAll(List.of("0=1", "3=committed", "6=later")));
    }

    /** Without the markers. */
    private List<String> values() {
        List<String> found = new ArrayList<>(records());
        found.removeIf(record -> record.endsWith("\0\0\0\0\0\0"));
        return found;
    }

    @Test
    void whatAnOpenTransactionHoldsBackIsNotCleaned() {
        put("a", "1");
        put("a", "2");
        roll();
        append(batch(new RecordBatchBuilder().producer(7, (short) 0, 0).transactional(), "a", "open"));
        roll();
        put("a", "3");
        assertEquals(2, log.lastStableOffset());
        clean();
        assertEquals(List.of("1=2", "2=open", "3=3"), records());
    }

    @Test
    void theLastSequenceOfAProducerOutlivesItsRecords() throws IOException {
        append(batch(new RecordBatchBuilder().producer(7, (short) 3, 0), "a", "1", "b", "1"));
        append(batch(new RecordBatchBuilder().producer(7, (short) 3, 2), "a", "2", "b", "2"));
        put("a", "3", "b", "3");
        roll();
        put("x", "x");
        clean();
        assertEquals(List.of("4=3", "5=3", "6=x"), TestBatches.readAll(log, 4, 100));
        log.abandon();
        directory.close();
        Files.delete(temp.resolve("data/.kafka_cleanshutdown"));
        try (Stream<Path> files = Files.list(temp.resolve("data").resolve(NAME.directoryName()))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".snapshot")).toList()) {
                Files.delete(file);
            }
        }
        Files.delete(temp.resolve("data/recovery-point-offset-checkpoint"));
        open();
        ProducerView producer = log.activeProducers().get(0);
        assertEquals(3, producer.lastSequence());
        assertEquals(3, producer.epoch());
        log.advanceHighWatermark(log.logEndOffset());
        append(batch(new RecordBatchBuilder().producer(7, (short) 3, 4), "c", "goes on"));
    }

    @Test
    void theEndOffsetOutlivesTheLastRecordBeforeTheActiveSegment() {
        append(batch(new RecordBatchBuilder(), "a", "1"));
        append(batch(new RecordBatchBuilder(), "b", null));
        roll();
        put("b", "2");
        clean();
        clock.millis(clock.millis() + RETENTION_MS);
        roll();
        put("c", "3");
        clean();
        assertEquals(List.of("0=1", "2=2", "3=3"), records());
        try (LogSlice slice = log.read(1, 1000, 100, true)) {
            assertNotNull(slice);
            assertTrue(slice.length() > 0);
        }
    }

    @Test
    void youngRecordsAreLeftAloneAndOldOnesAreNotLeftLong() {
        reconfigure(config.toBuilder()
                .minCompactionLagMs(10_000)
                .minCleanableDirtyRatio(1)
                .maxCompactionLagMs(50_000)
                .segmentMs(40_000)
                .build());
        put("a", "1");
        put("a", "2");
        roll();
        put("b", "1");
        assertEquals(0, clean(), "too young, and the ratio is never above 1");
        clock.millis(clock.millis() + 10_000);
        assertEquals(0, clean(), "old enough, but the ratio is never above 1");
        clock.millis(clock.millis() + 40_001);
        assertEquals(1, clean(), "overdue");
        assertEquals(List.of("1=2", "2=1"), records());
    }

    @Test
    void aCompactedLogRollsInTimeForItsLag() {
        reconfigure(config.toBuilder().maxCompactionLagMs(5_000).build());
        put("a", "1");
        log.rollIfDue(clock.advance(Duration.ofMillis(5_001)));
        assertEquals(2, log.segmentCount());
    }

    @Test
    void waitsForTheDirtyRatio() {
        reconfigure(config.toBuilder().minCleanableDirtyRatio(0.5).build());
        put("a", "1".repeat(1000));
        roll();
        put("b", "2".repeat(100));
        assertEquals(1, clean(), "all is dirty");
        roll();
        put("c", "3");
        assertEquals(0, clean(), "a tenth is dirty");
        put("d", "4".repeat(2000));
        roll();
        put("e", "5");
        assertEquals(1, clean());
    }

    @Test
    void smallSegmentsBecomeOne() throws IOException {
        for (int i = 0; i < 10; i++) {
            put("k" + i % 3, "v" + i);
            roll();
        }
        put("x", "x");
        assertEquals(11, log.segmentCount());
        clean();
        assertEquals(2, log.segmentCount());
        assertEquals(List.of("7=v7", "8=v8", "9=v9", "10=x"), records());
        assertEquals(10, lastReport.get().segmentsBefore());
        assertEquals(1, lastReport.get().segmentsAfter());
        assertEquals(2, files().stream().filter(name -> name.endsWith(".log")).count(), () -> "left over");
        assertFalse(files().stream().anyMatch(name -> name.matches(".*\\.(cleaned|swap|deleted)")));
        for (long offset = 0; offset < 11; offset++) {
            try (LogSlice slice = log.read(offset, 1, 11, true)) {
                assertTrue(slice.length() > 0, "offset " + offset);
            }
        }
    }

    @Test
    void groupsStayWithinTheSegmentSize() {
        reconfigure(config.toBuilder().segmentBytes(600).build());
        for (int i = 0; i < 9; i++) {
            put("k" + i, "v".repeat(120));
            roll();
        }
        put("x", "x");
        clean();
        assertEquals(10, records().size());
        assertTrue(log.segmentCount() >= 4 && log.segmentCount() < 10, () -> log.segmentCount() + " segments");
    }

    @Test
    void manyPassesWhereTheKeysDoNotFit() {
        for (int i = 0; i < 200; i++) {
            put("k" + i % 50, "v" + i);
            if (i % 20 == 19) {
                roll();
            }
        }
        put("x", "x");
        CleanerSettings tiny = new CleanerSettings(false, 1, 24 * 13, 0.9, 64 << 10, Double.MAX_VALUE, 1);
        int passes = clean(tiny, null);
        assertTrue(passes > 5, () -> passes + " passes");
        List<String> expected = new ArrayList<>();
        for (int i = 150; i < 200; i++) {
            expected.add(i + "=v" + i);
        }
        expected.add("200=x");
        assertEquals(expected, records());
        assertEquals(passes, log.cleaning().cleanings());
        assertEquals(200, log.cleaning().cleanedTo());
    }

    @Test
    void compressedBatchesAreLeftAloneWithoutACodecAndThatIsSaid() {
        append(compressed(4, "a", "1", "b", "1"));
        append(compressed(1, "a", "2"));
        roll();
        put("x", "x");
        assertEquals(0, clean(SETTINGS, null));
        assertEquals(CleaningStatus.State.UNCLEANABLE, log.cleaning().state());
        assertTrue(String.valueOf(log.cleaning().problem()).contains("no codec"));
        assertEquals(1, events.size());
        assertEquals(0, clean(), "until it is opened again");
        directory.close();
        open();
        log.advanceHighWatermark(log.logEndOffset());
        assertEquals(1, clean());
        List<String> found = new ArrayList<>();
        for (RecordBatch batch : kafkaBatches()) {
            batch.forEach(record -> found.add(record.offset() + "=" + StandardCharsets.UTF_8.decode(record.value())
                    + " " + batch.compressionType()));
        }
        assertEquals(List.of("1=1 zstd", "2=2 gzip", "3=x none"), found);
    }

    private List<RecordBatch> kafkaBatches() {
        List<RecordBatch> batches = new ArrayList<>();
        long next = 0;
        while (next < log.logEndOffset()) {
            try (LogSlice slice = log.read(next, 1 << 20, Long.MAX_VALUE, true)) {
                for (RecordBatch batch : org.apache.kafka.common.record.internal.MemoryRecords.readableRecords(
                                slice.copy())
                        .batches()) {
                    batches.add(batch);
                    next = batch.nextOffset();
                }
            }
        }
        return batches;
    }

    private ByteBuffer compressed(int codec, String... pairs) {
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
                ByteBuffer.allocate(1024),
                RecordBatch.MAGIC_VALUE_V2,
                TestCodec.compression(codec),
                TimestampType.CREATE_TIME,
                0,
                RecordBatch.NO_TIMESTAMP,
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_SEQUENCE,
                false,
                false,
                0,
                1 << 20);
        for (int i = 0; i < pairs.length; i += 2) {
            builder.append(clock.millis(), bytes(pairs[i]), bytes(pairs[i + 1]));
        }
        return builder.build().buffer();
    }

    @Test
    void damagedBytesAreNotGivenANewChecksum() throws IOException {
        put("a", "1");
        put("a", "2");
        roll();
        put("x", "x");
        Path segment = SegmentFiles.path(log.directory(), 0, SegmentFiles.LOG);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[66] ^= 4;
        Files.write(segment, bytes);
        assertEquals(0, clean());
        assertEquals(CleaningStatus.State.UNCLEANABLE, log.cleaning().state());
        assertTrue(String.valueOf(log.cleaning().problem()).contains("checksum"), log.cleaning()::problem);
        assertNull(log.failure());
        assertEquals(bytes.length, Files.size(segment));
        assertFalse(files().stream().anyMatch(name -> name.endsWith(".cleaned")));
    }

    @Test
    void slicesOfTheOldSegmentsStayReadable() {
        put("a", "1", "b", "1");
        roll();
        put("a", "2");
        roll();
        put("x", "x");
        try (LogSlice before = log.read(0, 1000, 100, true)) {
            clean();
            assertEquals(List.of("0=1", "1=1"), TestBatches.records(before.copy()));
        }
        assertEquals(List.of("1=1", "2=2", "3=x"), records());
    }

    @Test
    void theCheckpointIsKafkasAndIsGoneOnFrom() throws IOException {
        put("a", "1");
        put("a", "2");
        roll();
        put("x", "x");
        clean();
        assertEquals("0\n1\ncompacted 0 2\n", Files.readString(temp.resolve("data/cleaner-offset-checkpoint")));
        directory.close();
        open();
        log.advanceHighWatermark(log.logEndOffset());
        assertEquals(0, clean());
        directory.delete(NAME.topic(), NAME.partition());
        assertEquals("0\n0\n", Files.readString(temp.resolve("data/cleaner-offset-checkpoint")));
    }

    @Test
    void whatIsAppendedAfterACutIsDirty() throws IOException {
        put("a", "1");
        put("b", "2");
        put("a", "3");
        roll();
        put("x", "x");
        clean();
        assertEquals(3, directory.cleanedTo(NAME));
        directory.truncate(Map.of(NAME, 2L));
        assertEquals(2, directory.cleanedTo(NAME));
        put("b", "4");
        roll();
        put("x", "x");
        clean();
        assertEquals(List.of("2=4", "3=x"), records());
    }

    /** A throttle that stops the cleaning where it is until the test lets it go on. */
    private final class Stopped {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicReference<CleaningReport> report = new AtomicReference<>();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread thread;

        /** Stops after so many pieces of work. */
        Stopped(int after) {
            assertTrue(log.logEndOffset() > 0);
            int[] left = {after};
            thread = new Thread(() -> {
                try {
                    assertTrue(log.compaction().claim());
                    try {
                        CleanableRange range =
                                CleanableRange.of(log.compaction().log(), directory.cleanedTo(NAME), clock.millis());
                        CleanerTools tools = new CleanerTools(
                                SETTINGS, new IoThrottle(Double.MAX_VALUE, System::nanoTime), new TestCodec());
                        report.set(log.compaction().clean(range, tools, () -> {
                            if (left[0]-- == 0) {
                                reached.countDown();
                                await(goOn);
                            }
                        }));
                    } finally {
                        log.compaction().release();
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            thread.start();
            await(reached);
        }

        void end() throws InterruptedException {
            goOn.countDown();
            thread.join(30_000);
            assertFalse(thread.isAlive());
            assertNull(failure.get());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void twoSegmentsToClean() {
        put("a", "1");
        put("b", "1");
        roll();
        put("a", "2");
        roll();
        put("x", "x");
    }

    @Test
    void appendsAndReadsGoOnDuringACleaning() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        put("a", "meanwhile");
        assertEquals(5, records().size());
        assertTrue(log.cleaning().state() != CleaningStatus.State.IDLE);
        stopped.end();
        assertNotNull(stopped.report.get());
        assertEquals(List.of("1=1", "2=2", "3=x", "4=meanwhile"), records());
        assertEquals(CleaningStatus.State.IDLE, log.cleaning().state());
    }

    @Test
    void aTruncationEndsACleaning() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        log.truncateTo(3);
        stopped.end();
        assertNull(stopped.report.get());
        assertEquals(List.of("0=1", "1=1", "2=2"), records());
        assertFalse(files().stream().anyMatch(name -> name.matches(".*\\.(cleaned|swap)")));
    }

    @Test
    void retentionTakesSegmentsFromUnderACleaning() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        assertTrue(log.advanceLogStartOffset(2));
        assertEquals(1, log.applyRetention(clock.millis()));
        stopped.end();
        assertNull(stopped.report.get());
        assertEquals(List.of("2=2", "3=x"), records());
        assertEquals(1, clean(), "the next one is told of it");
        assertEquals(List.of("2=2", "3=x"), records());
    }

    @Test
    void anotherPolicyEndsACleaning() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        reconfigure(config.toBuilder().compactPolicy(false).deletePolicy(true).build());
        stopped.end();
        assertNull(stopped.report.get());
        assertEquals(4, records().size());
        assertEquals(0, clean());
    }

    @Test
    void closingWaitsForACleaningToEnd() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        Thread closing = new Thread(() -> directory.delete(NAME.topic(), NAME.partition()));
        closing.start();
        while (log.appendAsLeader(batch(new RecordBatchBuilder(), "a", "b"), 0, AppendOrigin.CLIENT, result)
                == AppendStatus.APPENDED) {
            Thread.onSpinWait();
        }
        assertTrue(Files.exists(log.directory()), "the directory keeps its name until the cleaning has ended");
        stopped.end();
        closing.join(30_000);
        assertNull(stopped.report.get());
        assertFalse(Files.exists(log.directory()));
    }

    @Test
    void threadsCleanByThemselves() throws Exception {
        twoSegmentsToClean();
        CleanerSettings settings = new CleanerSettings(true, 2, 1 << 20, 0.9, 64 << 10, Double.MAX_VALUE, 5);
        try (LogCleaner cleaner = LogCleaner.start(settings, null, runtime, List.of(directory))) {
            awaitCleanings(1);
            put("x", "y");
            roll();
            put("z", "z");
            cleaner.reconfigure(new CleanerSettings(true, 1, 1 << 20, 0.9, 64 << 10, 1e9, 5));
            awaitCleanings(2);
        }
        assertEquals(List.of("1=1", "2=2", "4=y", "5=z"), records());
    }

    private void awaitCleanings(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (log.cleaning().cleanings() < count) {
            assertTrue(System.nanoTime() < deadline, () -> log.cleaning().toString());
            Thread.onSpinWait();
        }
    }

    @Test
    void aDisabledCleanerHasNoThreads() {
        twoSegmentsToClean();
        try (LogCleaner cleaner = LogCleaner.start(SETTINGS, null, runtime, List.of(directory))) {
            assertEquals(SETTINGS, cleaner.settings());
            assertTrue(Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("millrace-cleaner")));
        }
    }
}
