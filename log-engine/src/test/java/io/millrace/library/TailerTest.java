package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tailer in the writer's process. */
class TailerTest {
    private static final int SEGMENT_BYTES = 64 << 10;

    @TempDir
    private Path temp;

    private LogStore open() {
        return LogStore.builder(temp).segmentBytes(SEGMENT_BYTES).open();
    }

    private static List<String> values(long from, long to) {
        List<String> values = new ArrayList<>();
        for (long i = from; i < to; i++) {
            values.add(Stores.value(i));
        }
        return values;
    }

    @Test
    void comparesChecksumsBesideTheWriterWhereItIsTold() throws IOException {
        try (LogStore store = open()) {
            Log log = store.log("log");
            Stores.appendMany(log, 0, 100);
            Path file = SegmentFiles.path(log.directory(), 0, SegmentFiles.LOG);
            try (Tailer plain = log.tailer().build();
                    Tailer verifying = log.tailer().verifyChecksums().build()) {
                assertEquals(values(0, 100), Stores.drain(verifying));
                try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                    long inFirstValue = RecordBatchDescriptor.HEADER_SIZE + 10;
                    raw.seek(inFirstValue);
                    int value = raw.read();
                    raw.seek(inFirstValue);
                    raw.write(value ^ 1);
                }
                verifying.seek(0);
                StorageException damaged = assertThrows(StorageException.class, verifying::next);
                assertEquals(StorageException.Kind.DAMAGED, damaged.kind());
                assertEquals(file, damaged.file());
                assertTrue(plain.next());
                verifying.seek(1);
                assertEquals(values(1, 100), Stores.drain(verifying));
            }
        }
    }

    @Test
    void readsEverySegmentInOrderAndGoesOn() {
        try (LogStore store = open()) {
            Log log = store.log("log");
            Stores.appendMany(log, 0, 3000);
            assertTrue(log.segmentCount() > 5);
            try (Tailer tailer = log.tailer().fromEarliest().build()) {
                assertEquals(values(0, 3000), Stores.drain(tailer));
                assertEquals(3000, tailer.position());
                assertFalse(tailer.next());
                Stores.appendMany(log, 3000, 6000);
                assertEquals(values(3000, 6000), Stores.drain(tailer));
                assertEquals(0, tailer.skipped());
            }
        }
    }

    @Test
    void followsOneByOneAcrossRolls() {
        try (LogStore store = open();
                Appender appender = store.log("log").appender();
                Tailer tailer = store.log("log").tailer().fromLatest().build()) {
            for (int i = 0; i < 2000; i++) {
                assertFalse(tailer.next());
                appender.append(Stores.bytes(Stores.value(i)));
                assertTrue(tailer.next());
                assertEquals(i, tailer.record().offset());
                assertEquals(Stores.value(i), tailer.record().valueText());
            }
        }
    }

    @Test
    void beginsAtEveryOffset() {
        try (LogStore store = open()) {
            Log log = store.log("log");
            Stores.appendMany(log, 0, 500);
            try (Appender appender = log.appender()) {
                for (int i = 500; i < 2000; i += 50) {
                    for (int j = i; j < i + 50; j++) {
                        appender.add(Stores.bytes(Stores.value(j)));
                    }
                    appender.appendBatch();
                }
            }
            try (Tailer tailer = log.tailer().fromOffset(777).build()) {
                assertTrue(tailer.next());
                assertEquals(777, tailer.record().offset());
                for (int offset = 0; offset < 2000; offset += 7) {
                    tailer.seek(offset);
                    assertEquals(offset, tailer.position());
                    assertTrue(tailer.next());
                    assertEquals(offset, tailer.record().offset());
                    assertEquals(Stores.value(offset), tailer.record().valueText());
                }
                tailer.seekToLatest();
                assertFalse(tailer.next());
                assertEquals(2000, tailer.position());
                tailer.seekToEarliest();
                assertTrue(tailer.next());
                assertEquals(0, tailer.record().offset());
                assertThrows(IllegalArgumentException.class, () -> tailer.seek(-1));
            }
        }
    }

    @Test
    void anOffsetThatIsNotThereYetIsWaitedFor() {
        try (LogStore store = open();
                Tailer tailer = store.log("log").tailer().fromOffset(100).build()) {
            assertFalse(tailer.next());
            Stores.appendMany(store.log("log"), 0, 101);
            assertEquals(values(100, 101), Stores.drain(tailer));
        }
    }

    @Test
    void beginsAtATime() {
        try (LogStore store = open()) {
            Log log = store.log("log");
            try (Appender appender = log.appender()) {
                for (int i = 0; i < 3000; i++) {
                    appender.timestamp(Stores.TIME + 10L * i).append(Stores.bytes(Stores.value(i)));
                }
                appender.timestamp(Stores.TIME + 30_000).add(Stores.bytes("a"));
                appender.timestamp(Stores.TIME + 30_010).add(Stores.bytes("b"));
                appender.appendBatch();
            }
            try (Tailer tailer = log.tailer().fromTime(Stores.TIME + 12_341).build()) {
                assertTrue(tailer.next());
                assertEquals(1235, tailer.record().offset());
                for (int i = 0; i < 3002; i += 13) {
                    tailer.seekToTime(Stores.TIME + 10L * i - 3);
                    assertEquals(i, tailer.position());
                }
                tailer.seekToTime(Stores.TIME + 30_001);
                assertEquals(3001, tailer.position());
                tailer.seekToTime(0);
                assertEquals(0, tailer.position());
                tailer.seekToTime(Stores.TIME + 40_000);
                assertEquals(3002, tailer.position());
            }
        }
    }

    @Test
    void waitsWithTheIdleStrategyUntilARecordComes() throws Exception {
        try (LogStore store = open();
                Tailer tailer = store.log("log")
                        .tailer()
                        .idleStrategy(new YieldingIdleStrategy())
                        .build()) {
            assertFalse(tailer.awaitNext(Duration.ofMillis(5)));
            CompletableFuture<Void> appended =
                    CompletableFuture.runAsync(() -> Stores.appendMany(store.log("log"), 0, 1));
            assertTrue(tailer.awaitNext(Duration.ofSeconds(60)));
            assertEquals(Stores.value(0), tailer.record().valueText());
            appended.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void anInterruptEndsTheWaitAndHarmsNobody() throws Exception {
        try (LogStore store = open();
                Tailer tailer = store.log("log")
                        .tailer()
                        .idleStrategy(new BusySpinIdleStrategy())
                        .build()) {
            Stores.appendMany(store.log("log"), 0, 10);
            Thread.currentThread().interrupt();
            assertEquals(values(0, 10), Stores.drain(tailer));
            tailer.seek(3);
            assertEquals(values(3, 10), Stores.drain(tailer));
            assertThrows(InterruptedException.class, () -> tailer.awaitNext(Duration.ofSeconds(60)));
            assertFalse(Thread.interrupted());
            Stores.appendMany(store.log("log"), 10, 2000);
            assertEquals(values(10, 2000), Stores.drain(tailer));
        }
    }

    @Test
    void theRecordIsOneObjectAndItsViewsAreReused() {
        try (LogStore store = open();
                Tailer tailer = store.log("log").tailer().build()) {
            Stores.appendMany(store.log("log"), 0, 2);
            assertThrows(IllegalStateException.class, () -> tailer.record().value());
            assertTrue(tailer.next());
            RecordView record = tailer.record();
            ByteBuffer view = record.value();
            assertTrue(view.isReadOnly());
            byte[] copy = new byte[record.valueLength() + 2];
            assertEquals(record.valueLength(), record.copyValue(copy, 1));
            assertEquals(
                    Stores.value(0),
                    new String(copy, 1, record.valueLength(), java.nio.charset.StandardCharsets.UTF_8));
            ByteBuffer target = ByteBuffer.allocate(1000);
            record.copyValue(target);
            assertEquals(record.valueLength(), target.position());
            assertThrows(IndexOutOfBoundsException.class, () -> record.valueLong(record.valueLength() - 7));
            assertThrows(IndexOutOfBoundsException.class, () -> record.headerName(0));
            assertTrue(tailer.next());
            assertSame(record, tailer.record());
            assertFalse(tailer.next());
            assertThrows(IllegalStateException.class, record::valueText);
        }
    }

    /** On JDK 17 an access to memory that was unmapped ends the process: a view keeps its memory. */
    @Test
    void aViewThatWasKeptTooLongDoesNotEndTheProcess() {
        try (LogStore store = LogStore.builder(temp).segmentBytes(256 << 10).open()) {
            Stores.appendMany(store.log("log"), 0, 10_000);
            List<ByteBuffer> kept = new ArrayList<>();
            try (Tailer tailer = store.log("log").tailer().build()) {
                while (tailer.next()) {
                    ByteBuffer view = tailer.record().value();
                    if (tailer.record().offset() % 1000 == 0) {
                        kept.add(view.duplicate());
                    }
                }
            }
            int read = 0;
            for (ByteBuffer view : kept) {
                try {
                    read += view.get(view.position());
                } catch (IllegalStateException unmapped) {
                    read++;
                }
            }
            assertTrue(read > 0);
        }
    }

    @Test
    void aNamedTailerGoesOnWhereItWasSaved() {
        try (LogStore store = open()) {
            Stores.appendMany(store.log("log"), 0, 100);
            try (Tailer tailer = store.log("log").tailer().named("billing").build()) {
                assertEquals("billing", tailer.name());
                for (int i = 0; i < 40; i++) {
                    assertTrue(tailer.next());
                }
            }
            try (Tailer tailer = store.log("log").tailer().named("billing").build()) {
                assertEquals(40, tailer.position());
                assertThrows(
                        IllegalStateException.class,
                        () -> store.log("log").tailer().named("billing").build());
            }
        }
        try (LogStore store = open();
                Tailer tailer =
                        store.log("log").tailer().fromLatest().named("billing").build();
                Tailer other =
                        store.log("log").tailer().fromLatest().named("other").build()) {
            assertEquals(40, tailer.position());
            assertEquals(100, other.position());
            assertThrows(
                    IllegalArgumentException.class,
                    () -> store.log("log").tailer().named("../x").build());
        }
    }

    @Test
    void aSavedPositionBeyondTheEndIsTheEnd() {
        try (LogStore store = open()) {
            Stores.appendMany(store.log("log"), 0, 10);
            try (SavedPosition saved = new SavedPosition(
                    store.log("log").directory(), "ahead", false, java.util.concurrent.ConcurrentHashMap.newKeySet())) {
                saved.write(5000);
            }
            try (Tailer tailer = store.log("log").tailer().named("ahead").build()) {
                assertEquals(10, tailer.position());
            }
        }
    }

    @Test
    void aTailerWithoutANameHasNothingToSave() {
        try (LogStore store = open();
                Tailer tailer = store.log("log").tailer().build()) {
            assertNull(tailer.name());
            assertThrows(IllegalStateException.class, tailer::save);
            assertThrows(
                    IllegalStateException.class,
                    () -> store.log("log").tailer().named("x").buildBatches());
        }
    }

    @Test
    void retentionThatOvertakesIsCounted() {
        try (LogStore store = LogStore.builder(temp)
                .segmentBytes(SEGMENT_BYTES)
                .retentionBytes(2 * SEGMENT_BYTES)
                .open()) {
            Log log = store.log("log");
            Stores.appendMany(log, 0, 3000);
            try (Tailer late = log.tailer().build();
                    Tailer inside = log.tailer().build()) {
                assertTrue(inside.next());
                log.applyRetention();
                assertTrue(log.logStart() > 0);
                assertTrue(late.next());
                assertEquals(log.logStart(), late.record().offset());
                assertEquals(log.logStart(), late.skipped());
                // The segment that it stands in is read to its end, though it has no name any more.
                List<String> rest = Stores.drain(inside);
                assertEquals(Stores.value(1), rest.get(0));
                assertEquals(Stores.value(2999), rest.get(rest.size() - 1));
                assertEquals(2999, rest.size() + inside.skipped());
            }
        }
    }

    @Test
    void pollHandsOverWhatIsThere() {
        try (LogStore store = open();
                Tailer tailer = store.log("log").tailer().build()) {
            Stores.appendMany(store.log("log"), 0, 10);
            List<Long> offsets = new ArrayList<>();
            assertEquals(4, tailer.poll(record -> offsets.add(record.offset()), 4));
            assertEquals(6, tailer.poll(record -> offsets.add(record.offset()), 100));
            assertEquals(0, tailer.poll(record -> offsets.add(record.offset()), 100));
            assertEquals(10, offsets.size());
        }
    }

    @Test
    void closedTailersSaySoAndStoresCloseUnderTailers() {
        LogStore store = open();
        Stores.appendMany(store.log("log"), 0, 1000);
        Tailer tailer = store.log("log").tailer().build();
        assertTrue(tailer.next());
        store.close();
        assertEquals(values(1, 1000), Stores.drain(tailer));
        tailer.close();
        tailer.close();
        assertThrows(IllegalStateException.class, tailer::next);
    }

    /** The engine does not look at what is inside a batch that is there already; the tailer does. */
    @Test
    void aFileCutFromOutsideIsAnError() throws IOException {
        try (LogStore store = open();
                Tailer tailer = store.log("log").tailer().build()) {
            Stores.appendMany(store.log("log"), 0, 50);
            Path file = store.log("log").directory().resolve("00000000000000000000.log");
            assertTrue(Files.exists(file));
            try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                raw.setLength(100);
            }
            assertThrows(io.millrace.mapped.StorageException.class, () -> Stores.drain(tailer));
        }
    }
}
