package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.checkpoint.DirectoryInUseException;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogDirectoryTest {
    private static final String MARKER = ".kafka_cleanshutdown";
    private static final LogConfig CONFIG =
            LogConfig.builder().segmentBytes(1000).indexBytesMax(4096).build();

    @TempDir
    Path temporary;

    private final TestClock clock = new TestClock(1_700_000_000_000L);
    private final AtomicBoolean forcesFail = new AtomicBoolean();
    private Path path;
    private LogRuntime runtime;
    private LogDirectory directory;

    @BeforeEach
    void start() {
        path = temporary.resolve("data");
        FileFaults faults = (operation, file, position, length) -> {
            if (operation == FileFaults.Operation.FORCE && forcesFail.get()) {
                throw new IOException("injected");
            }
        };
        runtime = LogRuntime.start(clock, LogListener.NONE, faults);
        directory = open(path);
    }

    @AfterEach
    void stop() {
        directory.close();
        runtime.close();
    }

    @Test
    void newDirectoryIsEmptyAndUnclean() {
        assertTrue(directory.logs().isEmpty());
        assertFalse(directory.report().cleanShutdown());
        assertEquals(OptionalLong.empty(), directory.previousBrokerEpoch());
        assertTrue(directory.freeBytes() > 0);
        assertTrue(directory.totalBytes() >= directory.freeBytes());
    }

    @Test
    void cleanStopNeedsNoScanAndKeepsEverything() {
        append(create("orders", 0), 20);
        append(create("orders", 1), 3);
        directory.close(42);
        assertTrue(Files.exists(path.resolve(MARKER)));
        directory = open(path);
        assertFalse(Files.exists(path.resolve(MARKER)));
        assertTrue(directory.report().cleanShutdown());
        assertEquals(0, directory.report().scannedSegments());
        assertEquals(OptionalLong.of(42), directory.previousBrokerEpoch());
        PartitionLog log = directory.log("orders", 0);
        assertEquals(20, log.logEndOffset());
        assertEquals(20, log.highWatermark());
        assertEquals(20, log.flushedOffset());
        assertEquals(3, directory.log("orders", 1).logEndOffset());
        assertEquals(new PartitionMetadata(7, 8), directory.metadata("orders", 1));
    }

    @Test
    void afterAKillLogsAreScannedFromTheRecoveryPoint() {
        append(create("orders", 0), 20);
        LogDirectory killed = open(copyOfKilled());
        try {
            assertFalse(killed.report().cleanShutdown());
            assertTrue(killed.report().scannedSegments() > 0);
            assertTrue(killed.report().scannedBytes() > 0);
            assertEquals(0, killed.report().cutBytes());
            assertEquals(20, killed.log("orders", 0).logEndOffset());
            append(killed.log("orders", 0), 1);
        } finally {
            killed.close();
        }
    }

    @Test
    void tornTailIsCutAndReported() throws IOException {
        append(create("orders", 0), 3);
        directory.log("orders", 0).flush();
        directory.housekeep(clock.advance(Duration.ofMinutes(2)));
        append(directory.log("orders", 0), 1);
        Path copy = copyOfKilled();
        Path segment = copy.resolve("orders-0/00000000000000000000.log");
        long size = directory.log("orders", 0).sizeBytes();
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {99}), size - 5);
        }
        LogDirectory killed = open(copy);
        try {
            RecoveredLog recovered = killed.report().logs().get(new PartitionName("orders", 0));
            assertTrue(recovered.cutBytes() > 0, recovered.toString());
            assertNotNull(recovered.cutReason());
            assertEquals(3, killed.log("orders", 0).logEndOffset());
        } finally {
            killed.close();
        }
    }

    @Test
    void secondOpenerIsRefusedAndHarmsNothing() {
        append(create("orders", 0), 1);
        DirectoryInUseException refused = assertThrows(DirectoryInUseException.class, () -> open(path));
        assertTrue(refused.getMessage().contains(path.toString()));
        append(directory.log("orders", 0), 1);
    }

    @Test
    void heldLockIsTakenOver() {
        Path other = temporary.resolve("other");
        directory.close();
        directory = open(other);
        directory.close();
        DirectoryLock lock = DirectoryLock.acquire(other, FileFaults.NONE);
        directory = LogDirectory.open(other, lock, runtime, topic -> CONFIG, 2, LogListener.NONE);
        directory.close();
        assertFalse(lock.isHeld());
    }

    @Test
    void createIsIdempotentAndChecksTheTopicId() throws IOException {
        PartitionLog log = create("orders", 0);
        assertSame(log, create("orders", 0));
        TopicIdMismatchException mismatch =
                assertThrows(TopicIdMismatchException.class, () -> directory.create("orders", 0, 1, 1, CONFIG));
        assertTrue(mismatch.getMessage().contains("orders-0"));
        assertTrue(Files.readString(path.resolve("orders-0/partition.metadata")).startsWith("version: 0\ntopic_id: "));
        assertThrows(IllegalArgumentException.class, () -> create("../orders", 0));
    }

    @Test
    void directoryWithoutTopicIdIsClaimedByTheFirst() throws IOException {
        create("orders", 0);
        directory.close();
        Files.delete(path.resolve("orders-0/partition.metadata"));
        directory = open(path);
        assertNull(directory.metadata("orders", 0));
        directory.create("orders", 0, 1, 2, CONFIG);
        assertEquals(new PartitionMetadata(1, 2), directory.metadata("orders", 0));
        assertEquals(new PartitionMetadata(1, 2), PartitionMetadata.read(path.resolve("orders-0")));
    }

    @Test
    void deletedPartitionIsGoneAtOnceAndItsFilesAfterTheDelay() {
        PartitionLog log = create("orders", 0);
        append(log, 5);
        LogSlice slice = log.read(0, 1 << 20, Long.MAX_VALUE, true);
        byte[] before = bytes(slice.copy());
        assertTrue(directory.delete("orders", 0));
        assertFalse(directory.delete("orders", 0));
        assertNull(directory.log("orders", 0));
        assertFalse(Files.exists(path.resolve("orders-0")));
        assertEquals(1, directoriesEndingWith("-delete"));
        directory.housekeep(clock.advance(Duration.ofSeconds(59)));
        assertEquals(1, directoriesEndingWith("-delete"));
        directory.housekeep(clock.advance(Duration.ofSeconds(2)));
        assertEquals(0, directoriesEndingWith("-delete"));
        assertEquals(ByteBuffer.wrap(before), slice.copy());
        slice.close();
        assertEquals(0, create("orders", 0).logEndOffset());
    }

    @Test
    void deletionIsFinishedByTheNextStart() {
        append(create("orders", 0), 5);
        append(create("kept", 0), 5);
        directory.delete("orders", 0);
        directory.close();
        directory = open(path);
        directory.housekeep(clock.millis());
        assertEquals(0, directoriesEndingWith("-delete"));
        assertNull(directory.log("orders", 0));
        assertEquals(5, directory.log("kept", 0).logEndOffset());
    }

    @Test
    void longNamesAreCutWhenDeleted() {
        String topic = "t".repeat(240);
        create(topic, 123);
        assertTrue(directory.delete(topic, 123));
        assertEquals(1, directoriesEndingWith("-delete"));
    }

    @Test
    void onePartitionThatCannotBeOpenedIsOfflineAndTheOthersLive() throws IOException {
        append(create("bad", 0), 2);
        append(create("good", 0), 2);
        directory.close();
        Files.writeString(path.resolve("bad-0/partition.metadata"), "nonsense");
        directory = open(path);
        StorageException cause = directory.offline().get(new PartitionName("bad", 0));
        assertEquals(StorageException.Kind.DAMAGED, cause.kind());
        assertEquals(cause, directory.report().offline().get(new PartitionName("bad", 0)));
        assertNull(directory.log("bad", 0));
        assertThrows(StorageException.class, () -> create("bad", 0));
        append(directory.log("good", 0), 1);
        directory.close();
        assertFalse(Files.exists(path.resolve(MARKER)));
        assertTrue(Files.readString(path.resolve("recovery-point-offset-checkpoint"))
                .contains("bad 0 2\n"));
        directory = open(path);
        assertEquals(3, directory.log("good", 0).logEndOffset());
        assertTrue(directory.delete("bad", 0));
        create("bad", 0);
    }

    @Test
    void otherEntriesAreLeftAlone() throws IOException {
        directory.close();
        List<String> others = List.of("__cluster_metadata-0", "orders-0.0123-future", "backup", "orders-01");
        for (String other : others) {
            Files.createDirectories(path.resolve(other));
            Files.writeString(path.resolve(other).resolve("x"), "x");
        }
        Files.writeString(path.resolve("meta.properties"), "x");
        Files.writeString(path.resolve("file-0"), "x");
        directory = open(path);
        assertTrue(directory.logs().isEmpty());
        assertEquals(3, directory.report().ignored().size());
        for (String other : others) {
            assertTrue(Files.exists(path.resolve(other).resolve("x")));
        }
    }

    @Test
    void retentionByTime() {
        PartitionLog log = create("orders", 0);
        append(log, 30);
        assertTrue(log.segmentCount() > 2);
        directory.housekeep(clock.advance(Duration.ofDays(6)));
        assertEquals(0, log.logStartOffset());
        directory.housekeep(clock.advance(Duration.ofDays(2)));
        assertEquals(30, log.logStartOffset());
        assertEquals(1, log.segmentCount());
        assertNull(log.read(0, 1000, Long.MAX_VALUE, true));
        append(log, 1);
        assertEquals(31, log.logEndOffset());
    }

    @Test
    void retentionBySize() {
        PartitionLog log = directory.create(
                "orders", 0, 7, 8, CONFIG.toBuilder().retentionBytes(2500).build());
        append(log, 60);
        long before = log.sizeBytes();
        directory.housekeep(clock.advance(Duration.ofMinutes(5)));
        assertTrue(log.logStartOffset() > 0);
        assertTrue(log.sizeBytes() < before);
        assertTrue(log.sizeBytes() >= 2500, "keeps at least retention.bytes: " + log.sizeBytes());
    }

    @Test
    void retentionByLogStartOffsetAlsoSurvivesARestart() {
        PartitionLog log = create("orders", 0);
        append(log, 60);
        int segments = log.segmentCount();
        assertTrue(log.advanceLogStartOffset(41));
        directory.housekeep(clock.advance(Duration.ofMinutes(5)));
        assertTrue(log.segmentCount() < segments);
        assertEquals(41, log.logStartOffset());
        LogDirectory killed = open(copyOfKilled());
        assertEquals(41, killed.log("orders", 0).logStartOffset());
        killed.close();
    }

    @Test
    void rollByAge() {
        PartitionLog log = directory.create(
                "orders", 0, 7, 8, LogConfig.builder().segmentMs(1000).build());
        append(log, 1);
        directory.housekeep(clock.advance(Duration.ofMillis(500)));
        assertEquals(1, log.segmentCount());
        directory.housekeep(clock.advance(Duration.ofMillis(600)));
        assertEquals(2, log.segmentCount());
    }

    @Test
    void oldRecordsInANewLogDoNotRollItInEveryRound() {
        PartitionLog log = directory.create(
                "loaded", 0, 7, 8, LogConfig.builder().retentionMs(-1).build());
        for (int i = 0; i < 5; i++) {
            ByteBuffer batch =
                    new RecordBatchBuilder().add(1_000, null, new byte[1]).build();
            log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, new AppendResult());
            directory.housekeep(clock.advance(Duration.ofSeconds(1)));
        }
        assertEquals(1, log.segmentCount());
    }

    @Test
    void flushByInterval() {
        PartitionLog log = directory.create(
                "orders", 0, 7, 8, LogConfig.builder().flushMs(1000).build());
        append(log, 3);
        directory.housekeep(clock.advance(Duration.ofMillis(900)));
        assertEquals(0, log.flushedOffset());
        directory.housekeep(clock.advance(Duration.ofMillis(200)));
        assertEquals(3, log.flushedOffset());
    }

    @Test
    void shortFlushIntervalsDoNotWaitForARoundOfTheHousekeeping() {
        PartitionLog log = directory.create(
                "orders", 0, 7, 8, LogConfig.builder().flushMs(10).build());
        directory.housekeep(clock.millis());
        append(log, 3);
        clock.advance(Duration.ofMillis(20));
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            while (log.flushedOffset() < 3) {
                Thread.onSpinWait();
            }
        });
    }

    @Test
    void unchangedCheckpointsAreNotWrittenAgain() throws IOException {
        append(create("orders", 0), 3);
        directory.housekeep(clock.advance(Duration.ofSeconds(61)));
        Path checkpoint = path.resolve("replication-offset-checkpoint");
        Object written =
                Files.readAttributes(checkpoint, BasicFileAttributes.class).fileKey();
        directory.housekeep(clock.advance(Duration.ofSeconds(61)));
        assertEquals(
                written,
                Files.readAttributes(checkpoint, BasicFileAttributes.class).fileKey());
        append(directory.log("orders", 0), 1);
        directory.housekeep(clock.advance(Duration.ofSeconds(61)));
        assertEquals("0\n1\norders 0 4\n", Files.readString(checkpoint));
    }

    @Test
    void producersExpire() {
        PartitionLog log = create("orders", 0);
        ByteBuffer batch = new RecordBatchBuilder()
                .producer(5, (short) 0, 0)
                .add(clock.millis(), null, new byte[1])
                .build();
        assertEquals(AppendStatus.APPENDED, log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, new AppendResult()));
        assertEquals(1, log.activeProducers().size());
        directory.housekeep(clock.advance(Duration.ofHours(25)));
        assertEquals(0, log.activeProducers().size());
    }

    @Test
    void checkpointsAreWrittenAsTimeGoesBy() throws IOException {
        PartitionLog log = create("orders", 0);
        append(log, 3);
        log.flush();
        directory.housekeep(clock.advance(Duration.ofSeconds(61)));
        assertEquals("0\n1\norders 0 3\n", Files.readString(path.resolve("recovery-point-offset-checkpoint")));
        assertEquals("0\n1\norders 0 0\n", Files.readString(path.resolve("log-start-offset-checkpoint")));
        assertEquals("0\n1\norders 0 3\n", Files.readString(path.resolve("replication-offset-checkpoint")));
    }

    @Test
    void truncationLowersTheRecoveryPointFirst() throws IOException {
        PartitionLog log = create("orders", 0);
        append(log, 20);
        log.flush();
        directory.housekeep(clock.advance(Duration.ofSeconds(61)));
        directory.truncate(Map.of(new PartitionName("orders", 0), 12L));
        assertEquals(12, log.logEndOffset());
        assertEquals("0\n1\norders 0 12\n", Files.readString(path.resolve("recovery-point-offset-checkpoint")));
        append(log, 4);
        LogDirectory killed = open(copyOfKilled());
        assertTrue(killed.offline().isEmpty());
        assertEquals(16, killed.log("orders", 0).logEndOffset());
        killed.close();
        directory.truncateFullyAndStartAt("orders", 0, 100);
        assertEquals(100, log.logEndOffset());
        assertEquals("0\n1\norders 0 0\n", Files.readString(path.resolve("recovery-point-offset-checkpoint")));
    }

    @Test
    void truncationPastTheDirectoryIsNoticedByHousekeeping() throws IOException {
        PartitionLog log = create("orders", 0);
        append(log, 20);
        log.flush();
        directory.housekeep(clock.advance(Duration.ofSeconds(61)));
        log.truncateTo(5);
        directory.housekeep(clock.advance(Duration.ofSeconds(1)));
        assertEquals("0\n1\norders 0 5\n", Files.readString(path.resolve("recovery-point-offset-checkpoint")));
    }

    @Test
    void damagedCheckpointMeansAScanAndAWarning() throws IOException {
        append(create("orders", 0), 3);
        directory.close();
        Files.writeString(path.resolve("recovery-point-offset-checkpoint"), "0\n5\n");
        directory = open(path);
        assertEquals(1, directory.report().warnings().size());
        assertTrue(directory.report().scannedSegments() > 0);
        assertEquals(3, directory.log("orders", 0).logEndOffset());
    }

    @Test
    void failedForceTakesTheWholeDirectoryOfflineAndLeavesNoMarker() {
        PartitionLog first = create("first", 0);
        PartitionLog second = create("second", 0);
        append(first, 1);
        append(second, 1);
        forcesFail.set(true);
        assertThrows(StorageException.class, first::flush);
        forcesFail.set(false);
        directory.housekeep(clock.advance(Duration.ofSeconds(1)));
        assertNotNull(directory.failure());
        assertNotNull(second.failure());
        assertThrows(StorageException.class, () -> create("third", 0));
        directory.close();
        assertFalse(Files.exists(path.resolve(MARKER)));
    }

    @Test
    void housekeepingRunsByItselfAtTheGivenIntervals() {
        directory.close();
        DirectoryLock lock = DirectoryLock.acquire(path, FileFaults.NONE);
        HousekeepingIntervals intervals = new HousekeepingIntervals(20, 1000, 1000, 1000, 1000);
        directory = LogDirectory.open(path, lock, runtime, topic -> CONFIG, 2, intervals, LogListener.NONE);
        PartitionLog log = create("orders", 0);
        append(log, 5);
        clock.advance(Duration.ofDays(8));
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            while (log.logStartOffset() < 5) {
                Thread.onSpinWait();
            }
        });
        assertEquals(300_000, HousekeepingIntervals.DEFAULTS.retentionMs());
        assertThrows(IllegalArgumentException.class, () -> new HousekeepingIntervals(1, 1, -1, 1, 1));
    }

    @Test
    void progressIsTold() {
        for (int partition = 0; partition < 7; partition++) {
            create("orders", partition);
        }
        directory.close();
        ConcurrentLinkedQueue<Integer> done = new ConcurrentLinkedQueue<>();
        LogListener progress = new LogListener() {
            @Override
            public void recoveryProgress(Path dataDirectory, int finished, int total) {
                assertEquals(7, total);
                done.add(finished);
            }
        };
        directory = LogDirectory.open(path, runtime, topic -> CONFIG, 3, progress);
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), done.stream().sorted().toList());
    }

    @Test
    void describesItsLogs() {
        append(create("orders", 1), 2);
        LogDescription description = directory.describe().get(0);
        assertEquals("orders", description.topic());
        assertEquals(1, description.partition());
        assertEquals(directory.log("orders", 1).sizeBytes(), description.sizeBytes());
        assertEquals(0, description.offsetLag());
        assertFalse(description.isFuture());
    }

    @Test
    void closedDirectoryTakesNothingNew() {
        directory.close();
        assertThrows(StorageException.class, () -> create("orders", 0));
        directory.close();
    }

    @Test
    void configurationsAreAskedByTopic() {
        create("small", 0);
        directory.close();
        Map<String, LogConfig> configs =
                Map.of("small", LogConfig.builder().maxMessageBytes(77).build());
        directory = LogDirectory.open(path, runtime, configs::get, 1, LogListener.NONE);
        assertEquals(77, directory.log("small", 0).config().maxMessageBytes());
    }

    private LogDirectory open(Path dataDirectory) {
        return LogDirectory.open(dataDirectory, runtime, topic -> CONFIG, 2, LogListener.NONE);
    }

    private PartitionLog create(String topic, int partition) {
        return directory.create(topic, partition, 7, 8, CONFIG);
    }

    private void append(PartitionLog log, int batches) {
        AppendResult result = new AppendResult();
        for (int i = 0; i < batches; i++) {
            ByteBuffer batch = new RecordBatchBuilder()
                    .add(clock.millis(), new byte[10], new byte[100])
                    .build();
            assertEquals(AppendStatus.APPENDED, log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result));
        }
        log.advanceHighWatermark(log.logEndOffset());
    }

    /** What a process that is killed leaves behind: everything that was written, nothing that a close would add. */
    private Path copyOfKilled() {
        Path copy = temporary.resolve("copy");
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.toList()) {
                try {
                    Files.copy(file, copy.resolve(path.relativize(file)));
                } catch (NoSuchFileException e) {
                    // An agent is at work, and has given a staged file its name.
                    assertTrue(file.toString().endsWith(".tmp"), file::toString);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return copy;
    }

    private long directoriesEndingWith(String suffix) {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.filter(entry -> entry.toString().endsWith(suffix)).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
