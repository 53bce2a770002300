package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A thousand logs in one process: what idle ones cost, and that parked ones are as good as open ones. Counts by /proc. */
@EnabledOnOs(OS.LINUX)
class ManyPartitionsTest {
    private static final int PARTITIONS = 1_000;
    private static final int OPEN_MAX = 20;
    /** What is open for a moment: a file that is sealed or forced by name, the directory's lock. */
    private static final int OTHERS = 5;

    private static final LogConfig CONFIG = LogConfig.builder()
            .segmentBytes(2_000)
            .indexIntervalBytes(100)
            .retentionMs(-1)
            .build();

    @TempDir
    Path data;

    private final AtomicLong millis = new AtomicLong(TestBatches.TIME);
    private LogRuntime runtime;
    private LogDirectory directory;

    @BeforeEach
    void start() {
        runtime = LogRuntime.start(new Clock(), LogListener.NONE, FileFaults.NONE, OPEN_MAX);
        directory = open();
    }

    @AfterEach
    void stop() {
        directory.close();
        runtime.close();
    }

    @Test
    void anIdlePartitionCostsNoHandleNoMappingAndKilobytes() throws Exception {
        create(PARTITIONS);
        assertEquals(PARTITIONS, directory.logCount());
        assertBounds();
        long bytes = diskBytes();
        assertTrue(bytes <= PARTITIONS * 16_384L, "bytes on the disk: " + bytes);
    }

    @Test
    void aLogThatWasParkedAppendsReadsAndRolls() throws Exception {
        create(PARTITIONS / 16);
        for (int round = 0; round < 3; round++) {
            for (PartitionLog log : directory.logs()) {
                append(log, 12);
                log.flush();
            }
            for (PartitionLog log : directory.logs()) {
                assertEquals(12L * (round + 1), log.logEndOffset());
                assertReads(log);
            }
        }
        assertTrue(directory.logs().iterator().next().segmentCount() > 1);
        assertBounds();
    }

    @Test
    void aCleanStartOpensWithoutMappings() throws Exception {
        create(PARTITIONS / 16);
        for (PartitionLog log : directory.logs()) {
            append(log, 40);
        }
        directory.close();
        directory = open();
        assertTrue(directory.report().cleanShutdown());
        assertEquals(0, directory.report().scannedSegments());
        assertBounds();
        for (PartitionLog log : directory.logs()) {
            assertEquals(40, log.logEndOffset());
            assertReads(log);
        }
        assertBounds();
    }

    /** Bytes that were never forced keep their descriptor, on which the kernel owes the report of a failed write. */
    @Test
    void whatWasNotForcedIsNotParked() throws Exception {
        create(2 * OPEN_MAX);
        directory.logs().forEach(log -> append(log, 1));
        create(3 * OPEN_MAX);
        assertTrue(handles() >= 2 * OPEN_MAX, "handles: " + handles());
        directory.logs().forEach(PartitionLog::flush);
        for (PartitionLog log : directory.logs()) {
            if (log.logEndOffset() > 0) {
                assertReads(log);
            }
        }
        assertBounds();
    }

    private LogDirectory open() {
        return LogDirectory.open(data, runtime, topic -> CONFIG, 4, LogListener.NONE);
    }

    private void create(int partitions) {
        List<LogDirectory.NewLog> wanted = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            wanted.add(new LogDirectory.NewLog("t", i, 7, 8, CONFIG));
        }
        directory.createAll(wanted);
    }

    /** Slowly, so that no log is busy: what a busy one holds is not the matter here. */
    private void append(PartitionLog log, int records) {
        AppendResult result = new AppendResult();
        for (int i = 0; i < records; i++) {
            millis.addAndGet(2_000);
            AppendStatus status = log.appendAsLeader(
                    TestBatches.batch(TestBatches.TIME + i, "value " + i), 0, AppendOrigin.CLIENT, result);
            assertEquals(AppendStatus.APPENDED, status);
        }
        log.advanceHighWatermark(log.logEndOffset());
    }

    private static void assertReads(PartitionLog log) {
        long offset = log.logEndOffset() / 2;
        try (LogSlice slice = log.read(offset, 1 << 20, log.logEndOffset(), true)) {
            assertEquals(offset, slice.firstBatchOffset());
            assertTrue(slice.copy().remaining() > 0);
        }
    }

    private void assertBounds() throws IOException {
        runtime.openSegments().sweep();
        long handles = handles();
        long mappings = mappings();
        assertTrue(handles <= OPEN_MAX + OTHERS, "handles: " + handles);
        assertTrue(mappings <= 3L * OPEN_MAX + OTHERS, "mapped files: " + mappings);
        assertTrue(runtime.openSegmentCount() <= OPEN_MAX + OTHERS, "open: " + runtime.openSegmentCount());
    }

    private long handles() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(this::isOurs).count();
        }
    }

    private boolean isOurs(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).startsWith(data);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    /** Time goes by with the appends only. */
    private final class Clock implements LogClock {
        @Override
        public long millis() {
            return millis.get();
        }

        @Override
        public long nanos() {
            return TimeUnit.MILLISECONDS.toNanos(millis.get());
        }
    }

    private long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(data.toString())).count();
        }
    }

    private long diskBytes() throws IOException, InterruptedException {
        Process du = new ProcessBuilder("du", "-s", "--block-size=1", data.toString()).start();
        String line = new String(du.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII);
        assertEquals(0, du.waitFor());
        return Long.parseLong(line.split("\\s+", 2)[0]);
    }
}
