package io.millrace.log.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecordCursorTest {
    private final RecordCursor cursor = new RecordCursor();

    @Test
    void walksKeysValuesHeadersAndTimes() {
        ByteBuffer batch = new RecordBatchBuilder()
                .baseOffset(100)
                .add(50, bytes("a"), bytes("first"))
                .add(
                        40,
                        null,
                        bytes("second"),
                        List.of(RecordHeader.of("h1", "x"), new RecordHeader(bytes("h2"), null)))
                .add(60, bytes("c"), null)
                .build();
        cursor.wrap(batch, 0);
        assertTrue(cursor.next());
        assertRecord(batch, 100, 50, "a", "first", 0);
        assertTrue(cursor.next());
        assertRecord(batch, 101, 40, null, "second", 2);
        assertTrue(cursor.next());
        assertRecord(batch, 102, 60, "c", null, 0);
        assertEquals(batch.limit(), cursor.recordPosition() + cursor.recordSize());
        assertFalse(cursor.next());
        assertNull(cursor.problem());
    }

    @Test
    void appendTimeHidesTheRecordsOwn() {
        ByteBuffer batch =
                new RecordBatchBuilder().add(50, bytes("a"), bytes("v")).build();
        RecordBatchDescriptor.setMaxTimestamp(batch, 0, true, 999, new BatchValidator().scratch());
        cursor.wrap(batch, 0);
        assertTrue(cursor.next());
        assertEquals(999, cursor.timestamp());
    }

    @Test
    void bytesAfterTheLastRecordAreAProblem() {
        ByteBuffer batch = new RecordBatchBuilder()
                .add(1, bytes("a"), bytes("v"))
                .add(2, bytes("b"), bytes("v"))
                .build();
        batch.putInt(RecordBatchDescriptor.RECORDS_COUNT, 1);
        cursor.wrap(batch, 0);
        assertFalse(cursor.next());
        assertNotNull(cursor.problem());
    }

    @Test
    void moreRecordsThanBytesAreAProblem() {
        ByteBuffer batch =
                new RecordBatchBuilder().add(1, bytes("a"), bytes("v")).build();
        batch.putInt(RecordBatchDescriptor.RECORDS_COUNT, 2);
        cursor.wrap(batch, 0);
        assertTrue(cursor.next());
        assertFalse(cursor.next());
        assertNotNull(cursor.problem());
    }

    @Test
    void everyChangedByteOfTheRecordsIsWalkedWithoutLeavingTheBatch() {
        ByteBuffer batch = new RecordBatchBuilder()
                .add(1, bytes("a"), bytes("v"), List.of(RecordHeader.of("h", "x")))
                .add(2, bytes("b"), bytes("w"))
                .build();
        for (int at = RecordBatchDescriptor.RECORDS; at < batch.limit(); at++) {
            byte original = batch.get(at);
            for (int value = 0; value < 256; value++) {
                batch.put(at, (byte) value);
                walk(batch);
            }
            batch.put(at, original);
        }
    }

    private void walk(ByteBuffer batch) {
        cursor.wrap(batch, 0);
        int seen = 0;
        while (cursor.next()) {
            seen++;
            assertTrue(cursor.keyLength() < 0 || cursor.keyPosition() + cursor.keyLength() <= batch.limit());
            assertTrue(cursor.valueLength() < 0 || cursor.valuePosition() + cursor.valueLength() <= batch.limit());
        }
        assertTrue(cursor.problem() != null || seen == 2);
    }

    private void assertRecord(ByteBuffer batch, long offset, long timestamp, String key, String value, int headers) {
        assertEquals(offset, cursor.offset());
        assertEquals(timestamp, cursor.timestamp());
        assertEquals(key, text(batch, cursor.keyPosition(), cursor.keyLength()));
        assertEquals(value, text(batch, cursor.valuePosition(), cursor.valueLength()));
        assertEquals(headers, cursor.headersCount());
    }

    private static String text(ByteBuffer batch, int position, int length) {
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        batch.get(position, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
