package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One writer, a preparing thread and readers on the same indexes. */
@Timeout(60)
class IndexConcurrencyTest {
    private static final int ENTRIES = 120_000;
    private static final int READERS = 2;

    @TempDir
    Path directory;

    private final AtomicBoolean done = new AtomicBoolean();

    @Test
    void readersSeeWholeEntriesAndNeverGoBack() throws Exception {
        OffsetIndex offsets = OffsetIndex.open(directory.resolve("a.index"), 0, ENTRIES * 8, true, FileFaults.NONE);
        TimeIndex times = TimeIndex.open(directory.resolve("a.timeindex"), 0, ENTRIES * 12 + 12, true, FileFaults.NONE);
        ExecutorService threads = Executors.newFixedThreadPool(READERS + 1);
        List<Future<Integer>> running = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            running.add(threads.submit(reader(offsets, times)));
        }
        running.add(threads.submit(preparer(offsets, times)));
        write(offsets, times);
        done.set(true);
        for (Future<Integer> each : running) {
            assertTrue(each.get(30, TimeUnit.SECONDS) > 0);
        }
        threads.shutdown();
        assertEquals(ENTRIES, offsets.entries());
        offsets.checkAllEntries();
        times.checkAllEntries();
        offsets.close();
        times.close();
    }

    /** Entry i is (2 i, 3 i) and (5 i, 2 i). */
    private static void write(OffsetIndex offsets, TimeIndex times) {
        for (int i = 1; i <= ENTRIES; i++) {
            offsets.append(2L * i, 3 * i);
            times.maybeAppend(5L * i, 2L * i, false);
            if (i % 30_000 == 0) {
                offsets.trim();
                times.trim();
            }
        }
    }

    private Callable<Integer> reader(OffsetIndex offsets, TimeIndex times) {
        return () -> {
            int rounds = 0;
            long seen = 0;
            do {
                long last = offsets.lastOffset();
                assertTrue(last >= seen, "the tail goes forward");
                seen = last;
                assertFloors(offsets, times, 1 + rounds * 7919L % Math.max(1, last));
                rounds++;
            } while (!done.get());
            return rounds;
        };
    }

    private static void assertFloors(OffsetIndex offsets, TimeIndex times, long offset) {
        long entry = offsets.floorEntry(offset);
        assertEquals(OffsetIndex.relativeOffset(entry) / 2 * 3, OffsetIndex.position(entry));
        assertTrue(OffsetIndex.relativeOffset(entry) <= offset);
        long floor = times.floorOffset(offset);
        assertEquals(0, floor % 2);
        assertTrue(floor / 2 * 5 <= offset);
    }

    private Callable<Integer> preparer(OffsetIndex offsets, TimeIndex times) {
        return () -> {
            int rounds = 0;
            do {
                offsets.prepareAhead();
                times.prepareAhead();
                Thread.onSpinWait();
                rounds++;
            } while (!done.get());
            return rounds;
        };
    }
}
