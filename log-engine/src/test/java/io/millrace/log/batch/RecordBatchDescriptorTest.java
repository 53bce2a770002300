package io.millrace.log.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class RecordBatchDescriptorTest {
    /** One record at offset 7, epoch 3, producer 9 epoch 1 sequence 5, time 1000, key "k", value "v", written down by hand. */
    private static final String GOLDEN = "0000000000000007" // base offset
            + "0000003a" // length: 58
            + "00000003" // leader epoch
            + "02" // magic
            + "e938c4f4" // crc
            + "0010" // transactional
            + "00000000" // last offset delta
            + "00000000000003e8" // base timestamp
            + "00000000000003e8" // max timestamp
            + "0000000000000009" // producer id
            + "0001" // producer epoch
            + "00000005" // base sequence
            + "00000001" // count
            + "10" // record length 8
            + "00" // attributes
            + "00" // timestamp delta
            + "00" // offset delta
            + "026b" // key
            + "0276" // value
            + "00"; // headers

    @Test
    void goldenBytesOfOneBatch() {
        ByteBuffer batch = new RecordBatchBuilder()
                .baseOffset(7)
                .leaderEpoch(3)
                .producer(9, (short) 1, 5)
                .transactional()
                .add(1000, new byte[] {'k'}, new byte[] {'v'})
                .build();
        byte[] bytes = new byte[batch.limit()];
        batch.get(bytes);
        assertEquals(GOLDEN, HexFormat.of().formatHex(bytes));
    }

    @Test
    void accessorsReadTheGoldenBytesAtAnyPosition() {
        ByteBuffer bytes = ByteBuffer.allocate(200).position(13);
        bytes.put(HexFormat.of().parseHex(GOLDEN));
        int at = 13;
        assertEquals(7, RecordBatchDescriptor.baseOffset(bytes, at));
        assertEquals(70, RecordBatchDescriptor.sizeInBytes(bytes, at));
        assertEquals(3, RecordBatchDescriptor.leaderEpoch(bytes, at));
        assertEquals(2, RecordBatchDescriptor.magic(bytes, at));
        assertEquals(0, RecordBatchDescriptor.codec(bytes, at));
        assertTrue(RecordBatchDescriptor.isTransactional(bytes, at));
        assertFalse(RecordBatchDescriptor.isControl(bytes, at));
        assertFalse(RecordBatchDescriptor.isLogAppendTime(bytes, at));
        assertEquals(7, RecordBatchDescriptor.lastOffset(bytes, at));
        assertEquals(1000, RecordBatchDescriptor.baseTimestamp(bytes, at));
        assertEquals(1000, RecordBatchDescriptor.maxTimestamp(bytes, at));
        assertEquals(9, RecordBatchDescriptor.producerId(bytes, at));
        assertEquals(1, RecordBatchDescriptor.producerEpoch(bytes, at));
        assertEquals(5, RecordBatchDescriptor.baseSequence(bytes, at));
        assertEquals(5, RecordBatchDescriptor.lastSequence(bytes, at));
        assertEquals(1, RecordBatchDescriptor.recordsCount(bytes, at));
    }

    @Test
    void sequencesAreARing() {
        int max = Integer.MAX_VALUE;
        assertEquals(0, RecordBatchDescriptor.incrementSequence(max, 1));
        assertEquals(4, RecordBatchDescriptor.incrementSequence(max - 5, 10));
        assertEquals(max, RecordBatchDescriptor.incrementSequence(max - 1, 1));
        assertEquals(max, RecordBatchDescriptor.decrementSequence(0, 1));
        assertEquals(max - 5, RecordBatchDescriptor.decrementSequence(4, 10));
        assertEquals(0, RecordBatchDescriptor.decrementSequence(10, 10));
    }

    @Test
    void assigningOffsetAndEpochKeepsTheChecksumAndAppendTimeRenewsIt() {
        ByteBuffer batch = ByteBuffer.allocateDirect(100);
        batch.put(HexFormat.of().parseHex(GOLDEN)).flip();
        CRC32C crc = new CRC32C();
        BatchValidator validator = new BatchValidator();
        RecordBatchDescriptor.assign(batch, 0, 1L << 40, 77);
        assertEquals(BatchVerdict.VALID, validator.checkIntegrity(batch, 0, batch.limit()));
        RecordBatchDescriptor.setMaxTimestamp(batch, 0, true, 5555, crc);
        assertEquals(BatchVerdict.VALID, validator.checkIntegrity(batch, 0, batch.limit()));
        assertTrue(RecordBatchDescriptor.isLogAppendTime(batch, 0));
        assertTrue(RecordBatchDescriptor.isTransactional(batch, 0));
        assertEquals(5555, RecordBatchDescriptor.maxTimestamp(batch, 0));
        assertEquals(0, batch.position());
    }

    @Test
    void headerPositionsAreThoseOfTheFormat() {
        int[] positions = {
            RecordBatchDescriptor.LENGTH,
            RecordBatchDescriptor.LEADER_EPOCH,
            RecordBatchDescriptor.MAGIC,
            RecordBatchDescriptor.CRC,
            RecordBatchDescriptor.ATTRIBUTES,
            RecordBatchDescriptor.LAST_OFFSET_DELTA,
            RecordBatchDescriptor.BASE_TIMESTAMP,
            RecordBatchDescriptor.MAX_TIMESTAMP,
            RecordBatchDescriptor.PRODUCER_ID,
            RecordBatchDescriptor.PRODUCER_EPOCH,
            RecordBatchDescriptor.BASE_SEQUENCE,
            RecordBatchDescriptor.RECORDS_COUNT,
            RecordBatchDescriptor.RECORDS
        };
        assertArrayEquals(new int[] {8, 12, 16, 17, 21, 23, 27, 35, 43, 51, 53, 57, 61}, positions);
    }
}
