package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppenderTest {
    @TempDir
    private Path temp;

    private LogStore store;
    private Log log;
    private Appender appender;
    private Tailer tailer;

    @BeforeEach
    void open() {
        store = LogStore.builder(temp).maxBatchBytes(1 << 20).open();
        log = store.log("log");
        appender = log.appender();
        tailer = log.tailer().build();
    }

    @AfterEach
    void close() {
        tailer.close();
        store.close();
    }

    private RecordView next() {
        assertTrue(tailer.next());
        return tailer.record();
    }

    @Test
    void offsetsCountFromZero() {
        assertEquals(0, appender.append(Stores.bytes("a")));
        assertEquals(1, appender.append(ByteBuffer.wrap(Stores.bytes("bb"))));
        assertEquals(2, appender.append(Stores.bytes("xcccx"), 1, 3));
        assertEquals(2, appender.lastOffset());
        assertEquals(3, log.logEnd());
        assertEquals("a", next().valueText());
        assertEquals("bb", next().valueText());
        assertEquals("ccc", next().valueText());
    }

    @Test
    void takesBuffersOfEveryKindAndLeavesThemAsTheyAre() {
        ByteBuffer direct = ByteBuffer.allocateDirect(10);
        direct.put(Stores.bytes("0123456789")).position(3).limit(6);
        appender.append(direct.asReadOnlyBuffer());
        appender.append(direct);
        assertEquals(3, direct.position());
        assertEquals(6, direct.limit());
        assertEquals("345", next().valueText());
        assertEquals("345", next().valueText());
    }

    @Test
    void keyHeadersAndTimestampHoldForOneRecord() {
        byte[] key = Stores.bytes("key");
        appender.key(key)
                .header("one", Stores.bytes("1"))
                .header("none", null)
                .header(Stores.bytes("two"), Stores.bytes("2"))
                .timestamp(Stores.TIME);
        key[0] = 'K';
        appender.append(Stores.bytes("v"));
        appender.append(Stores.bytes("plain"));
        RecordView first = next();
        assertEquals("key", first.keyText());
        assertEquals(Stores.TIME, first.timestamp());
        assertEquals(3, first.headersCount());
        assertEquals("none", first.headerName(1));
        assertNull(first.headerBytes(1));
        assertArrayEquals(Stores.bytes("2"), first.header("two"));
        assertEquals("one", first.headerName(0));
        RecordView second = next();
        assertFalse(second.hasKey());
        assertNull(second.key());
        assertEquals(0, second.headersCount());
        assertTrue(second.timestamp() > Stores.TIME);
    }

    @Test
    void manyHeadersAndLongKeysGrowTheBuffers() {
        appender.key(Stores.bytes("k".repeat(5000)));
        for (int i = 0; i < 300; i++) {
            appender.header("name " + i, Stores.bytes(Stores.value(i)));
        }
        appender.append(new byte[100_000]);
        RecordView record = next();
        assertEquals(5000, record.keyLength());
        assertEquals(300, record.headersCount());
        assertEquals(100_000, record.valueLength());
        for (int i = 299; i >= 0; i--) {
            assertEquals("name " + i, record.headerName(i));
            assertArrayEquals(Stores.bytes(Stores.value(i)), record.headerBytes(i));
        }
    }

    @Test
    void aTombstoneHasNoValue() {
        appender.key(Stores.bytes("k")).appendTombstone();
        appender.append(new byte[0]);
        assertFalse(next().hasValue());
        assertNull(tailer.record().value());
        assertNull(tailer.record().valueBytes());
        assertTrue(next().hasValue());
        assertEquals(0, tailer.record().valueLength());
    }

    @Test
    void aClaimedRegionIsFilledInPlace() {
        ByteBuffer region =
                appender.key(Stores.bytes("k")).header("h", Stores.bytes("v")).claim(12);
        assertEquals(12, region.remaining());
        region.putLong(77).putInt(88);
        assertEquals(0, log.logEnd());
        assertEquals(0, appender.commit());
        ByteBuffer large = appender.claim(200_000);
        while (large.hasRemaining()) {
            large.put((byte) 7);
        }
        assertEquals(1, appender.commit());
        assertEquals(77, next().valueLong(0));
        assertEquals(88, tailer.record().valueInt(8));
        assertEquals("k", tailer.record().keyText());
        assertEquals(200_000, next().valueLength());
        assertEquals(7, tailer.record().valueByte(199_999));
    }

    @Test
    void anAbortedClaimLeavesNothing() {
        appender.key(Stores.bytes("lost")).claim(10);
        appender.abort();
        appender.abort();
        assertEquals(0, appender.append(Stores.bytes("next")));
        assertFalse(next().hasKey());
    }

    @Test
    void nothingElseIsDoneWhileARegionIsClaimed() {
        appender.claim(1);
        assertThrows(IllegalStateException.class, () -> appender.append(new byte[1]));
        assertThrows(IllegalStateException.class, () -> appender.add(new byte[1]));
        assertThrows(IllegalStateException.class, () -> appender.claim(1));
        appender.abort();
        assertThrows(IllegalStateException.class, appender::commit);
    }

    @Test
    void aBatchIsAppendedAsOne() {
        appender.timestamp(Stores.TIME + 5).add(Stores.bytes("a"));
        appender.timestamp(Stores.TIME).key(Stores.bytes("k")).add(ByteBuffer.wrap(Stores.bytes("b")));
        appender.timestamp(Stores.TIME + 9).addTombstone();
        assertEquals(3, appender.batchCount());
        assertThrows(IllegalStateException.class, () -> appender.append(new byte[1]));
        assertEquals(0, log.logEnd());
        assertEquals(0, appender.appendBatch());
        assertEquals(2, appender.lastOffset());
        assertEquals(Stores.TIME + 5, next().timestamp());
        assertEquals(Stores.TIME, next().timestamp());
        assertEquals("k", tailer.record().keyText());
        assertEquals(Stores.TIME + 9, next().timestamp());
        assertEquals(2, tailer.record().offset());
        assertFalse(tailer.next());
        assertThrows(IllegalStateException.class, appender::appendBatch);
    }

    @Test
    void aDiscardedBatchLeavesNothing() {
        appender.add(Stores.bytes("a")).add(Stores.bytes("b"));
        appender.discardBatch();
        assertEquals(0, appender.append(Stores.bytes("c")));
        assertEquals("c", next().valueText());
    }

    @Test
    void whatIsTooLargeIsRefusedAndTheNextIsTaken() {
        assertThrows(IllegalArgumentException.class, () -> appender.append(new byte[2 << 20]));
        assertThrows(IllegalArgumentException.class, () -> appender.append(new byte[1 << 20]));
        assertThrows(IllegalArgumentException.class, () -> appender.claim(2 << 20));
        assertThrows(IllegalArgumentException.class, () -> appender.claim(-1));
        assertThrows(IllegalArgumentException.class, () -> appender.timestamp(-5));
        assertThrows(IndexOutOfBoundsException.class, () -> appender.append(new byte[5], 3, 3));
        assertEquals(0, appender.append(new byte[(1 << 20) - 200]));
    }

    @Test
    void aSecondAppenderIsRefusedUntilTheFirstIsClosed() {
        String message =
                assertThrows(IllegalStateException.class, log::appender).getMessage();
        assertTrue(message.contains("log log has an open appender"), message);
        appender.close();
        appender.close();
        log.appender().append(Stores.bytes("second"));
        assertThrows(IllegalStateException.class, () -> appender.append(new byte[1]));
    }

    @Test
    void aSecondThreadIsRefusedByNameUntilItIsHandedOver() throws Exception {
        appender.append(Stores.bytes("mine"));
        ExecutionException refused = assertThrows(
                ExecutionException.class,
                () -> CompletableFuture.runAsync(() -> appender.append(Stores.bytes("other")))
                        .get());
        assertTrue(
                refused.getCause() instanceof IllegalStateException
                        && refused.getCause()
                                .getMessage()
                                .contains(Thread.currentThread().getName()),
                refused::toString);
        assertEquals(1, log.logEnd());
        appender.handOver();
        CompletableFuture.runAsync(() -> appender.append(Stores.bytes("other"))).get();
        assertEquals(2, log.logEnd());
    }

    @Test
    void anInterruptedThreadAppendsAndStaysInterrupted() {
        Thread.currentThread().interrupt();
        try {
            for (int i = 0; i < 20; i++) {
                appender.append(new byte[100]);
            }
            assertTrue(Thread.currentThread().isInterrupted());
        } finally {
            assertTrue(Thread.interrupted());
        }
        assertNull(log.failure());
        assertEquals(20, Stores.drain(tailer).size());
    }

    @Test
    void aClosedStoreSaysSo() {
        store.close();
        StorageException closed = assertThrows(StorageException.class, () -> appender.append(new byte[1]));
        assertEquals(StorageException.Kind.CLOSED, closed.kind());
    }

    @Test
    void aCompactedLogWantsKeys() {
        try (LogStore compacted = LogStore.builder(temp.resolve("compacted"))
                .config(config -> config.compactPolicy(true).deletePolicy(false))
                .open()) {
            Appender keyed = compacted.log("log").appender();
            assertThrows(IllegalArgumentException.class, () -> keyed.append(Stores.bytes("v")));
            assertEquals(0, keyed.key(Stores.bytes("k")).append(Stores.bytes("v")));
        }
    }
}
