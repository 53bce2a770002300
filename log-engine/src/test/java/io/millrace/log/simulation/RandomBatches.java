package io.millrace.log.simulation;

import io.millrace.log.batch.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.Random;

/** Makes batches of all sizes; in some histories all of them fill whole kilobytes, so that they end where pages end. */
final class RandomBatches {
    private static final int KEYS = 20;
    private static final int ALIGNMENT = 1024;

    private final Random random;
    private final int valueBytesMax;
    private final boolean aligned;
    private final boolean keyed;

    /** {@code keyed}: every record has a key, and some have no value, as in a log that is compacted. */
    RandomBatches(Random random, int valueBytesMax, boolean aligned, boolean keyed) {
        this.random = random;
        this.valueBytesMax = valueBytesMax;
        this.aligned = aligned;
        this.keyed = keyed;
    }

    byte[] plain(long timestampMs) {
        return build(new RecordBatchBuilder(), timestampMs, 1 + random.nextInt(4));
    }

    byte[] idempotent(long timestampMs, long producerId, int epoch, int firstSequence) {
        RecordBatchBuilder builder = new RecordBatchBuilder().producer(producerId, (short) epoch, firstSequence);
        return build(builder, timestampMs, 1 + random.nextInt(3));
    }

    byte[] transactional(long timestampMs, long producerId, int epoch, int firstSequence) {
        RecordBatchBuilder builder = new RecordBatchBuilder()
                .producer(producerId, (short) epoch, firstSequence)
                .transactional();
        return build(builder, timestampMs, 1 + random.nextInt(3));
    }

    static byte[] marker(long timestampMs, long producerId, int epoch, boolean commit) {
        return bytes(RecordBatchBuilder.endTransaction(producerId, (short) epoch, 0, commit, timestampMs));
    }

    private byte[] build(RecordBatchBuilder builder, long timestampMs, int records) {
        for (int i = 0; i < records; i++) {
            builder.add(timestampMs - random.nextInt(50), key(), valueOrNone(random.nextInt(valueBytesMax)));
        }
        if (aligned && !keyed) {
            pad(builder, timestampMs);
        }
        return bytes(builder.build());
    }

    private static byte[] bytes(ByteBuffer built) {
        byte[] bytes = new byte[built.remaining()];
        built.get(bytes);
        return bytes;
    }

    private byte[] key() {
        return random.nextInt(10) == 0 && !keyed ? null : new byte[] {'k', (byte) random.nextInt(KEYS)};
    }

    private byte[] valueOrNone(int length) {
        return keyed && length % 8 == 0 ? null : value(length);
    }

    private byte[] value(int length) {
        byte[] value = new byte[length];
        random.nextBytes(value);
        return value;
    }

    /** A last record that ends where a kilobyte does, give or take the length of its own length. */
    private void pad(RecordBatchBuilder builder, long timestampMs) {
        int overhead = 10;
        int used = builder.sizeInBytes() + overhead;
        int wanted = (used + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
        for (int length = wanted - used + 4; length >= 0; length--) {
            if (builder.sizeInBytes() + sizeOfRecord(builder.count(), length) == wanted) {
                builder.add(timestampMs, null, value(length));
                return;
            }
        }
        builder.add(timestampMs, null, value(wanted - used));
    }

    /** Attributes, time delta of up to 50 ms below, offset delta, no key, value, no headers; all small but the value. */
    private static int sizeOfRecord(int offsetDelta, int valueLength) {
        int body = 1 + 1 + varint(offsetDelta) + 1 + varint(valueLength) + valueLength + 1;
        return varint(body) + body;
    }

    private static int varint(int value) {
        int zigZag = value << 1;
        int size = 1;
        while (zigZag >= 0x80) {
            zigZag >>>= 7;
            size++;
        }
        return size;
    }
}
