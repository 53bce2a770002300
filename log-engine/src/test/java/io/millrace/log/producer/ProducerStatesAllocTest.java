package io.millrace.log.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.mapped.FileFaults;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerStatesAllocTest {
    private static final int ROUNDS = 50_000;

    @TempDir
    Path directory;

    private int sequence;

    @Test
    void knownProducersCostNoAllocation() {
        ProducerStates states = ProducerStates.open(directory, 1000, FileFaults.NONE);
        round(states);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        round(states);
        long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertTrue(allocated < ROUNDS, "bytes for " + ROUNDS + " rounds: " + allocated);
    }

    private void round(ProducerStates states) {
        for (int i = 0; i < ROUNDS; i++) {
            int first = sequence++;
            assertEquals(ProducerVerdict.ACCEPTED, states.check(300, (short) 1, first, first, false, true));
            states.append(300, (short) 1, first, first, first, first, false);
            states.advanceTo(first + 1L);
            states.onHighWatermark(first + 1L);
            assertEquals(ProducerVerdict.DUPLICATE, states.check(300, (short) 1, first, first, false, true));
            assertEquals(ProducerStates.NO_OFFSET, states.firstUnstableOffset());
        }
    }
}
