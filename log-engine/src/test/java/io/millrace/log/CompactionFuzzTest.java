package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.CompactionWorkload.Written;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A compacted log against the list of all records that were ever appended, under random cleanings, rolls, clean stops and kills. */
class CompactionFuzzTest {
    private static final int STEPS = 250;
    private static final long RETENTION_MS = 10_000;

    @TempDir
    private Path temp;

    private final TestClock clock = new TestClock(TestBatches.TIME);
    private LogConfig config;
    private LogDirectory directory;
    private PartitionLog log;
    private CompactionWorkload workload;
    private long cleanedTo = -1;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void keepsWhatTheModelKeeps(long seed) throws IOException {
        Random random = new Random(seed);
        config = LogConfig.builder()
                .segmentBytes(500 + random.nextInt(6000))
                .indexIntervalBytes(random.nextInt(500))
                .indexBytesMax(1200)
                .fileDeleteDelayMs(random.nextInt(2) * 60_000L)
                .deletePolicy(false)
                .compactPolicy(true)
                .deleteRetentionMs(RETENTION_MS)
                .minCleanableDirtyRatio(0)
                .build();
        workload = new CompactionWorkload(random, 5 + random.nextInt(60), seed % 2 == 0);
        try (LogRuntime runtime = LogRuntime.start(clock, LogListener.NONE, FileFaults.NONE)) {
            open(runtime);
            log = directory.create("fuzz", 0, 1, 2, config);
            for (int step = 0; step < STEPS; step++) {
                step(random, runtime, "seed " + seed + " step " + step);
            }
            workload.endAll(log, clock.millis());
            log.advanceHighWatermark(log.logEndOffset());
            clean(random, runtime);
            check("seed " + seed);
            directory.close();
        }
    }

    private void open(LogRuntime runtime) {
        directory = LogDirectory.open(temp.resolve("data"), runtime, topic -> config, 1, LogListener.NONE);
        PartitionLog found = directory.log("fuzz", 0);
        if (found != null) {
            log = found;
        }
    }

    private void step(Random random, LogRuntime runtime, String where) throws IOException {
        int dice = random.nextInt(100);
        clock.millis(clock.millis() + random.nextInt(100));
        if (dice < 88) {
            for (int i = random.nextInt(6); i >= 0; i--) {
                workload.step(log, clock.millis());
            }
            log.advanceHighWatermark(log.logEndOffset() - random.nextInt(5));
        } else if (dice < 94) {
            clean(random, runtime);
            check(where);
        } else if (dice < 97) {
            reopen(runtime, random.nextBoolean(), where);
        } else {
            clock.millis(clock.millis() + RETENTION_MS);
        }
    }

    private void clean(Random random, LogRuntime runtime) {
        // Sometimes a map of very few keys: several passes.
        long mapBytes = random.nextInt(3) == 0 ? 24 * (7 + random.nextInt(40)) : 1 << 20;
        CleanerSettings settings =
                new CleanerSettings(false, 1, mapBytes, 0.9, random.nextInt(20_000), Double.MAX_VALUE, 1);
        try (LogCleaner cleaner = LogCleaner.start(settings, new TestCodec(), runtime, List.of(directory))) {
            cleaner.cleanAll();
        }
        assertNull(log.failure());
        assertNull(log.cleaning().problem());
        long now = directory.cleanedTo(new PartitionName("fuzz", 0));
        assertTrue(now >= cleanedTo, "cleaned to " + now + " after " + cleanedTo);
        cleanedTo = now;
    }

    private void reopen(LogRuntime runtime, boolean clean, String where) throws IOException {
        List<String> before = log.activeProducers().stream()
                .map(CompactionFuzzTest::producer)
                .sorted()
                .toList();
        long end = log.logEndOffset();
        long highWatermark = log.highWatermark();
        if (clean) {
            directory.close();
        } else {
            log.abandon(); // as after a kill: nothing is trimmed, no snapshot, no marker
            directory.close();
            Files.delete(temp.resolve("data").resolve(".kafka_cleanshutdown"));
        }
        open(runtime);
        assertEquals(end, log.logEndOffset(), where);
        List<String> after = log.activeProducers().stream()
                .map(CompactionFuzzTest::producer)
                .sorted()
                .toList();
        assertEquals(before, after, where);
        log.advanceHighWatermark(highWatermark);
        check(where);
    }

    private static String producer(ProducerView producer) {
        return producer.producerId() + "/" + producer.epoch() + "/" + producer.lastSequence() + "/"
                + producer.transactionFirstOffset();
    }

    private void check(String where) {
        Map<Long, Written> all = new TreeMap<>();
        workload.written().forEach(record -> all.put(record.offset, record));
        Map<String, Written> expected = workload.lastBelow(Math.max(0, cleanedTo));
        List<AbortedTransaction> aborted = log.abortedTransactions(0, log.logEndOffset());
        TreeMap<String, String> state = new TreeMap<>();
        TreeMap<String, Written> survivors = new TreeMap<>();
        long lastOffset = -1;
        for (RecordBatch batch : batches()) {
            for (Record record : batch) {
                assertTrue(record.offset() > lastOffset, where);
                lastOffset = record.offset();
                if (batch.isControlBatch()) {
                    continue;
                }
                Written source = assertNotNullOf(all.get(record.offset()), where + " offset " + record.offset());
                assertSame(source, record, where);
                boolean dropped = isAborted(aborted, batch, record.offset());
                assertEquals(source.aborted(), dropped, where + " " + source);
                if (!dropped) {
                    apply(state, source);
                }
                if (record.offset() < cleanedTo && !dropped) {
                    assertNull(survivors.put(source.key, source), where + " twice: " + source);
                }
            }
        }
        survivors.forEach((key, record) -> assertEquals(expected.get(key), record, where));
        expected.forEach((key, record) -> {
            boolean mayBeGone = record.value == null && clock.millis() - record.timestampMs >= RETENTION_MS;
            assertTrue(survivors.containsKey(key) || mayBeGone, where + " lost: " + record);
        });
        TreeMap<String, String> whole = new TreeMap<>();
        workload.written().stream().filter(record -> !record.aborted()).forEach(record -> apply(whole, record));
        assertEquals(whole, state, where);
    }

    private static <T> T assertNotNullOf(T value, String message) {
        assertNotNull(value, message);
        return value;
    }

    private static void apply(Map<String, String> state, Written record) {
        if (record.value == null) {
            state.remove(record.key);
        } else {
            state.put(record.key, record.value);
        }
    }

    private static boolean isAborted(List<AbortedTransaction> aborted, RecordBatch batch, long offset) {
        return batch.isTransactional()
                && aborted.stream()
                        .anyMatch(each -> each.producerId() == batch.producerId()
                                && each.firstOffset() <= offset
                                && offset <= each.lastOffset());
    }

    private static void assertSame(Written source, Record record, String where) {
        assertEquals(source.key, text(record.key()), where);
        assertEquals(source.value, record.hasValue() ? text(record.value()) : null, where);
        assertEquals(source.timestampMs, record.timestamp(), where);
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }

    private List<RecordBatch> batches() {
        List<RecordBatch> batches = new ArrayList<>();
        long next = log.logStartOffset();
        while (next < log.logEndOffset()) {
            try (LogSlice slice = log.read(next, 1 << 16, Long.MAX_VALUE, true)) {
                assertNotNull(slice);
                if (slice.length() == 0) {
                    return batches;
                }
                for (RecordBatch batch :
                        MemoryRecords.readableRecords(slice.copy()).batches()) {
                    batch.ensureValid();
                    batches.add(batch);
                    next = batch.lastOffset() + 1;
                }
            }
        }
        return batches;
    }
}
