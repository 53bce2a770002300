package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.batch;
import static io.millrace.log.TestBatches.readAll;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log does when the disk fails it. */
class PartitionLogFaultTest {
    @TempDir
    private Path temp;

    private final Set<FileFaults.Operation> failing = EnumSet.noneOf(FileFaults.Operation.class);
    private volatile String failure = "No space left on device";
    private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
    private final AppendResult result = new AppendResult();
    private LogRuntime runtime;
    private PartitionLog log;

    @BeforeEach
    void start() {
        FileFaults faults = (operation, file, position, length) -> {
            synchronized (failing) {
                if (failing.contains(operation)) {
                    throw new IOException(failure);
                }
            }
        };
        runtime = LogRuntime.start(new TestClock(TIME), new Events(), faults);
        log = open(OpenState.UNKNOWN);
    }

    @AfterEach
    void stop() {
        nothingFails();
        log.close();
        runtime.close();
    }

    private final class Events implements LogListener {
        @Override
        public void spaceLow(Path directory, StorageException cause) {
            events.add("spaceLow");
        }

        @Override
        public void spaceBack(Path directory) {
            events.add("spaceBack");
        }

        @Override
        public void failed(Path directory, StorageException cause) {
            events.add("failed");
        }

        @Override
        public void tornTailCut(Path directory, long fromOffset, long position, long bytes, String reason) {
            events.add("cut at " + fromOffset + ", " + bytes + " bytes");
        }
    }

    private PartitionLog open(OpenState state) {
        LogConfig config = LogConfig.builder().segmentBytes(100_000).build();
        return PartitionLog.open(temp.resolve("t-0"), config, runtime, state);
    }

    private void fail(String how, FileFaults.Operation... operations) {
        synchronized (failing) {
            failure = how;
            failing.addAll(List.of(operations));
        }
    }

    private void nothingFails() {
        synchronized (failing) {
            failing.clear();
        }
    }

    private AppendStatus append(ByteBuffer batch) {
        return log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result);
    }

    @Test
    void fullDiskRefusesAppendsKeepsReadsAndResumes() {
        append(batch(TIME, "before"));
        fail("No space left on device", FileFaults.Operation.WRITE, FileFaults.Operation.RESERVE);
        assertEquals(AppendStatus.NO_SPACE, append(batch(TIME, "x")));
        assertEquals(AppendStatus.NO_SPACE, append(batch(TIME, "x")));
        assertEquals(List.of("0=before"), readAll(log, 0, Long.MAX_VALUE));
        assertNull(log.failure());
        nothingFails();
        assertEquals(AppendStatus.APPENDED, append(batch(TIME, "after")));
        assertEquals(List.of("0=before", "1=after"), readAll(log, 0, Long.MAX_VALUE));
        assertEquals(List.of("spaceLow", "spaceBack"), List.copyOf(events));
    }

    @Test
    void fullDiskAtARollResumesWithTheSameOffset() {
        for (int i = 0; i < 100; i++) {
            assertEquals(AppendStatus.APPENDED, append(sized(TIME, 1000)));
        }
        fail("No space left on device", FileFaults.Operation.OPEN, FileFaults.Operation.WRITE);
        assertEquals(AppendStatus.NO_SPACE, append(sized(TIME, 1000)));
        nothingFails();
        assertEquals(AppendStatus.APPENDED, append(sized(TIME, 1000)));
        assertEquals(100, result.firstOffset());
        assertEquals(2, log.segmentCount());
        assertEquals(101, readAll(log, 0, Long.MAX_VALUE).size());
    }

    @Test
    void failedForceTakesTheLogOfflineForGood() throws Exception {
        append(batch(TIME, "a"));
        fail("Input/output error", FileFaults.Operation.FORCE);
        CompletableFuture<StorageException> told = new CompletableFuture<>();
        log.onFlushed(1, told::complete);
        StorageException cause = told.get(30, TimeUnit.SECONDS);
        assertNotNull(cause);
        nothingFails();
        assertSame(cause, log.failure());
        assertEquals(AppendStatus.OFFLINE, append(batch(TIME, "b")));
        assertEquals(0, log.flushedOffset());
        assertThrows(StorageException.class, log::flush);
        CompletableFuture<StorageException> again = new CompletableFuture<>();
        log.onFlushed(1, again::complete);
        assertSame(cause, again.getNow(null));
        assertEquals(List.of("0=a"), readAll(log, 0, Long.MAX_VALUE));
        assertEquals(List.of("failed"), List.copyOf(events));
    }

    @Test
    void onFlushedTellsAfterTheForce() throws Exception {
        for (int i = 0; i < 10; i++) {
            append(batch(TIME, "a" + i));
        }
        CompletableFuture<Long> flushedWhenTold = new CompletableFuture<>();
        log.onFlushed(10, cause -> flushedWhenTold.complete(cause == null ? log.flushedOffset() : -1));
        assertEquals(10, flushedWhenTold.get(30, TimeUnit.SECONDS));
    }

    @Test
    void brokenWriteTakesTheLogOffline() {
        fail("Input/output error", FileFaults.Operation.WRITE);
        assertEquals(AppendStatus.OFFLINE, append(batch(TIME, "a")));
        nothingFails();
        assertEquals(AppendStatus.OFFLINE, append(batch(TIME, "a")));
        assertEquals(0, log.logEndOffset());
    }

    @Test
    void flippedBitAboveTheRecoveryPointIsCutWithAnExactReport() throws IOException {
        fillAndFlip();
        log = open(new OpenState(false, 3, 0));
        assertEquals(4, log.logEndOffset());
        // The last byte of the last batch is zero, as the reservation behind it: it is not counted.
        assertEquals(List.of("cut at 4, 5999 bytes"), List.copyOf(events));
        assertTrue(String.valueOf(log.recovery().cutReason()).contains("checksum"), log.recovery()::cutReason);
    }

    @Test
    void flippedBitBelowTheRecoveryPointIsDamageAndNothingIsCut() throws IOException {
        fillAndFlip();
        StorageException damage = assertThrows(StorageException.class, () -> open(new OpenState(false, 7, 0)));
        assertEquals(StorageException.Kind.DAMAGED, damage.kind());
        assertEquals(4000, damage.position());
        log = open(new OpenState(false, 0, 0)); // the repair: give up what cannot be trusted
        assertEquals(4, log.logEndOffset());
    }

    /** Ten batches of 1000 bytes; a bit of the fifth is turned over. */
    private void fillAndFlip() throws IOException {
        for (int i = 0; i < 10; i++) {
            append(sized(TIME, 1000));
        }
        log.abandon();
        Path file = SegmentFiles.path(log.directory(), 0, SegmentFiles.LOG);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, 4500);
            one.put(0, (byte) (one.get(0) ^ 1)).rewind();
            channel.write(one, 4500);
        }
    }
}
