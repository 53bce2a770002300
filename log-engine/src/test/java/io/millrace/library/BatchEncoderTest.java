package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Byte for byte what the engine's own builder makes, which Kafka's classes have been held against. */
class BatchEncoderTest {
    private static final int ROUNDS = 300;

    private final BatchEncoder encoder = new BatchEncoder(8 << 20);
    private final PendingRecord pending = new PendingRecord();

    @Test
    void makesTheSameBytesAsTheBuilder() {
        long seed = System.nanoTime();
        System.out.println("BatchEncoderTest seed=" + seed);
        Random random = new Random(seed);
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (int round = 0; round < ROUNDS; round++) {
            builder.reset();
            encoder.clear();
            int count = 1 + random.nextInt(30);
            for (int i = 0; i < count; i++) {
                addToBoth(builder, random);
            }
            assertEquals(builder.build(), encoder.finish(), "seed=" + seed + " round=" + round);
        }
    }

    private void addToBoth(RecordBatchBuilder builder, Random random) {
        long timestamp = Stores.TIME + random.nextInt(1 << random.nextInt(30)) - 1000;
        byte[] key = random.nextInt(3) == 0 ? null : bytes(random, 300);
        byte[] value = random.nextInt(10) == 0 ? null : bytes(random, random.nextInt(50) == 0 ? 100_000 : 500);
        List<RecordHeader> headers = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            headers.add(new RecordHeader(Stores.bytes("h" + i), random.nextInt(4) == 0 ? null : bytes(random, 200)));
        }
        builder.add(timestamp, key, value, headers);
        pending.clear();
        pending.key(key);
        headers.forEach(header ->
                pending.header(new String(header.key(), java.nio.charset.StandardCharsets.UTF_8), header.value()));
        int valueLength = value == null ? -1 : value.length;
        int headersLength = pending.hasHeaders() ? pending.headersLength() : 1;
        int at = encoder.begin(timestamp, pending.key(), pending.keyLength(), valueLength, headersLength);
        if (value != null) {
            encoder.buffer().put(at, value);
        }
        int end = at + Math.max(0, valueLength);
        if (pending.hasHeaders()) {
            encoder.end(end, pending.headers(), headersLength);
        } else {
            encoder.end(end);
        }
    }

    private static byte[] bytes(Random random, int bound) {
        byte[] bytes = new byte[random.nextInt(bound)];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void refusesWhatIsLargerThanABatchMayBe() {
        BatchEncoder small = new BatchEncoder(1000);
        assertThrows(IllegalArgumentException.class, () -> small.begin(0, ByteBuffer.allocate(0), -1, 5000, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> small.begin(0, ByteBuffer.allocate(0), -1, Integer.MAX_VALUE - 10, 1));
    }
}
