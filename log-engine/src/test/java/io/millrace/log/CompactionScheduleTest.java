package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a log is compacted, how far, and into which segments. */
class CompactionScheduleTest extends CompactionSetup {
    private void awaitCleanings(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (log.cleaning().cleanings() < count) {
            assertTrue(System.nanoTime() < deadline, () -> log.cleaning().toString());
            Thread.onSpinWait();
        }
    }

    @Test
    void youngRecordsAreLeftAloneAndOldOnesAreNotLeftLong() {
        reconfigure(config.toBuilder()
                .minCompactionLagMs(10_000)
                .minCleanableDirtyRatio(1)
                .maxCompactionLagMs(50_000)
                .segmentMs(40_000)
                .build());
        put("a", "1");
        put("a", "2");
        roll();
        put("b", "1");
        assertEquals(0, clean(), "too young, and the ratio is never above 1");
        clock.millis(clock.millis() + 10_000);
        assertEquals(0, clean(), "old enough, but the ratio is never above 1");
        clock.millis(clock.millis() + 40_001);
        assertEquals(1, clean(), "overdue");
        assertEquals(List.of("1=2", "2=1"), records());
    }

    @Test
    void aCompactedLogRollsInTimeForItsLag() {
        reconfigure(config.toBuilder().maxCompactionLagMs(5_000).build());
        put("a", "1");
        log.rollIfDue(clock.advance(Duration.ofMillis(5_001)));
        assertEquals(2, log.segmentCount());
    }

    /** Cut off in the middle, a restart may leave an empty log that begins at 0: what comes there has never been compared. */
    @Test
    void aLogThatStartsOverHasNotBeenCleanedAnywhere() {
        twoSegmentsToClean();
        assertEquals(1, clean());
        assertTrue(directory.cleanedTo(NAME) > 0);
        directory.truncateFullyAndStartAt(NAME.topic(), NAME.partition(), 100);
        assertEquals(0, directory.cleanedTo(NAME));
        directory.close();
        open();
        assertEquals(0, directory.cleanedTo(NAME));
    }

    /** A repair has cut the log: what comes again with the offsets of what was cleaned is something else. */
    @Test
    void aLogThatEndsBelowWhatWasCleanedIsCleanOnlyAsFarAsItGoes() {
        twoSegmentsToClean();
        assertEquals(1, clean());
        long end = log.logEndOffset();
        directory.close();
        new OffsetCheckpoint(directory.path(), CleanerCheckpoint.FILE, FileFaults.NONE).write(Map.of(NAME, end + 5));
        open();
        assertEquals(end, directory.cleanedTo(NAME));
    }

    @Test
    void waitsForTheDirtyRatio() {
        reconfigure(config.toBuilder().minCleanableDirtyRatio(0.5).build());
        put("a", "1".repeat(1000));
        roll();
        put("b", "2".repeat(100));
        assertEquals(1, clean(), "all is dirty");
        roll();
        put("c", "3");
        assertEquals(0, clean(), "a tenth is dirty");
        put("d", "4".repeat(2000));
        roll();
        put("e", "5");
        assertEquals(1, clean());
    }

    @Test
    void smallSegmentsBecomeOne() throws IOException {
        for (int i = 0; i < 10; i++) {
            put("k" + i % 3, "v" + i);
            roll();
        }
        put("x", "x");
        assertEquals(11, log.segmentCount());
        clean();
        assertEquals(2, log.segmentCount());
        assertEquals(List.of("7=v7", "8=v8", "9=v9", "10=x"), records());
        assertEquals(10, lastReport.get().segmentsBefore());
        assertEquals(1, lastReport.get().segmentsAfter());
        assertEquals(2, files().stream().filter(name -> name.endsWith(".log")).count(), () -> "left over");
        assertFalse(files().stream().anyMatch(name -> name.matches(".*\\.(cleaned|swap|deleted)")));
        for (long offset = 0; offset < 11; offset++) {
            try (LogSlice slice = log.read(offset, 1, 11, true)) {
                assertTrue(slice.length() > 0, "offset " + offset);
            }
        }
    }

    @Test
    void groupsStayWithinTheSegmentSize() {
        reconfigure(config.toBuilder().segmentBytes(600).build());
        for (int i = 0; i < 9; i++) {
            put("k" + i, "v".repeat(120));
            roll();
        }
        put("x", "x");
        clean();
        assertEquals(10, records().size());
        assertTrue(log.segmentCount() >= 4 && log.segmentCount() < 10, () -> log.segmentCount() + " segments");
    }

    @Test
    void manyPassesWhereTheKeysDoNotFit() {
        for (int i = 0; i < 200; i++) {
            put("k" + i % 50, "v" + i);
            if (i % 20 == 19) {
                roll();
            }
        }
        put("x", "x");
        CleanerSettings tiny = new CleanerSettings(false, 1, 24 * 13, 0.9, 64 << 10, Double.MAX_VALUE, 1);
        int passes = clean(tiny, null);
        assertTrue(passes > 5, () -> passes + " passes");
        List<String> expected = new ArrayList<>();
        for (int i = 150; i < 200; i++) {
            expected.add(i + "=v" + i);
        }
        expected.add("200=x");
        assertEquals(expected, records());
        assertEquals(passes, log.cleaning().cleanings());
        assertEquals(200, log.cleaning().cleanedTo());
    }

    @Test
    void theCheckpointIsKafkasAndIsGoneOnFrom() throws IOException {
        put("a", "1");
        put("a", "2");
        roll();
        put("x", "x");
        clean();
        assertEquals("0\n1\ncompacted 0 2\n", Files.readString(temp.resolve("data/cleaner-offset-checkpoint")));
        directory.close();
        open();
        log.advanceHighWatermark(log.logEndOffset());
        assertEquals(0, clean());
        directory.delete(NAME.topic(), NAME.partition());
        assertEquals("0\n0\n", Files.readString(temp.resolve("data/cleaner-offset-checkpoint")));
    }

    @Test
    void whatIsAppendedAfterACutIsDirty() throws IOException {
        put("a", "1");
        put("b", "2");
        put("a", "3");
        roll();
        put("x", "x");
        clean();
        assertEquals(3, directory.cleanedTo(NAME));
        directory.truncate(Map.of(NAME, 2L));
        assertEquals(2, directory.cleanedTo(NAME));
        put("b", "4");
        roll();
        put("x", "x");
        clean();
        assertEquals(List.of("2=4", "3=x"), records());
    }

    @Test
    void threadsCleanByThemselves() throws Exception {
        twoSegmentsToClean();
        CleanerSettings settings = new CleanerSettings(true, 2, 1 << 20, 0.9, 64 << 10, Double.MAX_VALUE, 5);
        try (LogCleaner cleaner = LogCleaner.start(settings, null, runtime, List.of(directory))) {
            awaitCleanings(1);
            put("x", "y");
            roll();
            put("z", "z");
            cleaner.reconfigure(new CleanerSettings(true, 1, 1 << 20, 0.9, 64 << 10, 1e9, 5));
            awaitCleanings(2);
        }
        assertEquals(List.of("1=1", "2=2", "4=y", "5=z"), records());
    }

    @Test
    void aDisabledCleanerHasNoThreads() {
        twoSegmentsToClean();
        try (LogCleaner cleaner = LogCleaner.start(SETTINGS, null, runtime, List.of(directory))) {
            assertEquals(SETTINGS, cleaner.settings());
            assertTrue(Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("millrace-cleaner")));
        }
    }
}
