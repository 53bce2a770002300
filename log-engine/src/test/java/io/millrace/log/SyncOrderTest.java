package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is on the disk when an acknowledgement leaves that waited for it, and in which order they leave. */
class SyncOrderTest {
    private static final LogConfig CONFIG =
            LogConfig.builder().segmentBytes(10_000).build();

    @TempDir
    private Path temp;

    private final List<String> operations = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger forces = new AtomicInteger();
    private final AppendResult result = new AppendResult();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile String forcesFailWith = "";
    private LogRuntime runtime;
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() {
        FileFaults faults = (operation, file, position, length) -> {
            operations.add(operation + " " + temp.relativize(file));
            if (operation == FileFaults.Operation.FORCE && file.toString().endsWith(".log")) {
                forces.incrementAndGet();
                await(gate);
            }
            if (operation == FileFaults.Operation.FORCE && !forcesFailWith.isEmpty()) {
                throw new IOException(forcesFailWith);
            }
        };
        runtime = LogRuntime.start(new TestClock(TIME), LogListener.NONE, faults);
        directory = LogDirectory.open(temp.resolve("data/dir"), runtime, topic -> CONFIG, 1, LogListener.NONE);
        log = directory.create("t", 0, 1, 2, CONFIG);
    }

    @AfterEach
    void close() {
        gate.countDown();
        directory.close();
        runtime.close();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void append(int batches) {
        for (int i = 0; i < batches; i++) {
            AppendStatus status = log.appendAsLeader(sized(TIME, 1000), 0, AppendOrigin.CLIENT, result);
            assertEquals(AppendStatus.APPENDED, status);
        }
    }

    private CompletableFuture<List<String>> whenFlushed(long offset) {
        CompletableFuture<List<String>> told = new CompletableFuture<>();
        log.onFlushed(offset, cause -> {
            assertNull(cause);
            told.complete(List.copyOf(operations));
        });
        return told;
    }

    private static void assertForcedAfter(List<String> done, String made, String forced) {
        int at = done.indexOf(made);
        assertTrue(at >= 0, made + " in " + done);
        assertTrue(done.lastIndexOf("FORCE " + forced) > at, forced + " after " + made + " in " + done);
    }

    @Test
    void directoriesOnTheWayToALogAreForced() {
        List<String> done = List.copyOf(operations);
        assertTrue(done.contains("FORCE "), "the directory in which data was made: " + done);
        assertTrue(done.contains("FORCE data"), done.toString());
        assertForcedAfter(done, "WRITE data/dir/t-0/partition.metadata.tmp", "data/dir/t-0");
        assertForcedAfter(done, "WRITE data/dir/t-0/partition.metadata.tmp", "data/dir");
    }

    @Test
    void firstAcknowledgementWaitsForTheNameOfTheSegmentAsWell() throws Exception {
        append(1);
        List<String> done = whenFlushed(1).get(30, TimeUnit.SECONDS);
        assertForcedAfter(done, "OPEN data/dir/t-0/00000000000000000000.log", "data/dir/t-0");
        assertForcedAfter(done, "OPEN data/dir/t-0/00000000000000000000.log", "data/dir/t-0/00000000000000000000.log");
    }

    @Test
    void acknowledgementInANewSegmentWaitsForItsNameItsLengthAndTheEndOfTheOldOne() throws Exception {
        append(10);
        whenFlushed(10).get(30, TimeUnit.SECONDS);
        operations.clear();
        append(1); // rolls
        List<String> done = whenFlushed(11).get(30, TimeUnit.SECONDS);
        String opened = "OPEN data/dir/t-0/00000000000000000010.log";
        String made = done.contains(opened) ? opened : "RENAME data/dir/t-0/next.log.deleted"; // where it was ready
        assertForcedAfter(done, made, "data/dir/t-0");
        assertForcedAfter(done, made, "data/dir/t-0/00000000000000000010.log");
        assertEquals(11, log.recoveryPoint());
    }

    @Test
    void oneForceServesAllWhoWaitAndTheyAreToldInOrder() throws Exception {
        append(1);
        gate = new CountDownLatch(1);
        List<Long> told = Collections.synchronizedList(new ArrayList<>());
        int before = forces.get();
        CountDownLatch all = new CountDownLatch(100);
        for (long offset = 1; offset <= 100; offset++) {
            long mine = offset;
            if (offset > 1 && offset <= 9) {
                append(1);
            }
            log.onFlushed(Math.min(mine, 9), cause -> {
                assertNull(cause);
                told.add(mine);
                all.countDown();
            });
        }
        gate.countDown();
        await(all);
        List<Long> expected = new ArrayList<>();
        for (long i = 1; i <= 100; i++) {
            expected.add(i);
        }
        assertEquals(expected, told);
        assertTrue(forces.get() - before <= 3, () -> forces.get() - before + " forces");
    }

    @Test
    void whoComesLateDoesNotOvertake() throws Exception {
        append(5);
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch inside = new CountDownLatch(1);
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        log.onFlushed(3, cause -> {
            inside.countDown();
            await(first);
            told.add("first");
        });
        await(inside);
        CompletableFuture<Void> second = new CompletableFuture<>();
        log.onFlushed(4, cause -> {
            told.add("second");
            second.complete(null);
        });
        assertFalse(second.isDone());
        first.countDown();
        second.get(30, TimeUnit.SECONDS);
        assertEquals(List.of("first", "second"), told);
    }

    @Test
    void failedForceTakesTheDirectoryOfflineAtOnce() {
        PartitionLog other = directory.create("other", 0, 1, 2, CONFIG);
        append(1);
        forcesFailWith = "Input/output error";
        assertThrows(StorageException.class, log::flush);
        forcesFailWith = "";
        assertNotNull(directory.failure());
        assertNotNull(other.failure());
        assertEquals(
                AppendStatus.OFFLINE,
                other.appendAsLeader(sized(TIME, 1000), 0, AppendOrigin.CLIENT, result),
                "no acknowledgement leaves from a disk that has lost a write");
    }

    @Test
    void forceThatRanOutOfSpaceIsAFailedForceAndNotAFullDisk() {
        append(1);
        forcesFailWith = "No space left on device";
        StorageException failure = assertThrows(StorageException.class, log::flush);
        forcesFailWith = "";
        assertEquals(StorageException.Kind.IO, failure.kind());
        assertEquals(0, log.flushedOffset());
        assertNotNull(log.failure());
        assertNotNull(directory.failure());
    }

    @Test
    @Timeout(120)
    void whoComesWhileOthersAreToldIsNotTakenForOneWhoWasCut() {
        PartitionLog busy =
                directory.create("busy", 0, 3, 4, LogConfig.builder().build());
        AtomicReference<StorageException> told = new AtomicReference<>();
        AtomicInteger over = new AtomicInteger();
        ByteBuffer batch = sized(TIME, 100);
        for (int i = 0; i < 100_000; i++) {
            assertEquals(
                    AppendStatus.APPENDED, busy.appendAsLeader(batch.putLong(0, 0), 0, AppendOrigin.CLIENT, result));
            busy.onFlushed(result.lastOffset() + 1, cause -> {
                if (cause != null) {
                    told.set(cause);
                }
                over.incrementAndGet();
            });
            while (i - over.get() > 20_000) {
                Thread.onSpinWait();
            }
        }
        while (over.get() < 100_000) {
            Thread.onSpinWait();
        }
        assertNull(told.get());
    }
}
