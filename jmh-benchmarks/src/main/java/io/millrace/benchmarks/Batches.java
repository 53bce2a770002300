package io.millrace.benchmarks;

import java.nio.ByteBuffer;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Record batches as a producer sends them, made by Kafka's own classes: uncompressed, without a key, random values. */
final class Batches {
    private static final int RECORD_OVERHEAD = 6 + 3 + 3;
    private static final int BATCH_OVERHEAD = 61;

    private Batches() {}

    /**
     * One batch.
     *
     * @param shape {@code <records>x<bytes of a value>}, or the size of the whole batch as {@code 16KiB} or {@code 1MiB},
     *     which is then one of records of 1 KiB
     */
    static ByteBuffer of(String shape) {
        return switch (shape) {
            case "16KiB" -> batch((16 * 1024 - BATCH_OVERHEAD) / (1024 + RECORD_OVERHEAD), 1024);
            case "1MiB" -> batch((1024 * 1024 - BATCH_OVERHEAD) / (1024 + RECORD_OVERHEAD), 1024);
            default ->
                batch(
                        Integer.parseInt(shape.substring(0, shape.indexOf('x'))),
                        Integer.parseInt(shape.substring(shape.indexOf('x') + 1)));
        };
    }

    private static ByteBuffer batch(int count, int valueBytes) {
        Random random = new Random(count);
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[valueBytes];
            random.nextBytes(value);
            records[i] = new SimpleRecord(System.currentTimeMillis(), value);
        }
        return MemoryRecords.withRecords(Compression.NONE, records).buffer();
    }

    static ByteBuffer directCopy(ByteBuffer batch) {
        return ByteBuffer.allocateDirect(batch.remaining())
                .put(batch.duplicate())
                .flip();
    }
}
