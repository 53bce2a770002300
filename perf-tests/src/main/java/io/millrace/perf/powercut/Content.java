package io.millrace.perf.powercut;

import java.nio.ByteBuffer;

/**
 * The value of a record, which tells what it must be: run, partition and offset, then bytes that follow from them.
 *
 * <pre>
 *   0 run int64   8 partition int32   12 offset int64   20 filler, whose length follows from the offset
 * </pre>
 */
final class Content {
    static final int RUN = 0;
    static final int PARTITION = RUN + Long.BYTES;
    static final int OFFSET = PARTITION + Integer.BYTES;
    static final int FILLER = OFFSET + Long.BYTES;

    private static final int FILLER_BYTES_MAX = 3_000;

    private Content() {}

    static byte[] of(long run, int partition, long offset) {
        long state = mix(run * 31 + partition + (offset << 20));
        // Mostly small ones, some of nearly a page.
        int bound = (state & 7) == 0 ? FILLER_BYTES_MAX : 200;
        ByteBuffer value = ByteBuffer.allocate(FILLER + (int) Math.floorMod(state >>> 3, (long) bound));
        value.putLong(run).putInt(partition).putLong(offset);
        while (value.hasRemaining()) {
            state = mix(state + 1);
            value.put((byte) state);
        }
        return value.array();
    }

    static long run(byte[] value) {
        return value.length < FILLER ? -1 : ByteBuffer.wrap(value).getLong(RUN);
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
