package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process in the middle of appending, again and again on the same directory, and looks for what it had acknowledged. */
class LogDirectoryCrashTest {
    private static final int ROUNDS = 4;
    private static final int ACKNOWLEDGED_EACH_ROUND = 3_000;
    private static final LogConfig CONFIG =
            LogConfig.builder().segmentBytes(64 << 10).indexBytesMax(4096).build();

    @TempDir
    Path temporary;

    private Path directory;
    private long acknowledged;

    @Test
    void whatWasAcknowledgedSurvivesKillingTheProcess() throws IOException, InterruptedException {
        directory = temporary.resolve("data");
        for (int round = 0; round < ROUNDS; round++) {
            appendUntilKilled();
            verify(copyOf(directory, temporary.resolve("copy" + round)));
        }
    }

    private void appendUntilKilled() throws IOException, InterruptedException {
        Process appender = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Appender.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        long wanted = acknowledged + ACKNOWLEDGED_EACH_ROUND;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(appender.getInputStream(), StandardCharsets.UTF_8))) {
            while (acknowledged < wanted) {
                String line = out.readLine();
                assertTrue(line != null, "the appender ended by itself");
                acknowledged = Long.parseLong(line) + 1;
            }
        } finally {
            appender.destroyForcibly().waitFor();
        }
    }

    /** The original stays as the kill left it: the next process recovers it. */
    private static Path copyOf(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
        return to;
    }

    private void verify(Path copy) {
        LogRuntime runtime = LogRuntime.start();
        LogDirectory opened = LogDirectory.open(copy, runtime, topic -> CONFIG, 2, LogListener.NONE);
        try {
            assertFalse(opened.report().cleanShutdown());
            assertTrue(
                    opened.report().offline().isEmpty(),
                    opened.report().offline().toString());
            PartitionLog log = opened.log("crash", 0);
            assertTrue(log.logEndOffset() >= acknowledged, log.logEndOffset() + " of " + acknowledged);
            verifyRecords(log);
            assertEquals(1, log.activeProducers().size());
            assertEquals(
                    log.logEndOffset() - 1,
                    log.activeProducers().get(0).lastSequence(),
                    "producer state follows the log");
        } finally {
            opened.close();
            runtime.close();
        }
    }

    /** Every record holds its own offset. */
    private static void verifyRecords(PartitionLog log) {
        BatchValidator validator = new BatchValidator();
        RecordCursor cursor = new RecordCursor();
        long next = 0;
        while (next < log.logEndOffset()) {
            ByteBuffer bytes = read(log, next);
            int at = 0;
            while (validator.checkIntegrity(bytes, at, bytes.limit()) == BatchVerdict.VALID) {
                cursor.wrap(bytes, at);
                while (cursor.next()) {
                    assertEquals(next, cursor.offset());
                    assertEquals(next, bytes.getLong(cursor.valuePosition()));
                    next++;
                }
                assertNull(cursor.problem());
                at += RecordBatchDescriptor.sizeInBytes(bytes, at);
            }
            assertTrue(at > 0, "no whole batch at offset " + next);
        }
    }

    private static ByteBuffer read(PartitionLog log, long offset) {
        try (LogSlice slice = log.read(offset, 1 << 20, Long.MAX_VALUE, true)) {
            ByteBuffer bytes = ByteBuffer.allocate(slice.length());
            slice.copyTo(bytes);
            return bytes.flip();
        }
    }

    /** Appends records that hold their own offset, and prints each offset that it was given. */
    static final class Appender {
        private Appender() {}

        public static void main(String[] args) {
            LogDirectory directory =
                    LogDirectory.open(Path.of(args[0]), LogRuntime.start(), topic -> CONFIG, 2, LogListener.NONE);
            PartitionLog log = directory.create("crash", 0, 1, 2, CONFIG);
            RecordBatchBuilder builder = new RecordBatchBuilder();
            AppendResult result = new AppendResult();
            for (long next = log.logEndOffset(); ; next = log.logEndOffset()) {
                ByteBuffer batch = batch(builder, next, 1 + (int) (next % 3));
                AppendStatus status = log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result);
                if (status != AppendStatus.APPENDED) {
                    throw new IllegalStateException(status + " " + result.message());
                }
                System.out.println(result.lastOffset());
            }
        }

        private static ByteBuffer batch(RecordBatchBuilder builder, long next, int count) {
            builder.reset().producer(9, (short) 0, (int) next);
            for (int i = 0; i < count; i++) {
                byte[] value = ByteBuffer.allocate(100).putLong(next + i).array();
                builder.add(System.currentTimeMillis(), null, value);
            }
            return builder.build();
        }
    }
}
