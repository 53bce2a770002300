package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.millrace.mapped.FileFaults;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A read into a slice of the caller leaves nothing for the collector, wherever the offset is. */
class LogReadAllocTest {
    private static final int BATCHES = 3_000;
    private static final int ROUNDS = 40;
    private static final int READS = 2_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final LogSlice slice = new LogSlice();

    @TempDir
    private Path temp;

    @Test
    void readAtAnyOffsetAllocatesNothing() {
        assertEquals(0, leastPerRound(64 << 10));
    }

    @Test
    void largeReadThatWalksThroughTheFileAllocatesNothing() {
        assertEquals(0, leastPerRound(1 << 20));
    }

    private long leastPerRound(int maxBytes) {
        LogConfig config = LogConfig.builder().segmentBytes(1 << 20).build();
        try (LogRuntime runtime = LogRuntime.start(new TestClock(TIME), LogListener.NONE, FileFaults.NONE);
                PartitionLog log = PartitionLog.open(temp.resolve("t-0"), config, runtime, OpenState.UNKNOWN)) {
            AppendResult result = new AppendResult();
            for (int i = 0; i < BATCHES; i++) {
                log.appendAsLeader(sized(TIME, 900), 0, AppendOrigin.CLIENT, result);
            }
            long least = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                readMany(log, maxBytes);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            return least;
        }
    }

    private void readMany(PartitionLog log, int maxBytes) {
        long bytes = 0;
        for (int i = 0; i < READS; i++) {
            if (log.readInto(slice, i * 7919L % BATCHES, maxBytes, Long.MAX_VALUE, true)) {
                bytes += slice.length();
                slice.close();
            }
        }
        assertEquals(true, bytes > READS * 800L);
    }
}
