package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.log.batch.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * Appends what random producers would: plain, idempotent and transactional batches of keyed records and tombstones, markers, some of them
 * compressed. Remembers every record, and what became of its transaction: the naive side of the compaction tests.
 */
final class CompactionWorkload {
    /** A record that was appended. */
    static final class Written {
        final long offset;
        final String key;
        final @Nullable String value;
        final long timestampMs;
        final @Nullable Transaction transaction;

        Written(long offset, String key, @Nullable String value, long timestampMs, @Nullable Transaction transaction) {
            this.offset = offset;
            this.key = key;
            this.value = value;
            this.timestampMs = timestampMs;
            this.transaction = transaction;
        }

        boolean aborted() {
            return transaction != null && transaction.aborted;
        }

        @Override
        public String toString() {
            return offset + ":" + key + "=" + value + "@" + timestampMs;
        }
    }

    static final class Transaction {
        boolean aborted;
    }

    private static final int PRODUCERS = 5;

    private final Random random;
    private final int keys;
    private final boolean compressed;
    private final List<Written> written = new ArrayList<>();
    private final int[] sequences = new int[PRODUCERS];
    private final short[] epochs = new short[PRODUCERS];
    private final @Nullable Transaction[] open = new Transaction[PRODUCERS];
    private final AppendResult result = new AppendResult();

    CompactionWorkload(Random random, int keys, boolean compressed) {
        this.random = random;
        this.keys = keys;
        this.compressed = compressed;
    }

    List<Written> written() {
        return written;
    }

    /** Appends one batch or marker. Producers 0 and 1 are idempotent, the others transactional. */
    void step(PartitionLog log, long nowMs) {
        int producer = random.nextInt(PRODUCERS + 3);
        if (producer >= PRODUCERS) {
            appendData(log, nowMs, -1);
            return;
        }
        boolean ends = producer >= 2 && open[producer] != null && random.nextInt(3) == 0;
        if (ends) {
            end(log, nowMs, producer, random.nextInt(3) > 0);
        } else {
            appendData(log, nowMs, producer);
        }
    }

    /** Decides what is still open. */
    void endAll(PartitionLog log, long nowMs) {
        for (int producer = 2; producer < PRODUCERS; producer++) {
            if (open[producer] != null) {
                end(log, nowMs, producer, random.nextBoolean());
            }
        }
    }

    private void end(PartitionLog log, long nowMs, int producer, boolean commit) {
        Transaction transaction = open[producer];
        ByteBuffer marker = RecordBatchBuilder.endTransaction(1000 + producer, epochs[producer], 0, commit, nowMs);
        assertEquals(
                AppendStatus.APPENDED,
                log.appendAsLeader(marker, 0, AppendOrigin.COORDINATOR, result),
                result::message);
        if (transaction != null) {
            transaction.aborted = !commit;
        }
        open[producer] = null;
        if (random.nextInt(10) == 0) {
            epochs[producer]++;
            sequences[producer] = 0;
        }
    }

    private void appendData(PartitionLog log, long nowMs, int producer) {
        if (producer >= 2 && open[producer] == null) {
            open[producer] = new Transaction();
        }
        int count = 1 + random.nextInt(5);
        Compression compression = TestCodec.compression(compressed ? random.nextInt(5) : 0);
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
                ByteBuffer.allocate(4096),
                RecordBatch.MAGIC_VALUE_V2,
                compression,
                TimestampType.CREATE_TIME,
                0,
                RecordBatch.NO_TIMESTAMP,
                producer < 0 ? RecordBatch.NO_PRODUCER_ID : 1000 + producer,
                producer < 0 ? RecordBatch.NO_PRODUCER_EPOCH : epochs[producer],
                producer < 0 ? RecordBatch.NO_SEQUENCE : sequences[producer],
                producer >= 2,
                false,
                RecordBatch.NO_PARTITION_LEADER_EPOCH,
                1 << 20);
        long base = log.logEndOffset();
        for (int i = 0; i < count; i++) {
            String key = "key-" + random.nextInt(keys);
            String value = random.nextInt(6) == 0 ? null : "v" + random.nextInt(1000) + "x".repeat(random.nextInt(60));
            long timestampMs = nowMs - random.nextInt(1000);
            Header[] headers = random.nextInt(4) == 0
                    ? new Header[] {new RecordHeader("h" + random.nextInt(3), bytes("z".repeat(random.nextInt(5))))}
                    : new Header[0];
            builder.append(timestampMs, bytes(key), value == null ? null : bytes(value), headers);
            written.add(new Written(base + i, key, value, timestampMs, producer < 0 ? null : open[producer]));
        }
        ByteBuffer batch = builder.build().buffer();
        assertEquals(AppendStatus.APPENDED, log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result), result::message);
        assertEquals(base, result.firstOffset());
        if (producer >= 0) {
            sequences[producer] += count;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The last record of each key below an offset, without those of aborted transactions. */
    Map<String, Written> lastBelow(long offset) {
        TreeMap<String, Written> last = new TreeMap<>();
        for (Written record : written) {
            if (record.offset < offset && !record.aborted()) {
                last.put(record.key, record);
            }
        }
        return last;
    }
}
