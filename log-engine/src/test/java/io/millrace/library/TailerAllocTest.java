package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading a record leaves nothing for the collector: beside the writer and out of the files alone. */
class TailerAllocTest {
    private static final int RECORDS = 200_000;
    private static final int ROUND = 1_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final byte[] copy = new byte[500];
    private long sum;

    @TempDir
    private Path temp;

    @Test
    void besideTheWriter() {
        try (LogStore store = LogStore.open(temp)) {
            Stores.appendMany(store.log("log"), 0, RECORDS);
            try (Tailer tailer = store.log("log").tailer().build()) {
                assertEquals(0, leastPerRound(tailer));
            }
        }
    }

    @Test
    void outOfTheFilesAlone() {
        try (LogStore store = LogStore.open(temp);
                ReadOnlyStore reader = LogStore.openReadOnly(temp)) {
            Stores.appendMany(store.log("log"), 0, RECORDS);
            try (Tailer tailer = reader.log("log").tailer().build()) {
                assertEquals(0, leastPerRound(tailer));
            }
        }
    }

    private long leastPerRound(Tailer tailer) {
        long least = Long.MAX_VALUE;
        for (int read = 0; read < RECORDS; read += ROUND) {
            long before = threads.getCurrentThreadAllocatedBytes();
            readMany(tailer);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(sum != 0);
        return least;
    }

    private void readMany(Tailer tailer) {
        for (int i = 0; i < ROUND; i++) {
            if (!tailer.next()) {
                throw new AssertionError("ends at " + tailer.position());
            }
            RecordView record = tailer.record();
            ByteBuffer value = record.value();
            sum += value.get(value.position()) + record.copyValue(copy, 0) + record.valueByte(0) + record.timestamp();
        }
    }
}
