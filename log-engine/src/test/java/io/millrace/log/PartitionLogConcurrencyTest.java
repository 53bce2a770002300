package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.mapped.FileFaults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers, a flusher and retention beside a writer that rolls often: nobody sees a record that is not whole, missing or out of order. */
class PartitionLogConcurrencyTest {
    private static final int APPENDS = 20_000;

    @TempDir
    private Path temp;

    private final AtomicBoolean done = new AtomicBoolean();
    private PartitionLog log;

    @Test
    void readersFollowTheWriter() throws Exception {
        LogConfig config = LogConfig.builder()
                .segmentBytes(100_000)
                .indexIntervalBytes(500)
                .retentionBytes(1_000_000)
                .fileDeleteDelayMs(0)
                .build();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (LogRuntime runtime = LogRuntime.start(new TestClock(TIME), LogListener.NONE, FileFaults.NONE);
                PartitionLog opened = PartitionLog.open(temp.resolve("t-0"), config, runtime, OpenState.UNKNOWN)) {
            log = opened;
            List<Future<?>> others = new ArrayList<>();
            others.add(threads.submit(() -> follow(Long.MAX_VALUE)));
            others.add(threads.submit(() -> follow(-1)));
            others.add(threads.submit(this::housekeep));
            threads.submit(this::write).get(120, TimeUnit.SECONDS);
            done.set(true);
            for (Future<?> other : others) {
                other.get(60, TimeUnit.SECONDS);
            }
            assertNull(log.failure());
            assertEquals(APPENDS, log.logEndOffset());
        } finally {
            threads.shutdownNow();
        }
    }

    private void write() {
        AppendResult result = new AppendResult();
        for (int i = 0; i < APPENDS; i++) {
            AppendStatus status = log.appendAsLeader(TestBatches.batch(TIME, value(i)), 0, AppendOrigin.CLIENT, result);
            assertEquals(AppendStatus.APPENDED, status, result::message);
            assertEquals(i, result.firstOffset());
            log.advanceHighWatermark(i + 1L);
        }
    }

    private static String value(long i) {
        return "v" + i + "w".repeat((int) (i * 7 % 200));
    }

    /** Reads everything to the end, or to the high watermark where the bound is negative. */
    private void follow(long bound) {
        long next = 0;
        while (next < APPENDS && !(done.get() && next == log.logEndOffset())) {
            long limit = bound < 0 ? log.highWatermark() : bound;
            long from = Math.max(next, log.logStartOffset()); // retention may have overtaken the reader
            try (LogSlice slice = log.read(from, 20_000, limit, true)) {
                next = slice == null ? next : check(slice, from);
            }
        }
    }

    private static long check(LogSlice slice, long from) {
        long next = from;
        for (String record : TestBatches.records(slice.copy())) {
            assertEquals(next + "=" + value(next), record);
            next++;
        }
        return next;
    }

    private void housekeep() {
        while (!done.get()) {
            log.flush();
            log.applyRetention(TIME);
            CompletableFuture<Boolean> told = new CompletableFuture<>();
            log.onFlushed(log.logEndOffset(), failure -> told.complete(failure == null));
            assertEquals(true, told.orTimeout(60, TimeUnit.SECONDS).join());
        }
    }
}
