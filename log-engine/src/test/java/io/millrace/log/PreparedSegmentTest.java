package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FaultInjection;
import io.millrace.mapped.FaultInjection.Failure;
import io.millrace.mapped.FaultInjection.Rule;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.FileFaults.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log at work has the files of its next segment before it rolls, under names that are nobody's; no other log has any. */
class PreparedSegmentTest {
    private static final int SEGMENT_BYTES = 256 << 10;
    private static final int BATCH_BYTES = 8_000;

    @TempDir
    private Path temp;

    private final ScheduledExecutorService agents = Executors.newSingleThreadScheduledExecutor();
    private final AppendResult result = new AppendResult();
    private final List<String> values = new ArrayList<>();
    private final SetClock clock = new SetClock();
    private LogRuntime runtime;
    private Path directory;

    /** Time goes by when the test says so. */
    private static final class SetClock implements LogClock {
        private long nanos;

        @Override
        public long millis() {
            return TIME;
        }

        @Override
        public long nanos() {
            return nanos;
        }
    }

    @AfterEach
    void stop() {
        runtime.preparer().onClose();
        agents.shutdownNow();
    }

    private PartitionLog open(FileFaults faults) {
        runtime = LogRuntime.driven(clock, LogListener.NONE, faults, 100, agents);
        directory = temp.resolve("orders-0");
        LogConfig config = LogConfig.builder()
                .timestampAfterMaxMs(Long.MAX_VALUE)
                .segmentBytes(SEGMENT_BYTES)
                .build();
        return PartitionLog.open(directory, config, runtime, OpenState.UNKNOWN);
    }

    private void append(PartitionLog log) {
        String value = log.logEndOffset() + "x".repeat(BATCH_BYTES);
        assertEquals(
                AppendStatus.APPENDED,
                log.appendAsLeader(TestBatches.batch(TIME, value), 0, AppendOrigin.CLIENT, result));
        values.add(result.lastOffset() + "=" + value);
        runtime.preparer().doWork();
    }

    private void appendUntil(PartitionLog log, int segments) {
        while (log.segmentCount() < segments) {
            append(log);
        }
    }

    private List<String> spares() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.startsWith("next."))
                    .sorted()
                    .toList();
        }
    }

    /** Appends until the files are there; fails where the segment rolls before. */
    private void appendUntilPrepared(PartitionLog log) throws IOException {
        int segments = log.segmentCount();
        while (spares().isEmpty()) {
            append(log);
            assertEquals(segments, log.segmentCount(), "rolled before the next segment was there");
        }
    }

    private Path active() {
        long[] bases = SegmentFiles.baseOffsets(directory);
        return SegmentFiles.path(directory, bases[bases.length - 1], SegmentFiles.LOG);
    }

    private static Object inode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino");
    }

    @Test
    void rollTakesTheFilesThatAreThere() throws IOException {
        try (PartitionLog log = open(FileFaults.NONE)) {
            appendUntilPrepared(log);
            assertEquals(List.of("next.index.deleted", "next.log.deleted", "next.timeindex.deleted"), spares());
            Object prepared = inode(directory.resolve("next.log.deleted"));
            appendUntil(log, 2);
            assertEquals(prepared, inode(active()));
            assertEquals(List.of(), spares());
            appendUntil(log, 5);
            assertEquals(values, TestBatches.readAll(log, 0, Long.MAX_VALUE));
            assertNull(log.failure());
        }
        assertEquals(List.of(), spares());
        runtime.preparer().onClose();
        try (PartitionLog log = open(FileFaults.NONE)) {
            assertEquals(values, TestBatches.readAll(log, 0, Long.MAX_VALUE));
            assertEquals(0, log.recovery().cutBytes());
        }
    }

    @Test
    void whatIsLeftByAKillIsRemovedAtTheNextOpen() throws IOException {
        PartitionLog killed = open(FileFaults.NONE);
        appendUntil(killed, 2);
        appendUntilPrepared(killed);
        killed.abandon();
        assertFalse(spares().isEmpty());
        assertEquals(0, runtime.preparer().windows());
        try (PartitionLog log = open(FileFaults.NONE)) {
            assertEquals(List.of(), spares());
            assertEquals(values, TestBatches.readAll(log, 0, Long.MAX_VALUE));
        }
    }

    @Test
    void idleLogGivesThemBack() throws IOException {
        try (PartitionLog log = open(FileFaults.NONE)) {
            appendUntilPrepared(log);
            for (int i = 0; i < 10 && !spares().isEmpty(); i++) {
                clock.nanos += Duration.ofSeconds(3).toNanos();
                runtime.preparer().doWork();
            }
            assertEquals(List.of(), spares());
            assertEquals(0, runtime.preparer().windows());
            assertEquals(0, runtime.preparer().preparedBytes());
            appendUntil(log, 3);
            assertEquals(values, TestBatches.readAll(log, 0, Long.MAX_VALUE));
        }
    }

    @Test
    void rolledLogThatIsIdleGivesBackWhatWasReady() throws IOException {
        try (PartitionLog log = open(FileFaults.NONE)) {
            appendUntilPrepared(log);
            appendUntil(log, 2);
            runtime.preparer().doWork();
            for (int i = 0; i < 10; i++) {
                clock.nanos += Duration.ofSeconds(3).toNanos();
                runtime.preparer().doWork();
            }
            int written = TestBatches.batch(TIME, values.get(0)).remaining();
            assertTrue(Files.size(active()) <= written, () -> "spare bytes stay in " + active());
            assertEquals(0, runtime.preparer().windows());
        }
    }

    @Test
    void logWithoutThemRollsAllTheSame() throws IOException {
        for (Operation operation : List.of(Operation.OPEN, Operation.RESERVE, Operation.MAP)) {
            FaultInjection faults = new FaultInjection(1, ns -> {})
                    .with(Rule.of(Failure.NO_SPACE, 1, operation)
                            .on(file -> file.toString().contains("next.")));
            try (PartitionLog log = open(faults)) {
                appendUntil(log, log.segmentCount() + 2);
                assertNull(log.failure());
                assertEquals(values, TestBatches.readAll(log, 0, Long.MAX_VALUE));
            }
            runtime.preparer().onClose();
        }
        assertNotNull(directory);
    }
}
