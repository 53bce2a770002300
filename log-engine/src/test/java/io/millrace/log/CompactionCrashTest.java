package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A cleaning is stopped before each of the operations on files that it is made of, as by a kill: the process does nothing more to the
 * disk. What is left is opened again, and again where that is stopped too. Then everything is there that has to be, no segment is half old
 * and half new, and the next cleaning ends what this one began.
 */
class CompactionCrashTest {
    private static final CleanerSettings SETTINGS =
            new CleanerSettings(false, 1, 1 << 20, 0.9, 64 << 10, Double.MAX_VALUE, 1);
    private static final LogConfig CONFIG = LogConfig.builder()
            .segmentBytes(700)
            .indexIntervalBytes(0)
            .deletePolicy(false)
            .compactPolicy(true)
            .minCleanableDirtyRatio(0)
            .fileDeleteDelayMs(0)
            .build();
    private static final int NEVER = Integer.MAX_VALUE;

    @TempDir
    private Path temp;

    private final TestClock clock = new TestClock(TIME);

    /** Lets so many operations pass, then none. */
    private static final class Kill implements FileFaults {
        private final AtomicInteger left = new AtomicInteger(NEVER);
        private final AtomicInteger seen = new AtomicInteger();

        @Override
        public void before(Operation operation, Path file, long position, long length) throws IOException {
            if (operation == Operation.CLOSE || operation == Operation.MAP || operation == Operation.READ) {
                return; // nothing of these is seen on the disk
            }
            seen.incrementAndGet();
            if (left.get() != NEVER && left.getAndDecrement() <= 0) {
                left.set(0);
                throw new IOException("the process is dead");
            }
        }
    }

    @Test
    void aStopBeforeAnyOperationLeavesAWholeLog() throws IOException {
        Map<String, String> expected = makeInput();
        int operations = stopAfter(NEVER - 1, NEVER, expected);
        assertTrue(operations > 40, () -> operations + " operations");
        for (int after = 0; after < operations; after++) {
            stopAfter(after, NEVER, expected);
        }
    }

    /** The recovery from one stop is stopped as well. */
    @ParameterizedTest
    @ValueSource(ints = {2, 7})
    void aStopOfTheRecoveryIsRecoveredFrom(int recoveryStops) throws IOException {
        Map<String, String> expected = makeInput();
        int operations = stopAfter(NEVER - 1, NEVER, expected);
        for (int after = recoveryStops; after < operations; after += 7) {
            stopAfter(after, recoveryStops, expected);
        }
    }

    /** A directory that is closed in order, to be copied; returns what is in it. */
    private Map<String, String> makeInput() {
        try (LogRuntime runtime = LogRuntime.start(clock, LogListener.NONE, FileFaults.NONE)) {
            LogDirectory directory = open("input", runtime);
            try {
                PartitionLog log = directory.create("crash", 0, 1, 2, CONFIG);
                fill(log);
                return state(log, "input");
            } finally {
                directory.close();
            }
        }
    }

    /** Cleans until the given number of operations, and looks at what is left; returns how many there were. */
    private int stopAfter(int operations, int recoveryOperations, Map<String, String> expected) throws IOException {
        String where = "stopped after " + operations + ", then after " + recoveryOperations;
        deleteAll(temp.resolve("data"));
        copy(temp.resolve("input"), temp.resolve("data"));
        Kill kill = new Kill();
        int seen;
        try (LogRuntime runtime = LogRuntime.start(clock, LogListener.NONE, kill)) {
            LogDirectory directory = open("data", runtime);
            int before = kill.seen.get();
            kill.left.set(operations);
            clean(runtime, directory);
            seen = kill.seen.get() - before;
            kill.left.set(0);
            abandon(directory);
        }
        if (recoveryOperations != NEVER) {
            recoverHalf(recoveryOperations);
        }
        verify(expected, where, operations % 8 == 0);
        return seen;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    private LogDirectory open(String name, LogRuntime runtime) {
        return LogDirectory.open(temp.resolve(name), runtime, topic -> CONFIG, 1, LogListener.NONE);
    }

    private static void abandon(LogDirectory directory) {
        directory.logs().forEach(PartitionLog::abandon);
        try {
            directory.close();
        } catch (StorageException e) {
            // The disk takes nothing any more.
        }
    }

    /** The lock's file stays; a new process would take it over. */
    private static void deleteAll(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    private void recoverHalf(int operations) {
        Kill kill = new Kill();
        try (LogRuntime runtime = LogRuntime.start(clock, LogListener.NONE, kill)) {
            kill.left.set(operations + 3); // the directory's own operations come first
            abandon(open("data", runtime));
        } catch (StorageException e) {
            // As far as it got.
        }
    }

    private static void clean(LogRuntime runtime, LogDirectory directory) {
        try (LogCleaner cleaner = LogCleaner.start(SETTINGS, null, runtime, List.of(directory))) {
            cleaner.cleanAll();
        }
    }

    /** Several groups of segments; aborted and committed transactions; values, tombstones. */
    private void fill(PartitionLog log) {
        for (int i = 0; i < 20; i++) {
            if (i % 10 == 3) {
                append(
                        log,
                        new RecordBatchBuilder().producer(7, (short) 0, i / 10).transactional(),
                        "k1",
                        "aborted");
                mark(log, 7, false);
            }
            if (i % 10 == 6) {
                append(
                        log,
                        new RecordBatchBuilder().producer(8, (short) 0, i / 10).transactional(),
                        "t" + i,
                        "committed");
                mark(log, 8, true);
            }
            append(log, new RecordBatchBuilder(), "k" + i % 7, i % 9 == 8 ? null : "v" + i + "x".repeat(40));
        }
        log.advanceHighWatermark(log.logEndOffset());
    }

    private void append(PartitionLog log, RecordBatchBuilder builder, String key, String value) {
        AppendResult result = new AppendResult();
        builder.add(
                clock.millis(),
                key.getBytes(StandardCharsets.UTF_8),
                value == null ? null : value.getBytes(StandardCharsets.UTF_8));
        assertEquals(
                AppendStatus.APPENDED,
                log.appendAsLeader(builder.build(), 0, AppendOrigin.CLIENT, result),
                result::message);
    }

    private void mark(PartitionLog log, long producerId, boolean commit) {
        AppendResult result = new AppendResult();
        assertEquals(
                AppendStatus.APPENDED,
                log.appendAsLeader(
                        RecordBatchBuilder.endTransaction(producerId, (short) 0, 0, commit, clock.millis()),
                        0,
                        AppendOrigin.COORDINATOR,
                        result),
                result::message);
    }

    private void verify(Map<String, String> expected, String where, boolean cleanOn) throws IOException {
        List<String> failures = new ArrayList<>();
        LogListener listener = new LogListener() {
            @Override
            public void failed(Path log, StorageException cause) {
                failures.add(cause.toString());
            }
        };
        try (LogRuntime runtime = LogRuntime.start(clock, listener, FileFaults.NONE)) {
            LogDirectory directory = open("data", runtime);
            try {
                assertEquals(Map.of(), directory.offline(), where);
                PartitionLog log = directory.log("crash", 0);
                assertNotNull(log, where);
                log.advanceHighWatermark(log.logEndOffset());
                assertEquals(expected, state(log, where), where);
                assertNoLeftovers(log.directory(), where);
                if (cleanOn) {
                    clean(runtime, directory);
                }
                assertNull(log.cleaning().problem(), where);
                assertEquals(expected, state(log, where), where + " and cleaned");
                assertEquals(List.of(), failures, where);
            } finally {
                directory.close();
            }
        }
    }

    private static void assertNoLeftovers(Path directory, String where) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<String> names =
                    files.map(file -> file.getFileName().toString()).toList();
            assertFalse(names.stream().anyMatch(name -> name.matches(".*\\.(cleaned|swap|deleted)")), where + names);
            for (String name : names) {
                if (name.endsWith("index")) {
                    String log = name.substring(0, name.indexOf('.')) + ".log";
                    assertTrue(names.contains(log), where + ": " + name + " without a log");
                }
            }
        }
    }

    /** What a reader of committed records makes of the log: the last value of each key; its end; that offsets ascend. */
    private static Map<String, String> state(PartitionLog log, String where) {
        TreeMap<String, String> state = new TreeMap<>();
        List<AbortedTransaction> aborted = log.abortedTransactions(0, log.logEndOffset());
        long next = 0;
        while (next < log.logEndOffset()) {
            try (LogSlice slice = log.read(next, 1 << 20, Long.MAX_VALUE, true)) {
                assertNotNull(slice, where);
                if (slice.length() == 0) {
                    break;
                }
                for (var batch : org.apache.kafka.common.record.internal.MemoryRecords.readableRecords(slice.copy())
                        .batches()) {
                    batch.ensureValid();
                    assertTrue(batch.lastOffset() >= next, where);
                    next = batch.nextOffset();
                    boolean dropped = batch.isControlBatch()
                            || (batch.isTransactional()
                                    && aborted.stream()
                                            .anyMatch(each -> each.producerId() == batch.producerId()
                                                    && each.firstOffset() <= batch.baseOffset()
                                                    && batch.baseOffset() <= each.lastOffset()));
                    if (!dropped) {
                        batch.forEach(record -> {
                            String key =
                                    StandardCharsets.UTF_8.decode(record.key()).toString();
                            if (record.hasValue()) {
                                state.put(
                                        key,
                                        StandardCharsets.UTF_8
                                                .decode(record.value())
                                                .toString());
                            } else {
                                state.remove(key);
                            }
                        });
                    }
                }
            }
        }
        state.put("end", "" + log.logEndOffset());
        return state;
    }
}
