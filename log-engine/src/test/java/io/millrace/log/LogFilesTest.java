package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.readAll;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that somebody else cuts, deletes or replaces while the log is open. */
class LogFilesTest {
    private static final LogConfig CONFIG =
            LogConfig.builder().segmentBytes(10_000).build();

    @TempDir
    private Path temp;

    private final TestClock clock = new TestClock(TIME);
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final AppendResult result = new AppendResult();
    private LogRuntime runtime;
    private LogDirectory directory;
    private PartitionLog log;
    private PartitionLog other;

    @BeforeEach
    void open() {
        LogListener listener = new LogListener() {
            @Override
            public void failed(Path told, StorageException cause) {
                failures.add(told.getFileName() + ": " + cause.getMessage());
            }
        };
        runtime = LogRuntime.start(clock, listener, FileFaults.NONE);
        directory = LogDirectory.open(temp.resolve("data"), runtime, topic -> CONFIG, 1, LogListener.NONE);
        log = directory.create("orders", 0, 1, 2, CONFIG);
        other = directory.create("other", 0, 1, 2, CONFIG);
        append(25);
    }

    @AfterEach
    void close() {
        directory.close();
        runtime.close();
    }

    private void append(int batches) {
        for (int i = 0; i < batches; i++) {
            assertEquals(AppendStatus.APPENDED, appendOne(log));
        }
        log.advanceHighWatermark(log.logEndOffset());
    }

    private AppendStatus appendOne(PartitionLog target) {
        return target.appendAsLeader(sized(clock.millis(), 1000), 0, AppendOrigin.CLIENT, result);
    }

    private Path segment(long baseOffset) {
        return SegmentFiles.path(log.directory(), baseOffset, SegmentFiles.LOG);
    }

    private void cut(long baseOffset, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(segment(baseOffset), StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    /** The log is offline with that cause, and it is the only one. */
    private void assertOffline(String cause) {
        StorageException failure = log.failure();
        assertNotNull(failure);
        assertEquals(StorageException.Kind.DAMAGED, failure.kind());
        assertTrue(String.valueOf(failure.getMessage()).startsWith(cause), failure.getMessage());
        assertEquals(1, failures.size(), failures.toString());
        assertEquals(AppendStatus.OFFLINE, appendOne(log));
        assertEquals(AppendStatus.APPENDED, appendOne(other));
        assertNull(directory.failure());
    }

    @Test
    void fileThatWasCutIsNoticedByTheForceAndNothingIsAcknowledged() throws IOException {
        cut(20, 2000);
        assertThrows(StorageException.class, log::flush);
        // By its length, or, where the preparer was about to make it longer, by the last batch that reads as zero.
        assertOffline("file was cut by somebody else: ");
        assertTrue(log.flushedOffset() <= 20, log::toString);
    }

    @Test
    void fileThatWasDeletedIsNoticedByTheForce() throws IOException {
        Files.delete(segment(20));
        assertThrows(StorageException.class, log::flush);
        assertOffline("file was deleted by somebody else file=" + segment(20));
    }

    @Test
    void sealedFileThatWasReplacedIsNoticedByTheHousekeeping() throws IOException {
        log.flush();
        Path copy = temp.resolve("copy");
        Files.copy(segment(0), copy);
        Files.move(copy, segment(0), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        directory.housekeep(clock.advance(Duration.ofSeconds(31)));
        assertOffline("file was replaced by another one of its name file=" + segment(0));
    }

    @Test
    void sealedFileThatWasCutIsNoticedByTheHousekeeping() throws IOException {
        log.flush();
        cut(0, 9000);
        directory.housekeep(clock.advance(Duration.ofSeconds(31)));
        assertOffline("file was cut by somebody else: it has 9000 bytes of 10000");
    }

    @Test
    void readOfWhatIsMissingIsAnErrorAndNeverSilence() throws IOException {
        log.flush();
        try (LogSlice slice = log.read(0, 10_000, Long.MAX_VALUE, true)) {
            assertNotNull(slice);
            cut(0, 4500);
            assertThrows(StorageException.class, slice::copy);
            assertThrows(StorageException.class, slice::view);
        }
        assertOffline("file was cut by somebody else: it has 4500 bytes of 10000");
        // What is left can still be read; what is not there is an error, not the end of the log.
        try (LogSlice slice = log.read(3, 500, Long.MAX_VALUE, true)) {
            assertNotNull(slice);
            assertEquals(1000, slice.copy().remaining());
        }
        cut(0, 0);
        assertThrows(StorageException.class, () -> log.read(7, 10_000, Long.MAX_VALUE, true));
    }

    @Test
    void whatTheLogDoesItselfIsNoFault() {
        log.truncateTo(23);
        log.checkFiles();
        log.truncateTo(12);
        log.checkFiles();
        append(30);
        log.flush();
        log.advanceLogStartOffset(20);
        log.applyRetention(clock.millis());
        directory.housekeep(clock.advance(Duration.ofSeconds(40)));
        log.truncateFullyAndStartAt(100);
        append(3);
        log.flush();
        directory.housekeep(clock.advance(Duration.ofSeconds(40)));
        assertNull(log.failure());
        assertEquals(3, readAll(log, 100, Long.MAX_VALUE).size());
        assertEquals(List.of(), List.copyOf(failures));
    }
}
