package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.LogListener;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.StoreMarker;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogStoreTest {
    @TempDir
    private Path temp;

    @Test
    void logsAreMadeAndFoundAgain() {
        try (LogStore store = LogStore.open(temp.resolve("new/store"))) {
            assertEquals(List.of(), store.names());
            Log log = store.log("orders");
            assertSame(log, store.log("orders"));
            assertEquals("orders", log.name());
            store.log("a.b_c-d");
            Stores.appendMany(log, 0, 10);
        }
        try (LogStore store = LogStore.open(temp.resolve("new/store"))) {
            assertTrue(store.recovery().cleanShutdown());
            assertEquals(List.of("a.b_c-d", "orders"), store.names());
            assertEquals(10, store.log("orders").logEnd());
            assertEquals(10, store.log("orders").flushed());
            assertThrows(IllegalArgumentException.class, () -> store.log("a/b"));
            assertTrue(store.delete("a.b_c-d"));
            assertFalse(store.delete("a.b_c-d"));
            assertEquals(List.of("orders"), store.names());
        }
    }

    @Test
    void everyLogHasATopicIdOfItsOwn() {
        try (LogStore store = LogStore.open(temp)) {
            PartitionMetadata first = PartitionMetadata.read(store.log("a").directory());
            PartitionMetadata second = PartitionMetadata.read(store.log("b").directory());
            assertNotNull(first);
            assertNotNull(second);
            assertFalse(first.equals(second));
            assertTrue(StoreMarker.isPresent(temp));
        }
    }

    @Test
    void aSecondOpenerIsToldWhatToDo() {
        try (LogStore store = LogStore.open(temp)) {
            StoreInUseException refused = assertThrows(StoreInUseException.class, () -> LogStore.open(temp));
            assertTrue(refused.getMessage().contains(temp.toString()), refused::getMessage);
            assertTrue(refused.getMessage().contains("openReadOnly"), refused::getMessage);
            store.log("still").appender().append(new byte[1]);
        }
        LogStore.open(temp).close();
    }

    /** Holds a store until its input ends. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] args) throws Exception {
            PrintStream out = System.out;
            try (LogStore store = LogStore.open(Path.of(args[0]))) {
                out.println("holds " + store.names());
                while (System.in.read() >= 0) {
                    // Until the other end is closed.
                }
            }
        }
    }

    @Test
    void aSecondProcessIsRefusedAndTheLockGoesWithAKill() throws Exception {
        Process holder = Stores.child(Holder.class, temp);
        BufferedReader said =
                new BufferedReader(new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8));
        assertEquals("holds []", said.readLine());
        assertThrows(StoreInUseException.class, () -> LogStore.open(temp));
        holder.destroyForcibly();
        assertTrue(holder.waitFor(60, TimeUnit.SECONDS));
        LogStore.open(temp).close();
    }

    @Test
    void aDirectoryThatABrokerFormattedGetsNoNewLogs() throws Exception {
        try (LogStore store = LogStore.open(temp)) {
            Stores.appendMany(store.log("there"), 0, 1);
        }
        StoreMarker.remove(temp, io.millrace.mapped.FileFaults.NONE);
        Files.writeString(temp.resolve("meta.properties"), "version=1\n");
        try (LogStore store = LogStore.open(temp)) {
            assertFalse(StoreMarker.isPresent(temp));
            assertEquals(1, store.log("there").appender().append(new byte[1]));
            IllegalStateException refused = assertThrows(IllegalStateException.class, () -> store.log("new"));
            assertTrue(refused.getMessage().contains("create the topic"), refused::getMessage);
        }
    }

    @Test
    void aListenerHearsOfSegments() {
        Queue<String> heard = new ConcurrentLinkedQueue<>();
        LogListener listener = new LogListener() {
            @Override
            public void segmentCreated(Path log, long baseOffset) {
                heard.add("created " + log.getFileName() + " " + baseOffset);
            }

            @Override
            public void segmentRolled(Path log, long baseOffset) {
                heard.add("rolled " + log.getFileName() + " " + baseOffset);
            }

            @Override
            public void segmentDeleted(Path log, long baseOffset, long bytes, String reason) {
                heard.add("deleted " + log.getFileName() + " " + baseOffset + " " + bytes + " " + reason);
            }
        };
        try (LogStore store = LogStore.builder(temp)
                .listener(listener)
                .segmentBytes(10_000)
                .retentionBytes(9_000)
                .open()) {
            Log log = store.log("log");
            try (Appender appender = log.appender()) {
                for (int i = 0; i < 3; i++) {
                    appender.append(new byte[9_000]);
                }
            }
            assertEquals(2, store.log("log").previewRetention().segments().size());
            assertEquals(2, log.applyRetention());
        }
        assertEquals(
                List.of(
                        "created log-0 0",
                        "created log-0 1",
                        "rolled log-0 1",
                        "created log-0 2",
                        "rolled log-0 2",
                        "deleted log-0 0 9072 retention size",
                        "deleted log-0 1 9072 retention size"),
                List.copyOf(heard));
    }

    @Test
    void retentionRunsByItself() {
        Stores.Clock clock = new Stores.Clock();
        try (LogStore store = LogStore.builder(temp)
                .clock(clock)
                .segmentBytes(10_000)
                .retention(java.time.Duration.ofMinutes(1))
                .intervals(new io.millrace.log.HousekeepingIntervals(0, 600_000, 60_000, 60_000, 5_000))
                .open()) {
            Log log = store.log("log");
            Appender appender = log.appender();
            for (int i = 0; i < 3; i++) {
                appender.append(new byte[9_000]);
            }
            clock.advance(61_000);
            assertEquals(3, appender.append(new byte[9_000]));
            Stores.await("old segments go", () -> log.logStart() == 3);
            assertEquals(1, log.segmentCount());
        }
    }

    @Test
    void aClosedStoreSaysSo() {
        LogStore store = LogStore.open(temp);
        store.close();
        store.close();
        assertThrows(IllegalStateException.class, () -> store.log("x"));
        assertThrows(IllegalStateException.class, () -> store.delete("x"));
    }
}
