package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library asks its host for nothing: {@code java -cp} alone opens, appends, rolls and reads, on the JDK that runs this test. */
class NoFlagsTest {
    @TempDir
    private Path temp;

    /** The host. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            PrintStream out = System.out;
            LogConfig config = LogConfig.builder().segmentBytes(1 << 20).build();
            try (LogRuntime runtime = LogRuntime.start();
                    PartitionLog log = PartitionLog.open(Path.of(args[0]), config, runtime, OpenState.UNKNOWN)) {
                AppendResult result = new AppendResult();
                for (int i = 0; i < 5000; i++) {
                    log.appendAsLeader(
                            TestBatches.batch(System.currentTimeMillis(), "v".repeat(i % 1000)),
                            0,
                            AppendOrigin.CLIENT,
                            result);
                }
                log.flush();
                out.println(TestBatches.readAll(log, 0, Long.MAX_VALUE).size() + " records in " + log.segmentCount()
                        + " segments, flushed to " + log.flushedOffset());
            }
        }
    }

    @Test
    void opensAppendsAndReads() throws IOException, InterruptedException {
        Process child = ChildJvm.start(Child.class, temp.resolve("t-0"));
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, child.exitValue());
        assertEquals("5000 records in 3 segments, flushed to 5000", said);
    }
}
