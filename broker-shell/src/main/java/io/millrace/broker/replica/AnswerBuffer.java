package io.millrace.broker.replica;

import java.nio.ByteBuffer;
import org.apache.kafka.common.memory.MemoryPool;
import org.jspecify.annotations.Nullable;

/**
 * The one direct buffer that the answers of a leader are received into, one after the other: an answer is done with before the next
 * request leaves. It grows with the answers and shrinks when they have been small for long.
 *
 * <p>Owned by the connection's thread.
 */
final class AnswerBuffer implements MemoryPool {
    private static final int KEPT_BYTES = 1 << 20;
    private static final int LOOK_BACK = 1_000;

    private @Nullable ByteBuffer buffer;
    private int answers;
    private int largest;
    private boolean used;

    @Override
    public ByteBuffer tryAllocate(int sizeBytes) {
        used = true;
        largest = Math.max(largest, sizeBytes);
        ByteBuffer kept = buffer;
        if (kept == null || kept.capacity() < sizeBytes || isTooLarge(kept)) {
            kept = ByteBuffer.allocateDirect(capacityFor(sizeBytes));
            buffer = kept;
        }
        return kept.duplicate().clear().limit(sizeBytes);
    }

    private boolean isTooLarge(ByteBuffer kept) {
        if (++answers < LOOK_BACK) {
            return false;
        }
        boolean tooLarge = kept.capacity() > KEPT_BYTES && largest < kept.capacity() / 4;
        answers = 0;
        largest = 0;
        return tooLarge;
    }

    private static int capacityFor(int sizeBytes) {
        int power = Integer.highestOneBit(Math.max(sizeBytes, 4096) - 1);
        return power >= 1 << 30 ? sizeBytes : 2 * power;
    }

    /** An answer has begun to arrive since {@link #expectAnswer}. */
    boolean hasBegun() {
        return used;
    }

    void expectAnswer() {
        used = false;
    }

    @Override
    public void release(ByteBuffer previouslyAllocated) {
        // The same buffer serves the next answer.
    }

    @Override
    public long size() {
        return Long.MAX_VALUE;
    }

    @Override
    public long availableMemory() {
        return Long.MAX_VALUE;
    }

    @Override
    public boolean isOutOfMemory() {
        return false;
    }
}
