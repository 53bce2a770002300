package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log at its size limit: the file of the segment that expires becomes the next one, and nothing of it is ever seen again. */
class RecycledSegmentTest {
    private static final int SEGMENT_BYTES = 256 << 10;
    private static final int BATCH_BYTES = 5_000;
    private static final int APPENDS_MAX = 20_000;

    @TempDir
    private Path temp;

    private final AppendResult result = new AppendResult();
    private final Map<Object, Path> inodes = new HashMap<>();
    private LogRuntime runtime;
    private Path directory;

    @BeforeEach
    void start() {
        runtime = LogRuntime.start(new TestClock(TIME), LogListener.NONE, FileFaults.NONE);
        directory = temp.resolve("orders-0");
    }

    @AfterEach
    void stop() {
        runtime.close();
    }

    private PartitionLog open(boolean recycle) {
        LogConfig config = LogConfig.builder()
                .timestampAfterMaxMs(Long.MAX_VALUE)
                .segmentBytes(SEGMENT_BYTES)
                .retentionBytes(2 * SEGMENT_BYTES)
                .recycleSegments(recycle)
                .build();
        return PartitionLog.open(directory, config, runtime, OpenState.UNKNOWN);
    }

    private static String value(long offset) {
        return "v" + offset + "-" + "x".repeat(BATCH_BYTES);
    }

    private void append(PartitionLog log) {
        ByteBuffer batch = TestBatches.batch(TIME, value(log.logEndOffset()));
        assertEquals(AppendStatus.APPENDED, log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result));
        log.advanceHighWatermark(log.logEndOffset());
    }

    private Path activeFile(PartitionLog log) {
        long[] bases = SegmentFiles.baseOffsets(directory);
        assertTrue(bases.length > 0, log::toString);
        return SegmentFiles.path(directory, bases[bases.length - 1], SegmentFiles.LOG);
    }

    /** Appends until the active segment's file is one that was another segment's before; false where that does not come. */
    private boolean appendUntilRecycled(PartitionLog log) throws IOException {
        int segments = -1;
        for (int i = 0; i < APPENDS_MAX; i++) {
            append(log);
            Path active = activeFile(log);
            if (active.hashCode() == segments) {
                continue;
            }
            segments = active.hashCode();
            Path before = inodes.put(Files.getAttribute(active, "unix:ino"), active);
            if (before != null && Files.size(active) > SEGMENT_BYTES / 2) {
                return true;
            }
        }
        return false;
    }

    private static void assertRecords(PartitionLog log) {
        log.applyRetention(TIME); // the rolls have asked for it as well, on the housekeeper
        List<String> records = TestBatches.readAll(log, log.logStartOffset(), Long.MAX_VALUE);
        assertEquals(log.logEndOffset() - log.logStartOffset(), records.size());
        long offset = log.logStartOffset();
        for (String each : records) {
            assertEquals(offset + "=" + value(offset), each);
            offset++;
        }
    }

    /** Bytes of the batches in the active segment. */
    private int written(PartitionLog log) {
        long base = SegmentFiles.baseOffsets(directory)[SegmentFiles.baseOffsets(directory).length - 1];
        int bytes = 0;
        for (long offset = base; offset < log.logEndOffset(); offset++) {
            bytes += TestBatches.batch(TIME, value(offset)).remaining();
        }
        return bytes;
    }

    @Test
    void expiredFileBecomesTheNextSegmentBehindAHeaderOfZeros() throws IOException {
        try (PartitionLog log = open(true)) {
            assertTrue(appendUntilRecycled(log));
            for (int i = 0; i < 5; i++) {
                append(log);
            }
            assertRecords(log);
            byte[] bytes = Files.readAllBytes(activeFile(log));
            int end = written(log);
            assertArrayEquals(new byte[12], Arrays.copyOfRange(bytes, end, end + 12));
            boolean stale = false;
            for (int i = end + 12; i < bytes.length; i++) {
                stale |= bytes[i] != 0;
            }
            assertTrue(stale, "no batch of the expired segment is left: nothing is shown here");
        }
        try (PartitionLog log = open(true)) {
            assertRecords(log);
            assertEquals(0, log.recovery().cutBytes());
        }
        assertNoLeftovers();
    }

    private void assertNoLeftovers() throws IOException {
        for (long base : SegmentFiles.baseOffsets(directory)) {
            Path file = SegmentFiles.path(directory, base, SegmentFiles.LOG);
            assertTrue(Files.size(file) <= SEGMENT_BYTES, file::toString);
        }
    }

    @Test
    void nothingStaleIsFoundAfterAKill() throws IOException {
        long end;
        Path active;
        try (PartitionLog log = open(true)) {
            assertTrue(appendUntilRecycled(log));
            append(log);
            end = log.logEndOffset();
            active = activeFile(log);
            log.abandon();
        }
        assertTrue(Files.size(active) > SEGMENT_BYTES / 2);
        try (PartitionLog log = open(true)) {
            assertNull(log.failure());
            assertEquals(end, log.logEndOffset());
            assertRecords(log);
            for (int i = 0; i < 3 * SEGMENT_BYTES / BATCH_BYTES; i++) {
                append(log);
            }
            assertRecords(log);
        }
    }

    @Test
    void fileOfAReaderIsLeftAlone() throws IOException {
        try (PartitionLog log = open(true)) {
            append(log);
            try (LogSlice slice = log.read(0, 1 << 20, Long.MAX_VALUE, true)) {
                byte[] before = new byte[slice.copy().remaining()];
                slice.copy().get(before);
                assertTrue(appendUntilRecycled(log));
                assertTrue(log.logStartOffset() > 0);
                byte[] after = new byte[before.length];
                slice.copy().get(after);
                assertArrayEquals(before, after);
            }
        }
    }

    @Test
    void switchedOffEverySegmentHasAFileOfItsOwn() throws IOException {
        try (PartitionLog log = open(false)) {
            // Files that are removed after the delay keep their inodes for so long: a new one cannot have the same.
            while (log.segmentCount() < 2 || log.logEndOffset() < 8L * SEGMENT_BYTES / BATCH_BYTES) {
                append(log);
                Path active = activeFile(log);
                Path before = inodes.put(Files.getAttribute(active, "unix:ino"), active);
                assertFalse(before != null && !before.equals(active), () -> active + " was " + before);
            }
            assertRecords(log);
        }
    }
}
