package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.inspect.LogTarget;
import io.millrace.log.inspect.LogVerifier;
import io.millrace.log.inspect.PartitionReport;
import io.millrace.log.inspect.VerifyOptions;
import io.millrace.log.segment.OpenSegments;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.FileFaults.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What some hundred partitions ask of the file system when they are made, opened, left alone and closed: counts, no times, so that what
 * ten thousand cost is known before somebody has them.
 */
@EnabledOnOs(OS.LINUX)
class PartitionCostTest {
    /** Enough to be forced together. */
    private static final int PARTITIONS = NewPartitions.TOGETHER_MIN + 44;
    /** Some of them have records. */
    private static final int USED = 30;
    /** Those of the data directory: lock, markers, checkpoints. */
    private static final int OTHERS = 20;

    private static final LogConfig CONFIG =
            LogConfig.builder().indexIntervalBytes(100).retentionMs(-1).build();
    private static final Set<Operation> CHANGES = EnumSet.complementOf(EnumSet.of(Operation.READ));

    @TempDir
    Path data;

    private record Asked(Operation operation, Path file, long length) {
        boolean ofLog() {
            return file.toString().endsWith(".log");
        }
    }

    private final ConcurrentLinkedQueue<Asked> asked = new ConcurrentLinkedQueue<>();
    private final FileFaults counting =
            (operation, file, position, length) -> asked.add(new Asked(operation, file, length));
    private LogRuntime runtime;
    private LogDirectory directory;

    @BeforeEach
    void start() {
        runtime = LogRuntime.start(LogClock.SYSTEM, LogListener.NONE, counting, OpenSegments.SEGMENTS_MAX);
        directory = open();
    }

    @AfterEach
    void stop() {
        directory.close();
        runtime.close();
    }

    /** A loss of power leaves no partition without its id, and none with half an id. */
    @Test
    void newPartitionIsForcedBeforeAndAfterItsIdGetsItsName() {
        create();
        List<Asked> order = List.copyOf(asked);
        for (PartitionLog log : directory.logs()) {
            Path id = log.directory().resolve(PartitionMetadata.FILE_NAME);
            int staged = indexOf(order, Operation.FORCE, Path.of(id + ".tmp"));
            int renamed = indexOf(order, Operation.RENAME, Path.of(id + ".tmp"));
            int named = lastIndexOf(order, Operation.FORCE, log.directory());
            assertTrue(
                    0 <= staged && staged < renamed && renamed < named,
                    log + ": " + staged + " " + renamed + " " + named);
        }
        assertTrue(indexOf(order, Operation.FORCE, data) >= 0);
    }

    @Test
    void idlePartitionHoldsNothing() throws Exception {
        create();
        assertEquals(PARTITIONS, directory.logCount());
        assertEquals(0, count(handles(), path -> path.toString().endsWith(".log")));
        assertTrue(handles().size() <= OTHERS, handles().toString());
        assertEquals(0, mappings());
        assertTrue(diskBytes() <= PARTITIONS * 12_288L, "bytes on the disk: " + diskBytes());
    }

    @Test
    void cleanOpenReadsNoLogAndHoldsNothing() throws Exception {
        create();
        useSome();
        directory.close();
        asked.clear();
        directory = open();
        assertTrue(directory.report().cleanShutdown());
        assertEquals(PARTITIONS, directory.logCount());
        assertEquals(0, asked.stream().filter(Asked::ofLog).count(), told());
        // Two indexes, producers and synced offset of a log that has records; of the others nothing passes the seam.
        assertTrue(asked(Operation.OPEN) <= 4 * USED + OTHERS, told());
        assertTrue(handles().size() <= OTHERS, handles().toString());
        assertEquals(0, mappings());
        assertGoOn();
    }

    private void assertGoOn() {
        for (int i = 0; i < USED; i++) {
            PartitionLog log = log(i);
            assertEquals(5, log.logEndOffset());
            append(log, 1);
            assertEquals(6, log.logEndOffset());
            try (LogSlice slice = log.read(4, 1 << 20, 6, true)) {
                assertEquals(4, slice.firstBatchOffset());
            }
        }
    }

    @Test
    void roundsOfTheHousekeepingChangeNothingWhileNothingHappens() {
        create();
        long nowMs = System.currentTimeMillis();
        directory.housekeep(nowMs);
        directory.housekeep(nowMs + 3_600_000);
        asked.clear();
        for (int round = 2; round < 5; round++) {
            directory.housekeep(nowMs + round * 3_600_000L);
        }
        assertEquals(
                0,
                asked.stream()
                        .filter(each -> CHANGES.contains(each.operation()))
                        .count(),
                told());
    }

    @Test
    void closeOfLogsThatWereNotUsedForcesNoneOfThem() {
        create();
        useSome();
        directory.close();
        directory = open();
        asked.clear();
        directory.close();
        assertTrue(asked(Operation.FORCE) <= OTHERS, told());
        assertEquals(0, asked.stream().filter(Asked::ofLog).count(), told());
        directory = open();
        assertTrue(directory.report().cleanShutdown());
    }

    @Test
    void beginningOfALeaderEpochWritesNothing() {
        create();
        asked.clear();
        directory.logs().forEach(log -> log.beginLeaderEpoch(3));
        directory.logs().forEach(log -> assertEquals(3, log.epochs().latestEpoch()));
        assertEquals(0, asked.size(), told());
    }

    /** One batch of a new epoch, not forced: whoever repairs must not give it the epoch before. */
    @Test
    void epochThatIsNotOnTheDiskYetIsNoProblemToWhoeverLooks() {
        PartitionLog log = directory.create("looked-at", 0, 7, 8, CONFIG);
        append(log, 3);
        log.flush();
        log.beginLeaderEpoch(4);
        AppendResult result = new AppendResult();
        log.appendAsLeader(TestBatches.batch(TestBatches.TIME + 9, "new"), 4, AppendOrigin.CLIENT, result);
        LogTarget target = LogTarget.of(log.directory());
        PartitionReport report = new LogVerifier(target, VerifyOptions.DEFAULT)
                .verify(target.partitions().get(0));
        assertEquals(List.of(), report.problems());
        assertEquals(4, report.records());
    }

    /** What a kill leaves has its full length, tens of MiB of holes beside a few KiB of records. */
    @Test
    void openAfterAKillReadsWhatWasWrittenAndLittleMore() {
        Path partition = data.resolve("killed-0");
        PartitionLog log = PartitionLog.open(partition, CONFIG, runtime, OpenState.UNKNOWN);
        append(log, 200);
        long written = log.sizeBytes();
        log.abandon();
        asked.clear();
        PartitionLog again = PartitionLog.open(partition, CONFIG, runtime, OpenState.UNKNOWN);
        try {
            assertEquals(200, again.logEndOffset());
            long read = asked.stream()
                    .filter(each -> each.operation() == Operation.READ)
                    .mapToLong(Asked::length)
                    .sum();
            assertTrue(read <= 2 * written + (1 << 20), read + " bytes were read for " + written + ": " + asked);
        } finally {
            again.close();
        }
    }

    private LogDirectory open() {
        return LogDirectory.open(data, runtime, topic -> CONFIG, 4, LogListener.NONE);
    }

    private void create() {
        List<LogDirectory.NewLog> wanted = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            wanted.add(new LogDirectory.NewLog("t", i, 7, 8, CONFIG));
        }
        directory.createAll(wanted);
    }

    private void useSome() {
        for (int i = 0; i < USED; i++) {
            append(log(i), 5);
        }
    }

    private PartitionLog log(int partition) {
        PartitionLog log = directory.log("t", partition);
        assertTrue(log != null);
        return log;
    }

    private static void append(PartitionLog log, int records) {
        AppendResult result = new AppendResult();
        for (int i = 0; i < records; i++) {
            AppendStatus status = log.appendAsLeader(
                    TestBatches.batch(TestBatches.TIME + i, "value " + i), 0, AppendOrigin.CLIENT, result);
            assertEquals(AppendStatus.APPENDED, status);
        }
        log.advanceHighWatermark(log.logEndOffset());
    }

    private long asked(Operation operation) {
        return asked.stream().filter(each -> each.operation() == operation).count();
    }

    /** How often what was asked, by the ends of the names. */
    private String told() {
        Map<String, Long> counts = asked.stream()
                .collect(Collectors.groupingBy(
                        each -> each.operation() + " " + kind(each.file()), TreeMap::new, Collectors.counting()));
        return counts.toString();
    }

    private static String kind(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static int indexOf(List<Asked> order, Operation operation, Path file) {
        for (int i = 0; i < order.size(); i++) {
            if (order.get(i).operation() == operation && order.get(i).file().equals(file)) {
                return i;
            }
        }
        return -1;
    }

    private static int lastIndexOf(List<Asked> order, Operation operation, Path file) {
        List<Asked> reversed = new ArrayList<>(order);
        Collections.reverse(reversed);
        int found = indexOf(reversed, operation, file);
        return found < 0 ? -1 : order.size() - 1 - found;
    }

    private static long count(List<Path> paths, Predicate<Path> which) {
        return paths.stream().filter(which).count();
    }

    private List<Path> handles() throws IOException {
        List<Path> ours = new ArrayList<>();
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : open.toList()) {
                try {
                    Path file = Files.readSymbolicLink(descriptor);
                    if (file.startsWith(data)) {
                        ours.add(file);
                    }
                } catch (IOException closedMeanwhile) {
                    // such as the one of this list
                }
            }
        }
        return ours;
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
