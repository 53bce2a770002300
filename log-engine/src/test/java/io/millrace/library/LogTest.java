package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.SegmentDescription;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTest {
    @TempDir
    private Path temp;

    private final AtomicInteger forces = new AtomicInteger();
    private final AtomicBoolean failing = new AtomicBoolean();
    private final FileFaults faults = (operation, file, position, length) -> {
        if (operation == FileFaults.Operation.FORCE && file.toString().endsWith(".log")) {
            forces.incrementAndGet();
            if (failing.get()) {
                throw new IOException("broken disk");
            }
        }
    };

    @Test
    void waitsForTheDisk() throws Exception {
        try (LogStore store = LogStore.builder(temp).faults(faults).open();
                Appender appender = store.log("log").appender()) {
            Log log = store.log("log");
            long offset = appender.append(new byte[10]);
            assertEquals(0, log.flushed());
            assertTrue(log.awaitFlushed(offset, Duration.ofSeconds(60)));
            assertEquals(1, log.flushed());
            int before = forces.get();
            assertTrue(log.awaitFlushed(offset, Duration.ZERO));
            assertEquals(before, forces.get());
            assertThrows(IllegalArgumentException.class, () -> log.awaitFlushed(1, Duration.ofSeconds(1)));
            appender.append(new byte[10]);
            CompletableFuture<Boolean> told = new CompletableFuture<>();
            log.onFlushed(1, failure -> told.complete(failure == null));
            assertTrue(told.get(60, TimeUnit.SECONDS));
            appender.append(new byte[10]);
            log.flush();
            assertEquals(3, log.flushed());
        }
    }

    @Test
    void inSyncModeAnAppendReturnsWhenItIsOnTheDisk() {
        try (LogStore store = LogStore.builder(temp)
                        .durability(Durability.SYNC)
                        .faults(faults)
                        .open();
                Appender appender = store.log("log").appender()) {
            for (int i = 0; i < 5; i++) {
                assertEquals(i, appender.append(new byte[10]));
                assertEquals(i + 1, store.log("log").flushed());
            }
            failing.set(true);
            assertThrows(StorageException.class, () -> appender.append(new byte[10]));
            failing.set(false);
            assertThrows(StorageException.class, () -> appender.append(new byte[10]));
            assertNotNull(store.log("log").failure());
            try (Tailer tailer = store.log("log").tailer().build()) {
                assertTrue(Stores.drain(tailer).size() >= 5);
            }
        }
    }

    @Test
    void inIntervalModeTheDiskFollows() {
        try (LogStore store = LogStore.builder(temp)
                .durability(Durability.INTERVAL)
                .flushInterval(Duration.ofMillis(20))
                .open()) {
            Stores.appendMany(store.log("log"), 0, 100);
            Stores.await("the interval's force", () -> store.log("log").flushed() == 100);
        }
    }

    /** The forecast and the deed, over random logs. */
    @Test
    void thePreviewIsWhatRetentionDoes() {
        long seed = System.nanoTime();
        System.out.println("LogTest seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 10; round++) {
            Stores.Clock clock = new Stores.Clock();
            List<Long> deleted = new ArrayList<>();
            try (LogStore store = LogStore.builder(temp.resolve("r" + round))
                    .clock(clock)
                    .segmentBytes(4_000)
                    .maxBatchBytes(2_000)
                    .listener(new io.millrace.log.LogListener() {
                        @Override
                        public void segmentDeleted(Path log, long baseOffset, long bytes, String reason) {
                            deleted.add(baseOffset);
                        }
                    })
                    .config(config -> config.retentionMs(random.nextBoolean() ? -1 : random.nextInt(1000))
                            .retentionBytes(random.nextBoolean() ? -1 : random.nextInt(20_000)))
                    .open()) {
                Log log = store.log("log");
                try (Appender appender = log.appender()) {
                    for (int i = random.nextInt(60); i > 0; i--) {
                        clock.advance(random.nextInt(60));
                        appender.append(new byte[random.nextInt(1500)]);
                    }
                }
                if (random.nextInt(3) == 0) {
                    log.deleteBelow(random.nextInt((int) log.logEnd() + 1));
                }
                RetentionPreview preview = log.previewRetention();
                long bytes = log.sizeBytes();
                assertEquals(preview, log.previewRetention());
                assertEquals(preview.segments().size(), log.applyRetention(), "seed=" + seed);
                assertEquals(
                        preview.segments().stream()
                                .map(SegmentDescription::baseOffset)
                                .toList(),
                        deleted,
                        "seed=" + seed);
                assertEquals(bytes - preview.bytes(), log.sizeBytes());
                assertEquals(preview.logStart(), log.logStart(), "seed=" + seed);
                assertTrue(log.previewRetention().segments().isEmpty());
            }
        }
    }

    @Test
    void deletesRecordsBelowAnOffset() {
        try (LogStore store = LogStore.open(temp)) {
            Stores.appendMany(store.log("log"), 0, 10);
            assertTrue(store.log("log").deleteBelow(4));
            assertFalse(store.log("log").deleteBelow(4));
            assertEquals(4, store.log("log").logStart());
            try (Tailer tailer = store.log("log").tailer().build()) {
                assertEquals(6, Stores.drain(tailer).size());
            }
        }
    }
}
