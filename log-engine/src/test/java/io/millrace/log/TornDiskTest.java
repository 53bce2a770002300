package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.readAll;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A close after the pages of mappings have gone: files are cut to nothing under a log, as a disk that was torn away leaves them. */
class TornDiskTest {
    private static final LogConfig CONFIG =
            LogConfig.builder().segmentBytes(100_000).indexIntervalBytes(0).build();

    @TempDir
    private Path temp;

    private final ConcurrentLinkedQueue<String> failed = new ConcurrentLinkedQueue<>();
    private final LogListener listener = new LogListener() {
        @Override
        public void failed(Path log, StorageException cause) {
            failed.add(String.valueOf(log.getFileName()));
        }
    };

    private static void append(PartitionLog log) {
        AppendResult result = new AppendResult();
        for (int i = 0; i < 20; i++) {
            assertEquals(
                    AppendStatus.APPENDED, log.appendAsLeader(sized(TIME + i, 1000), 0, AppendOrigin.CLIENT, result));
        }
        log.advanceHighWatermark(20);
    }

    private static void tearAway(Path log) throws IOException {
        try (Stream<Path> files = Files.list(log)) {
            for (Path file : files.toList()) {
                FileChannel.open(file, StandardOpenOption.WRITE).truncate(0).close();
            }
        }
    }

    private static List<String> held(Path under) throws IOException {
        Path self = Path.of("/proc/self");
        assumeTrue(Files.isDirectory(self.resolve("fd")), "descriptors are listed by /proc");
        List<String> held = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(self.resolve("fd"))) {
            for (Path each : descriptors.toList()) {
                try {
                    held.add(Files.readSymbolicLink(each).toString());
                } catch (IOException e) {
                    // closed meanwhile: that of this listing
                }
            }
        }
        Files.readAllLines(self.resolve("maps")).forEach(held::add);
        return held.stream().filter(each -> each.contains(under.toString())).toList();
    }

    @Test
    void theLogIsLetGoAndTheOthersAreClosedInOrder() throws IOException {
        Path data = temp.resolve("data");
        LogRuntime runtime = LogRuntime.start(new TestClock(TIME), listener, FileFaults.NONE);
        LogDirectory directory = LogDirectory.open(data, runtime, topic -> CONFIG, 2, LogListener.NONE);
        PartitionLog torn = directory.create("torn", 0, 1, 2, CONFIG);
        PartitionLog sound = directory.create("sound", 0, 3, 4, CONFIG);
        append(torn);
        append(sound);
        tearAway(torn.directory());
        directory.close();
        assertEquals(List.of("torn-0"), List.copyOf(failed));
        runtime.close();
        assertEquals(List.of(), held(data));

        LogRuntime next = LogRuntime.start(new TestClock(TIME), LogListener.NONE, FileFaults.NONE);
        LogDirectory again = LogDirectory.open(data, next, topic -> CONFIG, 1, LogListener.NONE);
        PartitionLog kept = again.log("sound", 0);
        assertEquals(20, readAll(kept, 0, Long.MAX_VALUE).size());
        again.close();
        next.close();
    }

    @Test
    void theCallerGetsAStorageExceptionAndNothingElse() throws IOException {
        LogRuntime runtime = LogRuntime.start(new TestClock(TIME), listener, FileFaults.NONE);
        PartitionLog log = PartitionLog.open(temp.resolve("torn-0"), CONFIG, runtime, OpenState.UNKNOWN);
        append(log);
        tearAway(log.directory());
        assertThrows(StorageException.class, log::close);
        log.close();
        runtime.close();
        assertEquals(List.of(), held(temp));
    }
}
