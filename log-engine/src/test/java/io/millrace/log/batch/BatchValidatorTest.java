package io.millrace.log.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class BatchValidatorTest {
    private static final long NOW_MS = 1_000_000_000L;
    private static final RecordRules DEFAULT_RULES = new RecordRules(false, false, Long.MAX_VALUE, 3_600_000);

    private final BatchValidator validator = new BatchValidator();

    @Test
    void acceptsWhatTheBuilderMakesInHeapAndDirectBuffers() {
        ByteBuffer heap = batch();
        ByteBuffer direct =
                ByteBuffer.allocateDirect(heap.limit() + 7).position(7).put(heap.duplicate());
        assertEquals(BatchVerdict.VALID, validator.checkFromClient(heap, 0, heap.limit()));
        assertEquals(BatchVerdict.VALID, validator.checkFromClient(direct, 7, direct.limit()));
        assertEquals(BatchVerdict.VALID, validator.checkRecords(heap, 0, DEFAULT_RULES, NOW_MS));
        assertEquals(NOW_MS + 2, validator.maxTimestampMs());
    }

    @Test
    void everyPrefixIsIncomplete() {
        ByteBuffer batch = batch();
        for (int limit = 0; limit < batch.limit(); limit++) {
            assertEquals(BatchVerdict.INCOMPLETE, validator.checkIntegrity(batch, 0, limit), "limit " + limit);
            assertTrue(
                    validator.explain(BatchVerdict.INCOMPLETE, batch, 0, limit).contains("incomplete"));
        }
    }

    @Test
    void everyFlippedBitOfTheChecksummedPartIsFound() {
        ByteBuffer batch = batch();
        for (int bit = RecordBatchDescriptor.CRC * 8; bit < batch.limit() * 8; bit++) {
            flip(batch, bit);
            assertEquals(BatchVerdict.CORRUPT, validator.checkIntegrity(batch, 0, batch.limit()), "bit " + bit);
            flip(batch, bit);
        }
        assertEquals(BatchVerdict.VALID, validator.checkIntegrity(batch, 0, batch.limit()));
    }

    @Test
    void everyFlippedBitOfLengthAndMagicIsFound() {
        ByteBuffer batch = batch();
        for (int bit = RecordBatchDescriptor.LENGTH * 8; bit < RecordBatchDescriptor.LEADER_EPOCH * 8; bit++) {
            flip(batch, bit);
            assertNotEquals(BatchVerdict.VALID, validator.checkIntegrity(batch, 0, batch.limit()), "bit " + bit);
            flip(batch, bit);
        }
        for (int bit = RecordBatchDescriptor.MAGIC * 8; bit < RecordBatchDescriptor.CRC * 8; bit++) {
            flip(batch, bit);
            assertNotEquals(BatchVerdict.VALID, validator.checkIntegrity(batch, 0, batch.limit()), "bit " + bit);
            flip(batch, bit);
        }
    }

    @Test
    void oldMagicsAreUnsupportedAndUnknownOnesCorrupt() {
        assertEquals(BatchVerdict.UNSUPPORTED_MAGIC, verdictWith(b -> b.put(RecordBatchDescriptor.MAGIC, (byte) 0)));
        assertEquals(BatchVerdict.UNSUPPORTED_MAGIC, verdictWith(b -> b.put(RecordBatchDescriptor.MAGIC, (byte) 1)));
        assertEquals(BatchVerdict.CORRUPT, verdictWith(b -> b.put(RecordBatchDescriptor.MAGIC, (byte) 3)));
        assertEquals(BatchVerdict.CORRUPT, verdictWith(b -> b.put(RecordBatchDescriptor.MAGIC, (byte) -1)));
    }

    @Test
    void impossibleLengthsAreCorruptEvenWhenBytesAreMissing() {
        ByteBuffer start = ByteBuffer.allocate(12).putInt(RecordBatchDescriptor.LENGTH, 13);
        assertEquals(BatchVerdict.CORRUPT, validator.checkIntegrity(start, 0, 12));
        assertEquals(BatchVerdict.CORRUPT, verdictWith(b -> b.putInt(RecordBatchDescriptor.LENGTH, -1)));
        assertEquals(BatchVerdict.CORRUPT, verdictWith(b -> b.putInt(RecordBatchDescriptor.LENGTH, 48)));
        assertEquals(
                BatchVerdict.INCOMPLETE, verdictWith(b -> b.putInt(RecordBatchDescriptor.LENGTH, Integer.MAX_VALUE)));
    }

    @Test
    void clientsMustKeepToTheRulesOfTheHeader() {
        assertEquals(
                BatchVerdict.INVALID_RECORD, clientVerdictWith(b -> b.putLong(RecordBatchDescriptor.BASE_OFFSET, 1)));
        assertEquals(
                BatchVerdict.INVALID_RECORD,
                clientVerdictWith(b -> b.putInt(RecordBatchDescriptor.LAST_OFFSET_DELTA, 3)));
        assertEquals(
                BatchVerdict.INVALID_RECORD, clientVerdictWith(b -> b.putInt(RecordBatchDescriptor.RECORDS_COUNT, 0)));
        assertEquals(
                BatchVerdict.INVALID_RECORD, clientVerdictWith(b -> b.putInt(RecordBatchDescriptor.RECORDS_COUNT, -3)));
        assertEquals(
                BatchVerdict.INVALID_RECORD,
                clientVerdictWith(b -> b.putShort(RecordBatchDescriptor.ATTRIBUTES, (short) 0x20)));
        assertEquals(
                BatchVerdict.INVALID_RECORD, clientVerdictWith(b -> b.putLong(RecordBatchDescriptor.PRODUCER_ID, 1)));
        assertEquals(
                BatchVerdict.UNSUPPORTED_COMPRESSION,
                clientVerdictWith(b -> b.putShort(RecordBatchDescriptor.ATTRIBUTES, (short) 5)));
    }

    @Test
    void recordsMustHaveKeysWhereTheTopicIsCompacted() {
        ByteBuffer batch =
                new RecordBatchBuilder().add(NOW_MS, null, bytes("v")).build();
        RecordRules compacted = new RecordRules(true, false, Long.MAX_VALUE, 3_600_000);
        assertEquals(BatchVerdict.VALID, validator.checkRecords(batch, 0, DEFAULT_RULES, NOW_MS));
        assertEquals(BatchVerdict.INVALID_RECORD, validator.checkRecords(batch, 0, compacted, NOW_MS));
    }

    @Test
    void timestampsMustLieWithinTheTopicsBounds() {
        RecordRules rules = new RecordRules(false, false, 1000, 500);
        assertEquals(BatchVerdict.VALID, verdictAt(NOW_MS - 1000, rules));
        assertEquals(BatchVerdict.INVALID_TIMESTAMP, verdictAt(NOW_MS - 1001, rules));
        assertEquals(BatchVerdict.VALID, verdictAt(NOW_MS + 500, rules));
        assertEquals(BatchVerdict.INVALID_TIMESTAMP, verdictAt(NOW_MS + 501, rules));
        assertEquals(BatchVerdict.VALID, verdictAt(-1, rules));
        assertEquals(BatchVerdict.VALID, verdictAt(NOW_MS + 501, new RecordRules(false, true, 1000, 500)));
    }

    @Test
    void malformedRecordsAreInvalid() {
        ByteBuffer batch = batch();
        batch.put(RecordBatchDescriptor.RECORDS, (byte) (batch.get(RecordBatchDescriptor.RECORDS) + 2));
        assertEquals(BatchVerdict.INVALID_RECORD, validator.checkRecords(batch, 0, DEFAULT_RULES, NOW_MS));
        assertTrue(validator
                .explain(BatchVerdict.INVALID_RECORD, batch, 0, batch.limit())
                .contains("malformed"));
    }

    private BatchVerdict verdictAt(long timestampMs, RecordRules rules) {
        ByteBuffer batch = new RecordBatchBuilder()
                .add(timestampMs, bytes("k"), bytes("v"))
                .build();
        return validator.checkRecords(batch, 0, rules, NOW_MS);
    }

    private BatchVerdict verdictWith(Consumer<ByteBuffer> change) {
        ByteBuffer batch = batch();
        change.accept(batch);
        BatchVerdict verdict = validator.checkIntegrity(batch, 0, batch.limit());
        assertTrue(validator.explain(verdict, batch, 0, batch.limit()).startsWith("batch "));
        return verdict;
    }

    private BatchVerdict clientVerdictWith(Consumer<ByteBuffer> change) {
        ByteBuffer batch = batch();
        change.accept(batch);
        batch.putInt(
                RecordBatchDescriptor.CRC, RecordBatchDescriptor.computeCrc(batch, 0, batch.limit(), new CRC32C()));
        BatchVerdict verdict = validator.checkFromClient(batch, 0, batch.limit());
        assertTrue(validator.explain(verdict, batch, 0, batch.limit()).contains("batch"));
        return verdict;
    }

    private static ByteBuffer batch() {
        return new RecordBatchBuilder()
                .add(NOW_MS, bytes("key"), bytes("value"))
                .add(NOW_MS + 2, null, null)
                .add(NOW_MS + 1, bytes(""), bytes("x".repeat(300)), List.of(RecordHeader.of("h", "1")))
                .build();
    }

    private static void flip(ByteBuffer buffer, int bit) {
        buffer.put(bit / 8, (byte) (buffer.get(bit / 8) ^ (1 << (bit % 8))));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
