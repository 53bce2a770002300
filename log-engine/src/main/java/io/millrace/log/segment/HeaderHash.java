package io.millrace.log.segment;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;

/**
 * The running sum over the sixteen header bytes that a batch's CRC leaves open: base offset, batch length, partition leader epoch.
 *
 * <pre>
 *   sum = seed(base offset of the segment)
 *   for each batch:  sum = fold((sum ^ base offset)            * K1)      fold(x) = x ^ (x &gt;&gt;&gt; 32)
 *                    sum = fold((sum ^ batch length and epoch) * K2)
 * </pre>
 *
 * <p>Each round is a bijection of the sum and of the word: a change of one word is always seen, however many batches follow; a change
 * of several goes unseen once in 2<sup>64</sup>. It guards against accidents, not against people. Two multiplications, a nanosecond or
 * two; no intrinsic, and nothing that reads a mapping. Being bijective it can be run backwards, by which a single wrong word is found:
 * {@link #baseOffsetBetween}. Stateless.
 */
public final class HeaderHash {
    private static final long K1 = 0x9E37_79B9_7F4A_7C15L;
    private static final long K2 = 0xC2B2_AE3D_27D4_EB4FL;
    private static final long K1_INVERSE = inverse(K1);
    private static final long K2_INVERSE = inverse(K2);

    private HeaderHash() {}

    /** The sum of no batch: another one for each segment, so that the sums of one never fit another one's batches. */
    public static long seed(long segmentBaseOffset) {
        return (segmentBaseOffset + 1) * K2;
    }

    /** The sum with one batch more. */
    public static long add(long sum, long baseOffset, long lengthAndEpoch) {
        return fold((fold((sum ^ baseOffset) * K1) ^ lengthAndEpoch) * K2);
    }

    /** The sum with the batch at a place in a buffer. */
    public static long add(long sum, ByteBuffer buffer, int at) {
        return add(sum, buffer.getLong(at + RecordBatchDescriptor.BASE_OFFSET), lengthAndEpoch(buffer, at));
    }

    /** Batch length in the upper, leader epoch in the lower half: they stand beside each other. */
    public static long lengthAndEpoch(ByteBuffer buffer, int at) {
        return buffer.getLong(at + RecordBatchDescriptor.LENGTH);
    }

    /** The sum without the last batch. */
    public static long remove(long sum, long baseOffset, long lengthAndEpoch) {
        long first = (fold(sum) * K2_INVERSE) ^ lengthAndEpoch;
        return (fold(first) * K1_INVERSE) ^ baseOffset;
    }

    /** The one base offset that leads from {@code before} to {@code after} with this length and epoch. */
    public static long baseOffsetBetween(long before, long after, long lengthAndEpoch) {
        return remove(after, 0, lengthAndEpoch) ^ before;
    }

    /** The one length and epoch that lead from {@code before} to {@code after} with this base offset. */
    public static long lengthAndEpochBetween(long before, long after, long baseOffset) {
        return (fold(after) * K2_INVERSE) ^ fold((before ^ baseOffset) * K1);
    }

    /** Mixes the upper half into the lower, where the next multiplication spreads it; its own inverse. */
    private static long fold(long product) {
        return product ^ (product >>> 32);
    }

    /** Newton's iteration doubles the right bits: five make 64 of the three that every odd number has. */
    private static long inverse(long odd) {
        long inverse = odd;
        for (int i = 0; i < 5; i++) {
            inverse *= 2 - odd * inverse;
        }
        return inverse;
    }
}
