package io.millrace.log.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeaderHashTest {
    private static final int BATCHES = 20;
    private static final long GOLDEN = -9_162_125_913_580_648_614L;

    private final ByteBuffer headers = ByteBuffer.allocate(BATCHES * RecordBatchDescriptor.HEADER_SIZE);

    HeaderHashTest() {
        for (int i = 0; i < BATCHES; i++) {
            int at = i * RecordBatchDescriptor.HEADER_SIZE;
            headers.putLong(at, 1000 + 3L * i);
            headers.putInt(at + RecordBatchDescriptor.LENGTH, 200 + i);
            headers.putInt(at + RecordBatchDescriptor.LEADER_EPOCH, 5);
        }
    }

    private long sum(int from, int to, long before) {
        long sum = before;
        for (int i = from; i < to; i++) {
            sum = HeaderHash.add(sum, headers, i * RecordBatchDescriptor.HEADER_SIZE);
        }
        return sum;
    }

    /** The sums on existing disks must be found again by every later version. */
    @Test
    void goldenValue() {
        assertEquals(GOLDEN, sum(0, BATCHES, HeaderHash.seed(1000)));
    }

    @Test
    void everySingleBitOfTheSixteenBytesCountsHoweverManyBatchesFollow() {
        long sound = sum(0, BATCHES, HeaderHash.seed(1000));
        for (int bit = 0; bit < 128; bit++) {
            flip(3, bit);
            assertNotEquals(sound, sum(0, BATCHES, HeaderHash.seed(1000)), "bit " + bit);
            flip(3, bit);
        }
        assertEquals(sound, sum(0, BATCHES, HeaderHash.seed(1000)));
    }

    private void flip(int batch, int bit) {
        int at = batch * RecordBatchDescriptor.HEADER_SIZE + bit / 8;
        headers.put(at, (byte) (headers.get(at) ^ (1 << (bit % 8))));
    }

    @Test
    void sumsOfOneSegmentDoNotFitAnother() {
        assertNotEquals(HeaderHash.seed(0), HeaderHash.seed(1000));
        assertNotEquals(sum(0, BATCHES, HeaderHash.seed(0)), sum(0, BATCHES, HeaderHash.seed(1000)));
    }

    @Test
    void runsBackwards() {
        Random random = new Random(7);
        for (int i = 0; i < 1000; i++) {
            long before = random.nextLong();
            long base = random.nextLong();
            long rest = random.nextLong();
            long after = HeaderHash.add(before, base, rest);
            assertEquals(before, HeaderHash.remove(after, base, rest));
            assertEquals(base, HeaderHash.baseOffsetBetween(before, after, rest));
            assertEquals(rest, HeaderHash.lengthAndEpochBetween(before, after, base));
        }
    }
}
