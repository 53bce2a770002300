package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.batch;
import static io.millrace.log.TestBatches.readAll;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionLogTest {
    private static final OpenState CLEAN = new OpenState(true, 0, 0);

    @TempDir
    private Path temp;

    private final AppendResult result = new AppendResult();
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

    private PartitionLog open(LogConfig config, OpenState state) {
        return PartitionLog.open(directory, config, runtime, state);
    }

    private AppendStatus append(PartitionLog log, ByteBuffer batch) {
        return log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result);
    }

    private static LogConfig.Builder config() {
        return LogConfig.builder().timestampAfterMaxMs(Long.MAX_VALUE);
    }

    @Test
    void appendsReadsClosesAndReopens() {
        try (PartitionLog log = open(config().build(), OpenState.UNKNOWN)) {
            assertEquals(AppendStatus.APPENDED, append(log, batch(TIME, "a", "b")));
            assertEquals(0, result.firstOffset());
            assertEquals(1, result.lastOffset());
            assertEquals(AppendStatus.APPENDED, append(log, batch(TIME, "c")));
            assertEquals(List.of("0=a", "1=b", "2=c"), readAll(log, 0, Long.MAX_VALUE));
            assertEquals(List.of("1=b", "2=c"), readAll(log, 1, Long.MAX_VALUE));
        }
        try (PartitionLog log = open(config().build(), CLEAN)) {
            assertEquals(3, log.logEndOffset());
            assertEquals(0, log.recovery().scannedSegments());
            assertEquals(AppendStatus.APPENDED, append(log, batch(TIME, "d")));
            assertEquals(List.of("0=a", "1=b", "2=c", "3=d"), readAll(log, 0, Long.MAX_VALUE));
        }
    }

    @Test
    void manyAppendsGoThroughWindowsAndRolls() {
        LogConfig config = config().segmentBytes(1 << 20).build();
        List<String> expected = new ArrayList<>();
        try (PartitionLog log = open(config, OpenState.UNKNOWN)) {
            for (int i = 0; i < 20_000; i++) {
                String value = "value-" + i + "-" + "y".repeat(i % 300);
                assertEquals(AppendStatus.APPENDED, append(log, batch(TIME + i, value)));
                expected.add(i + "=" + value);
            }
            assertTrue(log.segmentCount() > 3, () -> "segments: " + log.segmentCount());
            assertEquals(expected, readAll(log, 0, Long.MAX_VALUE));
            assertEquals(expected.subList(7777, 20_000), readAll(log, 7777, Long.MAX_VALUE));
        }
        try (PartitionLog log = open(config, CLEAN)) {
            assertEquals(expected, readAll(log, 0, Long.MAX_VALUE));
        }
    }

    @Test
    void closeLeavesNoSpareBytes() throws IOException {
        long bytes;
        try (PartitionLog log = open(config().build(), OpenState.UNKNOWN)) {
            for (int i = 0; i < 1000; i++) {
                append(log, batch(TIME, "value"));
            }
            bytes = log.sizeBytes();
        }
        assertEquals(bytes, Files.size(SegmentFiles.path(directory, 0, SegmentFiles.LOG)));
    }

    @Test
    void uncleanStopIsRecoveredWithoutLoss() {
        PartitionLog log = open(config().segmentBytes(64 << 10).build(), OpenState.UNKNOWN);
        for (int i = 0; i < 3000; i++) {
            append(log, batch(TIME, "value-" + i));
        }
        List<String> before = readAll(log, 0, Long.MAX_VALUE);
        log.abandon();
        try (PartitionLog again = open(config().build(), OpenState.UNKNOWN)) {
            assertEquals(3000, again.logEndOffset());
            assertEquals(before, readAll(again, 0, Long.MAX_VALUE));
            assertTrue(again.recovery().scannedSegments() > 1);
            assertNull(again.recovery().cutReason());
        }
    }

    @Test
    void readStopsAtTheBound() {
        try (PartitionLog log = open(config().build(), OpenState.UNKNOWN)) {
            for (int i = 0; i < 1000; i++) {
                append(log, batch(TIME, "a" + i, "b" + i));
            }
            assertEquals(500, readAll(log, 0, 500).size());
            assertEquals(498, readAll(log, 0, 499).size()); // the batch that holds the bound is left out
            log.advanceHighWatermark(700);
            assertEquals(700, readAll(log, 0, log.highWatermark()).size());
            try (LogSlice slice = log.read(700, 1000, log.highWatermark(), true)) {
                assertNotNull(slice);
                assertEquals(0, slice.length());
            }
            assertNull(log.read(2001, 1000, Long.MAX_VALUE, true));
        }
    }

    @Test
    void firstBatchIsWholeWhereAsked() {
        try (PartitionLog log = open(config().build(), OpenState.UNKNOWN)) {
            append(log, sized(TIME, 5000));
            append(log, sized(TIME, 5000));
            try (LogSlice slice = log.read(0, 100, Long.MAX_VALUE, true)) {
                assertEquals(5000, slice.length());
            }
            try (LogSlice slice = log.read(0, 100, Long.MAX_VALUE, false)) {
                assertEquals(0, slice.length());
            }
            try (LogSlice slice = log.read(0, 6000, Long.MAX_VALUE, true)) {
                assertEquals(6000, slice.length());
            }
        }
    }

    @Test
    void truncationDropsWholeBatchesAndAppendsGoOn() {
        try (PartitionLog log = open(config().segmentBytes(4096).build(), OpenState.UNKNOWN)) {
            for (int i = 0; i < 500; i++) {
                append(log, batch(TIME, "a" + i, "b" + i));
            }
            log.truncateTo(301);
            assertEquals(300, log.logEndOffset());
            assertEquals(300, readAll(log, 0, Long.MAX_VALUE).size());
            append(log, batch(TIME, "new"));
            assertEquals(300, result.firstOffset());
            List<String> all = readAll(log, 0, Long.MAX_VALUE);
            assertEquals("300=new", all.get(all.size() - 1));
            log.truncateFullyAndStartAt(1000);
            assertEquals(1000, log.logStartOffset());
            append(log, batch(TIME, "again"));
            assertEquals(List.of("1000=again"), readAll(log, 1000, Long.MAX_VALUE));
        }
    }

    @Test
    void duplicateIsAnsweredWithItsFirstOffset() {
        try (PartitionLog log = open(config().build(), OpenState.UNKNOWN)) {
            append(log, batch(TIME, "before"));
            assertEquals(AppendStatus.APPENDED, append(log, TestBatches.idempotent(7, 0, 0, "a", "b")));
            assertEquals(AppendStatus.APPENDED, append(log, TestBatches.idempotent(7, 0, 2, "c")));
            assertEquals(AppendStatus.DUPLICATE, append(log, TestBatches.idempotent(7, 0, 0, "a", "b")));
            assertEquals(1, result.firstOffset());
            assertEquals(2, result.lastOffset());
            assertEquals(4, log.logEndOffset());
            assertEquals(AppendStatus.OUT_OF_ORDER_SEQUENCE, append(log, TestBatches.idempotent(7, 0, 9, "z")));
        }
        try (PartitionLog log = open(config().build(), CLEAN)) {
            assertEquals(AppendStatus.DUPLICATE, append(log, TestBatches.idempotent(7, 0, 2, "c")));
            assertEquals(3, result.firstOffset());
        }
    }

    @Test
    void retentionBySizeKeepsWhatIsAboveTheHighWatermark() {
        LogConfig config = config().segmentBytes(10_000)
                .retentionBytes(1)
                .fileDeleteDelayMs(0)
                .build();
        try (PartitionLog log = open(config, OpenState.UNKNOWN)) {
            for (int i = 0; i < 100; i++) {
                append(log, sized(TIME, 1000));
            }
            assertEquals(10, log.segmentCount());
            assertEquals(0, log.applyRetention(TIME));
            log.advanceHighWatermark(55);
            assertEquals(5, log.applyRetention(TIME));
            assertEquals(50, log.logStartOffset());
            log.advanceHighWatermark(100);
            assertEquals(4, log.applyRetention(TIME));
            assertEquals(90, log.logStartOffset());
        }
    }

    @Test
    void retentionByTimeRollsTheActiveSegment() {
        LogConfig config = config().retentionMs(1000).fileDeleteDelayMs(0).build();
        try (PartitionLog log = open(config, OpenState.UNKNOWN)) {
            append(log, batch(TIME, "old"));
            log.advanceHighWatermark(1);
            assertEquals(0, log.applyRetention(TIME + 1000));
            assertEquals(1, log.applyRetention(TIME + 1001));
            assertEquals(1, log.logStartOffset());
            assertEquals(1, log.logEndOffset());
            append(log, batch(TIME, "new"));
            assertEquals(List.of("1=new"), readAll(log, 1, Long.MAX_VALUE));
        }
    }

    @Test
    void sliceOutlivesTheDeletionOfItsSegment() {
        LogConfig config = config().segmentBytes(10_000)
                .retentionBytes(1)
                .fileDeleteDelayMs(0)
                .build();
        try (PartitionLog log = open(config, OpenState.UNKNOWN)) {
            for (int i = 0; i < 30; i++) {
                append(log, sized(TIME, 1000));
            }
            log.advanceHighWatermark(30);
            try (LogSlice slice = log.read(0, 3000, Long.MAX_VALUE, true)) {
                log.applyRetention(TIME);
                assertEquals(3, TestBatches.records(slice.copy()).size());
            }
            assertNull(log.read(0, 3000, Long.MAX_VALUE, true));
        }
    }

    @Test
    void viewShowsTheBytesOfTheFileAlsoAfterTheRollAndTheDeletion() {
        LogConfig config = config().segmentBytes(10_000)
                .retentionBytes(1)
                .fileDeleteDelayMs(0)
                .build();
        try (PartitionLog log = open(config, OpenState.UNKNOWN)) {
            for (int i = 0; i < 5; i++) {
                append(log, sized(TIME, 1000));
            }
            log.advanceHighWatermark(5);
            try (LogSlice slice = log.read(1, 3000, 5, true)) {
                ByteBuffer view = slice.view();
                assertEquals(slice.copy(), view);
                assertTrue(view.isReadOnly() && view.isDirect());
                for (int i = 0; i < 30; i++) {
                    append(log, sized(TIME, 1000));
                }
                log.advanceHighWatermark(35);
                log.applyRetention(TIME);
                assertNull(log.read(1, 3000, Long.MAX_VALUE, true));
                assertEquals(slice.copy(), slice.view());
                assertEquals(slice.copy(), view);
            }
        }
    }

    @Test
    void findsBatchesByTime() {
        try (PartitionLog log = open(config().segmentBytes(20_000).build(), OpenState.UNKNOWN)) {
            assertNull(log.batchWithMaxTimestamp());
            for (int i = 0; i < 2000; i++) {
                append(log, batch(TIME + i * 10L, "v" + i));
            }
            for (int i = 0; i < 2000; i += 37) {
                try (LogSlice slice = log.firstBatchAtOrAfter(TIME + i * 10L - 5, Long.MAX_VALUE)) {
                    assertEquals(List.of(i + "=v" + i), TestBatches.records(slice.copy()));
                }
            }
            assertNull(log.firstBatchAtOrAfter(TIME + 20_000, Long.MAX_VALUE));
            assertNull(log.firstBatchAtOrAfter(TIME + 10_000, 1000));
            try (LogSlice slice = log.batchWithMaxTimestamp()) {
                assertEquals(List.of("1999=v1999"), TestBatches.records(slice.copy()));
            }
        }
    }

    @Test
    void flushAdvancesTheRecoveryPointAndTellsInOrder() {
        try (PartitionLog log = open(config().segmentBytes(10_000).build(), OpenState.UNKNOWN)) {
            List<Long> told = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                append(log, sized(TIME, 1000));
            }
            log.flush();
            assertEquals(100, log.flushedOffset());
            log.onFlushed(100, failure -> told.add(100L));
            assertEquals(List.of(100L), told);
        }
    }

    @Test
    void latestEpochEndsWhereTheLogEndsNow() {
        try (PartitionLog log = open(config().build(), OpenState.UNKNOWN)) {
            log.beginLeaderEpoch(3);
            append(log, batch(TIME, "a", "b"), 3);
            assertEquals(2, log.epochs().endOffsetFor(3).endOffset());
            append(log, batch(TIME, "c"), 3);
            assertEquals(3, log.epochs().endOffsetFor(3).endOffset());
            log.beginLeaderEpoch(5);
            append(log, batch(TIME, "d"), 5);
            assertEquals(3, log.epochs().endOffsetFor(4).endOffset());
            assertEquals(4, log.epochs().endOffsetFor(5).endOffset());
            assertEquals(
                    AppendStatus.FENCED_EPOCH, log.appendAsLeader(batch(TIME, "x"), 4, AppendOrigin.CLIENT, result));
        }
    }

    private void append(PartitionLog log, ByteBuffer batch, int leaderEpoch) {
        assertEquals(AppendStatus.APPENDED, log.appendAsLeader(batch, leaderEpoch, AppendOrigin.CLIENT, result));
    }
}
