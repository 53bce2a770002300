package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading without the writer: out of the files, while another process writes them. */
class ReadOnlyStoreTest {
    @TempDir
    private Path temp;

    /** Appends numbered records until it is killed, or has appended as many as it was told. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) {
            long count = Long.parseLong(args[1]);
            try (LogStore store = LogStore.builder(Path.of(args[0]))
                            .segmentBytes(Integer.parseInt(args[2]))
                            .open();
                    Appender appender = store.log("log").appender()) {
                for (long i = store.log("log").logEnd(); i < count; i++) {
                    appender.append(Stores.bytes(Stores.value(i)));
                }
            }
        }
    }

    /** Prints how many records it has read in order when it has read as many as it was told. */
    static final class Reader {
        private Reader() {}

        public static void main(String[] args) throws InterruptedException {
            PrintStream out = System.out;
            long count = Long.parseLong(args[1]);
            try (ReadOnlyStore store = LogStore.openReadOnly(Path.of(args[0]));
                    Tailer tailer = store.log("log").tailer().fromEarliest().build()) {
                out.println("ready");
                for (long i = 0; i < count; i++) {
                    if (!tailer.awaitNext(Duration.ofSeconds(60))) {
                        throw new IllegalStateException("nothing comes after " + i);
                    }
                    if (tailer.record().offset() != i
                            || !Stores.value(i).equals(tailer.record().valueText())) {
                        throw new IllegalStateException("at " + i + ": " + tailer.record());
                    }
                }
                out.println("read " + count);
            }
        }
    }

    @Test
    void anotherProcessFollowsWhileThisOneWrites() throws Exception {
        long count = 30_000;
        try (LogStore store = LogStore.builder(temp).segmentBytes(256 << 10).open()) {
            Process child = Stores.child(Reader.class, temp, count);
            BufferedReader said =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
            assertEquals("ready", said.readLine());
            Stores.appendMany(store.log("log"), 0, count);
            assertEquals("read " + count, said.readLine());
            assertTrue(child.waitFor(60, TimeUnit.SECONDS));
            assertEquals(0, child.exitValue());
        }
    }

    @Test
    void thisProcessFollowsAnotherThroughKillsAndRestarts() throws Exception {
        try (ReadOnlyStore reader = LogStore.openReadOnly(temp);
                Tailer tailer = reader.log("log").tailer().fromEarliest().build()) {
            assertFalse(tailer.next());
            long read = 0;
            for (int round = 1; round <= 3; round++) {
                Process writer = Stores.child(Writer.class, temp, 100_000_000, 4 << 20);
                long wanted = 40_000L * round;
                for (; read < wanted; read++) {
                    assertTrue(tailer.awaitNext(Duration.ofSeconds(60)), "nothing after " + read);
                    assertEquals(read, tailer.record().offset());
                    assertEquals(Stores.value(read), tailer.record().valueText());
                }
                writer.destroyForcibly();
                assertTrue(writer.waitFor(60, TimeUnit.SECONDS));
                while (tailer.next()) {
                    assertEquals(Stores.value(read), tailer.record().valueText());
                    read++;
                }
            }
            // What was read is what a writer finds that opens the directory now.
            try (LogStore store = LogStore.open(temp)) {
                assertEquals(read, store.log("log").logEnd());
                assertEquals(read, reader.log("log").logEnd());
            }
        }
    }

    @Test
    void seeksInTheFilesAsBesideTheWriter() {
        try (LogStore store = LogStore.builder(temp).segmentBytes(64 << 10).open();
                ReadOnlyStore reader = LogStore.openReadOnly(temp)) {
            ReadOnlyLog log = reader.log("log");
            assertFalse(log.exists());
            assertEquals(0, log.logEnd());
            try (Appender appender = store.log("log").appender()) {
                for (int i = 0; i < 3000; i++) {
                    appender.timestamp(Stores.TIME + 10L * i).append(Stores.bytes(Stores.value(i)));
                }
            }
            assertTrue(log.exists());
            assertEquals(0, log.logStart());
            assertEquals(3000, log.logEnd());
            assertEquals(
                    List.of("log"),
                    reader.logs().stream().map(ReadOnlyLog::name).toList());
            try (Tailer tailer = log.tailer().fromLatest().build()) {
                assertFalse(tailer.next());
                for (int i = 0; i < 3000; i += 11) {
                    tailer.seek(i);
                    assertTrue(tailer.next());
                    assertEquals(i, tailer.record().offset());
                    tailer.seekToTime(Stores.TIME + 10L * i - 4);
                    assertEquals(i, tailer.position());
                }
                tailer.seekToTime(Stores.TIME + 40_000);
                assertEquals(3000, tailer.position());
                tailer.seek(2990);
                assertEquals(10, Stores.drain(tailer).size());
            }
            assertThrows(
                    IllegalStateException.class, () -> log.tailer().named("x").build());
        }
    }

    @Test
    void deletedRecordsAreNotShownAgain() {
        try (LogStore store = LogStore.open(temp)) {
            Stores.appendMany(store.log("log"), 0, 100);
            assertTrue(store.log("log").deleteBelow(30));
        }
        try (ReadOnlyStore reader = LogStore.openReadOnly(temp);
                Tailer tailer = reader.log("log").tailer().build()) {
            assertTrue(tailer.next());
            assertEquals(30, tailer.record().offset());
        }
    }

    @Test
    void writesNothingAndTakesNoLock() throws IOException {
        try (LogStore store = LogStore.builder(temp).segmentBytes(64 << 10).open()) {
            Stores.appendMany(store.log("log"), 0, 2000);
        }
        Map<String, Long> before = listing();
        try (ReadOnlyStore reader = LogStore.openReadOnly(temp);
                Tailer tailer = reader.log("log").tailer().build()) {
            assertEquals(2000, Stores.drain(tailer).size());
            tailer.seekToTime(0);
            assertFalse(reader.log("other").exists());
            try (LogStore store = LogStore.open(temp)) {
                assertEquals(2000, store.log("log").logEnd());
            }
        }
        before.remove(".kafka_cleanshutdown");
        Map<String, Long> after = listing();
        after.remove(".kafka_cleanshutdown");
        assertEquals(before.keySet(), after.keySet());
    }

    private Map<String, Long> listing() throws IOException {
        Map<String, Long> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(temp)) {
            for (Path file : all.toList()) {
                files.put(temp.relativize(file).toString(), Files.size(file));
            }
        }
        return files;
    }
}
