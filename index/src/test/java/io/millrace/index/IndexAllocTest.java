package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.millrace.mapped.FileFaults;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** After warm-up neither a look-up nor an append into reserved blocks allocates a byte. */
class IndexAllocTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int MAX_BYTES = 1 << 20;

    @TempDir
    Path directory;

    private long sink;

    @Test
    void lookupsAllocateNothing() {
        try (OffsetIndex offsets = offsetIndex();
                TimeIndex times = timeIndex()) {
            for (int i = 1; i <= 50_000; i++) {
                offsets.append(3L * i, i);
                times.maybeAppend(5L * i, 3L * i, false);
            }
            assertEquals(0, leastAllocated(() -> lookUp(offsets, times)), () -> "sum " + sink);
        }
    }

    @Test
    void appendsIntoReservedBlocksAllocateNothing() {
        try (OffsetIndex offsets = offsetIndex();
                TimeIndex times = timeIndex()) {
            append(offsets, times, 20_000);
            offsets.truncateTo(3);
            times.truncateTo(3);
            assertEquals(0, leastAllocated(() -> append(offsets, times, 500)));
        }
    }

    private OffsetIndex offsetIndex() {
        return OffsetIndex.open(directory.resolve("a.index"), 0, MAX_BYTES, true, FileFaults.NONE);
    }

    private TimeIndex timeIndex() {
        return TimeIndex.open(directory.resolve("a.timeindex"), 0, MAX_BYTES, true, FileFaults.NONE);
    }

    private void lookUp(OffsetIndex offsets, TimeIndex times) {
        long sum = 0;
        for (int i = 0; i < 2_000; i++) {
            long key = (i * 7919L) % 160_000;
            sum += offsets.floorPosition(key) + offsets.floorOffset(key) + offsets.lastOffset();
            sum += times.floorOffset(key) + times.lastTimestamp();
        }
        sink = sum;
    }

    private void append(OffsetIndex offsets, TimeIndex times, int count) {
        for (int i = 0; i < count; i++) {
            offsets.append(offsets.lastOffset() + 1, offsets.lastPosition() + 100);
            times.maybeAppend(times.lastTimestamp() + 1, offsets.lastOffset(), false);
        }
        sink = offsets.entries();
    }

    /** The least of many rounds: compilation and class loading allocate on this thread too, but not in every round. */
    private static long leastAllocated(Runnable round) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 30; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            round.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
