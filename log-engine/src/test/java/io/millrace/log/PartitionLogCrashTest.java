package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A child is killed with SIGKILL in the middle of its appends: what it has acknowledged is there, whole and in order. */
class PartitionLogCrashTest {
    private static final int TELL_EVERY = 50;

    @TempDir
    private Path temp;

    /** Appends until it is killed, and tells after every fiftieth append how many were acknowledged. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            PrintStream out = System.out;
            try (LogRuntime runtime = LogRuntime.start();
                    PartitionLog log = PartitionLog.open(Path.of(args[0]), config(), runtime, OpenState.UNKNOWN)) {
                AppendResult result = new AppendResult();
                for (long i = log.logEndOffset(); ; i++) {
                    AppendStatus status = log.appendAsLeader(
                            TestBatches.batch(System.currentTimeMillis(), value(i)), 0, AppendOrigin.CLIENT, result);
                    if (status != AppendStatus.APPENDED || result.firstOffset() != i) {
                        throw new IllegalStateException(status + " " + result.message());
                    }
                    log.advanceHighWatermark(i + 1);
                    if (i % TELL_EVERY == 0) {
                        out.println(i);
                    }
                }
            }
        }
    }

    private static LogConfig config() {
        return LogConfig.builder().segmentBytes(1 << 20).build();
    }

    private static String value(long i) {
        return "value-" + i + "-" + "z".repeat((int) (i * 31 % 700));
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 3000, 8000})
    void nothingAcknowledgedIsLost(int killAfter) throws IOException, InterruptedException {
        Path directory = temp.resolve("crash-0");
        long acknowledged = -1;
        for (int round = 0; round < 2; round++) {
            acknowledged = killAfter(directory, acknowledged + killAfter);
            verify(directory, acknowledged);
        }
    }

    private static long killAfter(Path directory, long offset) throws IOException, InterruptedException {
        Process child = ChildJvm.start(Child.class, directory);
        long acknowledged = -1;
        try (BufferedReader told = child.inputReader(StandardCharsets.UTF_8)) {
            String line = told.readLine();
            while (line != null) {
                acknowledged = line.isEmpty() ? acknowledged : Math.max(acknowledged, Long.parseLong(line));
                if (acknowledged >= offset) {
                    child.toHandle().destroyForcibly(); // SIGKILL; what is in the pipe is still read
                }
                line = told.readLine();
            }
        }
        assertTrue(child.waitFor(30, TimeUnit.SECONDS));
        assertTrue(acknowledged >= offset, () -> "the child ended by itself, exit code " + child.exitValue());
        return acknowledged;
    }

    private static void verify(Path directory, long acknowledged) {
        try (LogRuntime runtime = LogRuntime.start();
                PartitionLog log = PartitionLog.open(directory, config(), runtime, OpenState.UNKNOWN)) {
            assertTrue(log.logEndOffset() > acknowledged, log + " acknowledged " + acknowledged);
            assertNull(log.failure());
            List<String> records = TestBatches.readAll(log, 0, Long.MAX_VALUE);
            assertEquals(log.logEndOffset(), records.size());
            for (int i = 0; i < records.size(); i++) {
                assertEquals(i + "=" + value(i), records.get(i));
            }
            log.abandon(); // the next child finds an unclean directory again
        }
    }
}
