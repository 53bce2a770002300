package io.millrace.log.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the quick pass calls legal, the cursor finds legal, with the same largest timestamp. */
class PlainRecordsTest {
    private static final long NOW_MS = 1_700_000_000_000L;
    private static final RecordRules WITH_KEY = new RecordRules(true, false, 10_000, 10_000);
    private static final RecordRules WITHOUT_KEY = new RecordRules(false, false, Long.MAX_VALUE, 3_600_000);

    private final PlainRecords quick = new PlainRecords();

    @Test
    void ordinaryBatchesNeedNoCursor() {
        ByteBuffer batch = batch(new Random(1), 50, false);
        assertTrue(quick.areLegal(batch, 0, WITHOUT_KEY, NOW_MS));
        assertEquals(RecordBatchDescriptor.maxTimestamp(batch, 0), quick.maxTimestampMs());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20261122, 77})
    void neverCallsLegalWhatTheCursorRefuses(long seed) {
        Random random = new Random(seed);
        int legal = 0;
        for (int round = 0; round < 20_000; round++) {
            ByteBuffer batch = batch(random, 1 + random.nextInt(4), random.nextInt(4) == 0);
            for (int flips = random.nextInt(3); flips > 0; flips--) {
                int at = RecordBatchDescriptor.HEADER_SIZE
                        + random.nextInt(batch.limit() - RecordBatchDescriptor.HEADER_SIZE);
                batch.put(at, (byte) (batch.get(at) ^ (1 << random.nextInt(8))));
            }
            RecordRules rules = random.nextBoolean() ? WITH_KEY : WITHOUT_KEY;
            if (quick.areLegal(batch, 0, rules, NOW_MS)) {
                legal++;
                assertLegal(batch, rules, "seed " + seed + " round " + round);
            }
        }
        assertTrue(legal > 1_000, "only " + legal + " batches were called legal, seed " + seed);
    }

    private void assertLegal(ByteBuffer batch, RecordRules rules, String where) {
        RecordCursor cursor = new RecordCursor().wrap(batch, 0);
        long largest = RecordBatchDescriptor.NO_TIMESTAMP;
        int records = 0;
        while (cursor.next()) {
            assertTrue(rules.allowsTimestamp(cursor.timestamp(), false, NOW_MS), where);
            assertTrue(!rules.keyRequired() || cursor.keyLength() >= 0, where);
            largest = Math.max(largest, cursor.timestamp());
            records++;
        }
        assertEquals(null, cursor.problem(), where);
        assertEquals(RecordBatchDescriptor.recordsCount(batch, 0), records, where);
        assertEquals(largest, quick.maxTimestampMs(), where);
    }

    private static ByteBuffer batch(Random random, int records, boolean oddTimes) {
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (int i = 0; i < records; i++) {
            long time = oddTimes ? NOW_MS + random.nextInt(40_000) - 20_000 : NOW_MS + random.nextInt(200);
            byte[] key = random.nextBoolean() ? null : new byte[random.nextInt(100)];
            byte[] value = random.nextInt(8) == 0 ? null : new byte[random.nextInt(200)];
            builder.add(time, key, value);
        }
        return builder.build();
    }
}
