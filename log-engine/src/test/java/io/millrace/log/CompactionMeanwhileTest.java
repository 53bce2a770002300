package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.compact.CleaningReport;
import io.millrace.log.compact.CleaningStatus;
import io.millrace.log.compact.IoThrottle;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What happens to a cleaning while other things happen to its log. */
class CompactionMeanwhileTest extends CompactionSetup {
    /** A throttle that stops the cleaning where it is until the test lets it go on. */
    private final class Stopped {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicReference<CleaningReport> report = new AtomicReference<>();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread thread;

        /** Stops after so many pieces of work. */
        Stopped(int after) {
            assertTrue(log.logEndOffset() > 0);
            int[] left = {after};
            thread = new Thread(() -> {
                try {
                    assertTrue(log.compaction().claim());
                    try {
                        CleanableRange range =
                                CleanableRange.of(log.compaction().log(), directory.cleanedTo(NAME), clock.millis());
                        CleanerTools tools = new CleanerTools(
                                SETTINGS, new IoThrottle(Double.MAX_VALUE, System::nanoTime), new TestCodec());
                        report.set(log.compaction().clean(range, tools, () -> {
                            if (left[0]-- == 0) {
                                reached.countDown();
                                await(goOn);
                            }
                        }));
                    } finally {
                        log.compaction().release();
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            thread.start();
            await(reached);
        }

        void end() throws InterruptedException {
            goOn.countDown();
            thread.join(30_000);
            assertFalse(thread.isAlive());
            assertNull(failure.get());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void slicesOfTheOldSegmentsStayReadable() {
        put("a", "1", "b", "1");
        roll();
        put("a", "2");
        roll();
        put("x", "x");
        try (LogSlice before = log.read(0, 1000, 100, true)) {
            clean();
            assertEquals(List.of("0=1", "1=1"), TestBatches.records(before.copy()));
        }
        assertEquals(List.of("1=1", "2=2", "3=x"), records());
    }

    @Test
    void appendsAndReadsGoOnDuringACleaning() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        put("a", "meanwhile");
        assertEquals(5, records().size());
        assertTrue(log.cleaning().state() != CleaningStatus.State.IDLE);
        stopped.end();
        assertNotNull(stopped.report.get());
        assertEquals(List.of("1=1", "2=2", "3=x", "4=meanwhile"), records());
        assertEquals(CleaningStatus.State.IDLE, log.cleaning().state());
    }

    @Test
    void aTruncationEndsACleaning() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        log.truncateTo(3);
        stopped.end();
        assertNull(stopped.report.get());
        assertEquals(List.of("0=1", "1=1", "2=2"), records());
        assertFalse(files().stream().anyMatch(name -> name.matches(".*\\.(cleaned|swap)")));
    }

    @Test
    void retentionTakesSegmentsFromUnderACleaning() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        assertTrue(log.advanceLogStartOffset(2));
        assertEquals(1, log.applyRetention(clock.millis()));
        stopped.end();
        assertNull(stopped.report.get());
        assertEquals(List.of("2=2", "3=x"), records());
        assertEquals(1, clean(), "the next one is told of it");
        assertEquals(List.of("2=2", "3=x"), records());
    }

    @Test
    void anotherPolicyEndsACleaning() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        reconfigure(config.toBuilder().compactPolicy(false).deletePolicy(true).build());
        stopped.end();
        assertNull(stopped.report.get());
        assertEquals(4, records().size());
        assertEquals(0, clean());
    }

    @Test
    void closingWaitsForACleaningToEnd() throws Exception {
        twoSegmentsToClean();
        Stopped stopped = new Stopped(3);
        Thread closing = new Thread(() -> directory.delete(NAME.topic(), NAME.partition()));
        closing.start();
        while (log.appendAsLeader(batch(new RecordBatchBuilder(), "a", "b"), 0, AppendOrigin.CLIENT, result)
                == AppendStatus.APPENDED) {
            Thread.onSpinWait();
        }
        assertTrue(Files.exists(log.directory()), "the directory keeps its name until the cleaning has ended");
        stopped.end();
        closing.join(30_000);
        assertNull(stopped.report.get());
        assertFalse(Files.exists(log.directory()));
    }
}
