package io.millrace.perf.cluster;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What was acknowledged, and where: records are numbered from 0 within their partition, and say their number themselves. Also when the
 * acknowledgements came, for the longest time without one. Any thread.
 */
final class Ledger {
    private static final int HEADER_BYTES = Integer.BYTES + Long.BYTES;
    private static final long NOT_YET = -1;

    private final int valueBytes;
    /** By partition and number, the offset. */
    private final List<LongArrayList> offsets = new ArrayList<>();

    private final long[] lastNs;
    private final long[] longestNs;
    private long acknowledged;

    Ledger(int partitions, int valueBytes) {
        this.valueBytes = Math.max(valueBytes, HEADER_BYTES + Integer.BYTES);
        for (int i = 0; i < partitions; i++) {
            offsets.add(new LongArrayList());
        }
        lastNs = new long[partitions];
        longestNs = new long[partitions];
        resetGaps();
    }

    int partitions() {
        return offsets.size();
    }

    /** Gives the next record of the partition a number. */
    synchronized long next(int partition) {
        offsets.get(partition).addLong(NOT_YET);
        return offsets.get(partition).size() - 1L;
    }

    synchronized void acknowledge(int partition, long number, long offset) {
        offsets.get(partition).setLong((int) number, offset);
        acknowledged++;
        long nowNs = System.nanoTime();
        longestNs[partition] = Math.max(longestNs[partition], nowNs - lastNs[partition]);
        lastNs[partition] = nowNs;
        notifyAll();
    }

    synchronized long acknowledged() {
        return acknowledged;
    }

    /** Waits for as many more acknowledgements. */
    synchronized void awaitMore(long count) throws InterruptedException {
        long goal = acknowledged + count;
        while (acknowledged < goal) {
            wait();
        }
    }

    /** Begins to look for the longest time without an acknowledgement anew. */
    synchronized void resetGaps() {
        for (int i = 0; i < lastNs.length; i++) {
            lastNs[i] = System.nanoTime();
            longestNs[i] = 0;
        }
    }

    /** The longest time since then in which some partition had none. */
    synchronized long longestGapMs() {
        long longest = 0;
        for (int i = 0; i < longestNs.length; i++) {
            longest = Math.max(longest, Math.max(longestNs[i], System.nanoTime() - lastNs[i]));
        }
        return longest / 1_000_000;
    }

    // The records

    byte[] value(int partition, long number) {
        ByteBuffer value = ByteBuffer.allocate(valueBytes).putInt(partition).putLong(number);
        byte[] filler = new byte[valueBytes - HEADER_BYTES - Integer.BYTES];
        new Random(31 * number + partition).nextBytes(filler);
        value.put(filler);
        return value.putInt(sum(value.array())).array();
    }

    private static int sum(byte[] value) {
        CRC32C crc = new CRC32C();
        crc.update(value, 0, value.length - Integer.BYTES);
        return (int) crc.getValue();
    }

    /** The number that a record says it has, -1 where it is not what was sent to that partition. */
    long numberOf(int partition, byte @Nullable [] value) {
        if (value == null || value.length != valueBytes) {
            return -1;
        }
        ByteBuffer read = ByteBuffer.wrap(value);
        boolean whole = read.getInt(valueBytes - Integer.BYTES) == sum(value) && read.getInt() == partition;
        return whole ? read.getLong() : -1;
    }

    /** Where it was acknowledged to be, -1 where it was not. */
    synchronized long offsetOf(int partition, long number) {
        LongArrayList known = offsets.get(partition);
        return number < known.size() ? known.getLong((int) number) : NOT_YET;
    }

    synchronized long count(int partition) {
        return offsets.get(partition).size();
    }
}
