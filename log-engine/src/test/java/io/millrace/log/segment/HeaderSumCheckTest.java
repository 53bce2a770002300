package io.millrace.log.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.HeaderSums;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class HeaderSumCheckTest {
    private static final int BATCHES = 40;
    private static final int RUN = 7;
    private static final int SIZE = 100;
    private static final int END = BATCHES * SIZE;

    private final ByteBuffer batches = ByteBuffer.allocate(END);
    private final ByteBuffer table;

    HeaderSumCheckTest() {
        for (int i = 0; i < BATCHES; i++) {
            batches.putLong(i * SIZE, 500 + i);
            batches.putInt(i * SIZE + RecordBatchDescriptor.LENGTH, SIZE - RecordBatchDescriptor.LOG_OVERHEAD);
            batches.putInt(i * SIZE + RecordBatchDescriptor.LEADER_EPOCH, 3);
        }
        table = table();
    }

    /** An entry after every seventh batch, and one of the whole segment. */
    private ByteBuffer table() {
        ByteBuffer bytes = ByteBuffer.allocate(64 * HeaderSums.ENTRY_SIZE);
        bytes.putInt(HeaderSums.MAGIC).putLong(HeaderSums.VERSION_AND_ZERO);
        long sum = HeaderHash.seed(500);
        for (int i = 0; i < BATCHES; i++) {
            sum = HeaderHash.add(sum, batches, i * SIZE);
            if ((i + 1) % RUN == 0 || i == BATCHES - 1) {
                bytes.putInt((i + 1) * SIZE).putLong(sum);
            }
        }
        return bytes.flip();
    }

    private HeaderSumCheck check(HeaderSumTable expected) {
        HeaderSumCheck check = HeaderSumCheck.ofSegment(expected, 500);
        for (int at = 0; at < END; at += SIZE) {
            check.accept(batches, at, at);
        }
        check.finish(END);
        return check;
    }

    private HeaderSumCheck check() {
        return check(HeaderSumTable.decode(table));
    }

    private void flip(ByteBuffer bytes, int at, int bit) {
        bytes.put(at + bit / 8, (byte) (bytes.get(at + bit / 8) ^ (1 << (bit % 8))));
    }

    @Test
    void soundSegmentIsCoveredToItsEnd() {
        HeaderSumCheck check = check();
        assertNull(check.damage());
        assertFalse(check.isForeign());
        assertEquals(END, check.coveredTo());
        assertEquals(0, check.lostBytes(END));
    }

    @Test
    void everyFlippedHeaderBitOfEveryBatchIsNamed() {
        for (int batch = 0; batch < BATCHES; batch++) {
            for (int bit = 0; bit < 128; bit++) {
                flip(batches, batch * SIZE, bit);
                HeaderDamage damage = check().damage();
                assertNotNull(damage, "batch " + batch + " bit " + bit);
                assertEquals(batch * SIZE, damage.position());
                assertEquals(500 + batch, damage.offset());
                assertTrue(damage.exact());
                String field = bit < 64 ? "base offset" : bit < 96 ? "batch length" : "leader epoch";
                assertTrue(damage.cause().startsWith(field), damage.cause());
                flip(batches, batch * SIZE, bit);
            }
        }
    }

    @Test
    void severalWrongBitsOfOneFieldAreNamedWhereLaterSumsConfirmIt() {
        batches.putInt(9 * SIZE + RecordBatchDescriptor.LEADER_EPOCH, 3 ^ 0x50005);
        HeaderDamage damage = check().damage();
        assertNotNull(damage);
        assertEquals(9 * SIZE, damage.position());
        assertEquals("leader epoch reads 327686 where 3 was written", damage.cause());
    }

    @Test
    void wrongHeadersOfTwoBatchesInOneRunAreFoundAsARun() {
        flip(batches, 8 * SIZE, 5);
        flip(batches, 10 * SIZE, 7);
        HeaderDamage damage = check().damage();
        assertNotNull(damage);
        assertEquals(7 * SIZE, damage.position());
        assertFalse(damage.exact());
    }

    @Test
    void everyFlippedBitOfAnEntryHarmsTheSumsOnly() {
        for (int bit = 0; bit < 8 * table.limit(); bit++) {
            flip(table, 0, bit);
            HeaderSumCheck check = check();
            assertNull(check.damage(), "bit " + bit);
            flip(table, 0, bit);
        }
    }

    @Test
    void everyPrefixOfTheFileIsOfUse() {
        for (int length = 0; length < table.limit(); length++) {
            HeaderSumCheck check = check(HeaderSumTable.decode(table.duplicate().limit(length)));
            assertNull(check.damage());
            assertFalse(check.isForeign());
        }
    }

    @Test
    void entriesThatACrashHasLostAreLeftOut() {
        for (int slot = 1; slot < table.limit() / HeaderSums.ENTRY_SIZE; slot++) {
            ByteBuffer lost =
                    ByteBuffer.allocate(table.limit()).put(table.duplicate()).flip();
            lost.putInt(slot * HeaderSums.ENTRY_SIZE, 0).putLong(slot * HeaderSums.ENTRY_SIZE + 4, 0);
            HeaderSumCheck check = check(HeaderSumTable.decode(lost));
            assertNull(check.damage());
            assertFalse(check.isForeign());
        }
    }

    @Test
    void anotherHistorySaysNothing() {
        for (int i = 20; i < BATCHES; i++) {
            batches.putLong(i * SIZE, 700 + i);
        }
        HeaderSumCheck check = check();
        assertNull(check.damage());
        assertTrue(check.isForeign());
    }

    @Test
    void batchesOfOtherSizesSayNothing() {
        HeaderSumCheck check = HeaderSumCheck.ofSegment(HeaderSumTable.decode(table), 500);
        for (int at = 0; at < END; at += SIZE) {
            check.accept(batches, at, at + 13);
        }
        check.finish(END + 13);
        assertNull(check.damage());
        assertTrue(check.isForeign());
    }

    @Test
    void bytesThatTheSumsKnowOfAreMissed() {
        HeaderSumCheck check = HeaderSumCheck.ofSegment(HeaderSumTable.decode(table), 500);
        for (int at = 0; at < 30 * SIZE; at += SIZE) {
            check.accept(batches, at, at);
        }
        check.finish(30 * SIZE);
        assertNull(check.damage());
        assertEquals(10 * SIZE, check.lostBytes(30 * SIZE));
    }

    @Test
    void goesOnFromAnEntry() {
        HeaderSumTable entries = HeaderSumTable.decode(table);
        int slot = entries.count() - 2;
        flip(batches, (BATCHES - 2) * SIZE, 100);
        HeaderSumCheck check = HeaderSumCheck.behind(entries, slot);
        for (int at = entries.position(slot); at < END; at += SIZE) {
            check.accept(batches, at, at);
        }
        check.finish(END);
        HeaderDamage damage = check.damage();
        assertNotNull(damage);
        assertEquals((BATCHES - 2) * SIZE, damage.position());
    }
}
