package io.millrace.log.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogValidator;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Apache Kafka as the oracle: the same bytes are accepted, and refused for the same kind of reason. Kafka's unknown server errors (an
 * unknown codec, a header cut short) are refusals with a reason here.
 */
class BatchValidatorFuzzTest {
    private static final int TRIES = 30_000;
    private static final long AFTER_MAX_MS = 3_600_000;
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    private final BatchValidator validator = new BatchValidator();
    private final CRC32C crc = new CRC32C();

    @ParameterizedTest
    @ValueSource(longs = {1, 20261122, 77})
    void changedBatchesGetKafkasVerdict(long seed) {
        Random random = new Random(seed);
        Map<BatchVerdict, Integer> seen = new EnumMap<>(BatchVerdict.class);
        for (int i = 0; i < TRIES; i++) {
            ByteBuffer batch = changed(random, kafkaBatch(random));
            boolean compacted = random.nextBoolean();
            boolean appendTime = random.nextInt(4) == 0;
            Expected expected = oracle(ByteBuffer.wrap(bytes(batch)), compacted, appendTime);
            BatchVerdict verdict = ours(batch, compacted, appendTime);
            expected.check(verdict, "seed=" + seed + " try=" + i + " bytes=" + Arrays.toString(bytes(batch)));
            seen.merge(verdict, 1, Integer::sum);
        }
        assertTrue(seen.size() >= 6, "the changes reach too few verdicts: " + seen);
    }

    @Test
    void builderMakesTheBytesThatKafkaMakes() {
        Random random = new Random(4);
        for (int i = 0; i < 500; i++) {
            SimpleRecord[] records = records(random);
            ByteBuffer kafka =
                    MemoryRecords.withRecords(0L, Compression.NONE, records).buffer();
            RecordBatchBuilder builder = new RecordBatchBuilder(random.nextInt(50));
            for (SimpleRecord record : records) {
                java.util.List<io.millrace.log.batch.RecordHeader> headers = Arrays.stream(record.headers())
                        .map(header -> new io.millrace.log.batch.RecordHeader(bytesOf(header.key()), header.value()))
                        .toList();
                builder.add(record.timestamp(), bytes(record.key()), bytes(record.value()), headers);
            }
            assertEquals(kafka, builder.build(), "try " + i);
        }
    }

    private record Expected(BatchVerdict verdict, boolean anyRefusal) {
        void check(BatchVerdict actual, String what) {
            if (anyRefusal) {
                assertNotEquals(BatchVerdict.VALID, actual, what);
            } else {
                assertEquals(verdict, actual, what);
            }
        }
    }

    private BatchVerdict ours(ByteBuffer batch, boolean compacted, boolean appendTime) {
        BatchVerdict verdict = validator.checkFromClient(batch, 0, batch.limit());
        RecordRules rules = new RecordRules(compacted, appendTime, Long.MAX_VALUE, AFTER_MAX_MS);
        return verdict == BatchVerdict.VALID && RecordBatchDescriptor.codec(batch, 0) == 0
                ? validator.checkRecords(batch, 0, rules, System.currentTimeMillis())
                : verdict;
    }

    /** What Kafka does with the records of one partition in a produce request. */
    private static Expected oracle(ByteBuffer bytes, boolean compacted, boolean appendTime) {
        try {
            MemoryRecords records = MemoryRecords.readableRecords(bytes);
            Iterator<MutableRecordBatch> batches = records.batches().iterator();
            if (!batches.hasNext()) {
                return new Expected(BatchVerdict.INCOMPLETE, false);
            }
            MutableRecordBatch batch = batches.next();
            if (batch.magic() < RecordBatch.MAGIC_VALUE_V2) {
                return new Expected(BatchVerdict.UNSUPPORTED_MAGIC, false);
            }
            if (batch.sizeInBytes() < RecordBatchDescriptor.HEADER_SIZE) {
                return new Expected(BatchVerdict.CORRUPT, true);
            }
            if (batch.baseOffset() != 0) {
                throw new InvalidRecordException("base offset");
            }
            batch.lastOffset();
            if (!batch.isValid()) {
                throw new CorruptRecordException("crc");
            }
            if (batch.compressionType() == CompressionType.NONE) {
                validateRecords(records, compacted, appendTime);
                return new Expected(BatchVerdict.VALID, false);
            }
            return compressed(batch);
        } catch (CorruptRecordException e) {
            return new Expected(BatchVerdict.CORRUPT, false);
        } catch (InvalidRecordException e) {
            return new Expected(BatchVerdict.INVALID_RECORD, false);
        } catch (RecordValidationException e) {
            boolean timestamp = e.invalidException() instanceof InvalidTimestampException;
            return new Expected(timestamp ? BatchVerdict.INVALID_TIMESTAMP : BatchVerdict.INVALID_RECORD, false);
        } catch (RuntimeException e) {
            return new Expected(BatchVerdict.CORRUPT, true);
        }
    }

    /** Only the header of compressed batches is looked at here: the flag was flipped, the payload is not compressed. */
    private static Expected compressed(MutableRecordBatch batch) {
        long count = batch.countOrNull();
        boolean legal = count > 0
                && batch.lastOffset() - batch.baseOffset() + 1 == count
                && !batch.isControlBatch()
                && !(batch.hasProducerId() && batch.baseSequence() < 0);
        return new Expected(legal ? BatchVerdict.VALID : BatchVerdict.INVALID_RECORD, false);
    }

    private static void validateRecords(MemoryRecords records, boolean compacted, boolean appendTime) {
        new LogValidator(
                        records,
                        PARTITION,
                        Time.SYSTEM,
                        CompressionType.NONE,
                        Compression.NONE,
                        compacted,
                        RecordBatch.MAGIC_VALUE_V2,
                        appendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
                        Long.MAX_VALUE,
                        AFTER_MAX_MS,
                        0,
                        AppendOrigin.CLIENT)
                .validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(0), new NoMetrics(), BufferSupplier.NO_CACHING);
    }

    private ByteBuffer changed(Random random, ByteBuffer batch) {
        int kind = random.nextInt(10);
        if (kind == 0) {
            return batch.limit(random.nextInt(batch.limit() + 1));
        }
        if (kind > 1) {
            int changes = 1 + random.nextInt(3);
            for (int i = 0; i < changes; i++) {
                change(random, batch);
            }
        }
        boolean sizeFits = RecordBatchDescriptor.sizeInBytes(batch, 0) == batch.limit();
        if (sizeFits && kind < 9) {
            batch.putInt(RecordBatchDescriptor.CRC, RecordBatchDescriptor.computeCrc(batch, 0, batch.limit(), crc));
        }
        return batch;
    }

    private static void change(Random random, ByteBuffer batch) {
        int bytes = random.nextInt(3) == 0 ? RecordBatchDescriptor.RECORDS : batch.limit();
        int at = random.nextInt(bytes);
        switch (random.nextInt(3)) {
            case 0 -> batch.put(at, (byte) (batch.get(at) ^ (1 << random.nextInt(8))));
            case 1 -> batch.put(at, (byte) random.nextInt());
            default -> batch.put(at, (byte) (batch.get(at) + 1 - 2 * random.nextInt(2)));
        }
    }

    private static ByteBuffer kafkaBatch(Random random) {
        SimpleRecord[] records = records(random);
        MemoryRecords made = random.nextBoolean()
                ? MemoryRecords.withRecords(0L, Compression.NONE, records)
                : MemoryRecords.withIdempotentRecords(
                        Compression.NONE, random.nextInt(9), (short) random.nextInt(3), random.nextInt(9), records);
        ByteBuffer copy = ByteBuffer.allocate(made.sizeInBytes());
        copy.put(made.buffer().duplicate()).flip();
        return copy;
    }

    private static SimpleRecord[] records(Random random) {
        SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(4)];
        long nowMs = System.currentTimeMillis();
        for (int i = 0; i < records.length; i++) {
            Header[] headers = new Header[random.nextInt(3)];
            for (int j = 0; j < headers.length; j++) {
                headers[j] = new RecordHeader("h" + j, random.nextBoolean() ? randomBytes(random) : null);
            }
            long timestampMs = random.nextInt(20) == 0 ? nowMs + 10 * AFTER_MAX_MS : nowMs - random.nextInt(100_000);
            byte[] key = random.nextInt(8) == 0 ? null : randomBytes(random);
            records[i] =
                    new SimpleRecord(timestampMs, key, random.nextInt(8) == 0 ? null : randomBytes(random), headers);
        }
        return records;
    }

    private static byte[] randomBytes(Random random) {
        byte[] bytes = new byte[random.nextInt(10) == 0 ? random.nextInt(300) : random.nextInt(10)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] bytesOf(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static final class NoMetrics implements LogValidator.MetricsRecorder {
        @Override
        public void recordInvalidMagic() {}

        @Override
        public void recordInvalidOffset() {}

        @Override
        public void recordInvalidSequence() {}

        @Override
        public void recordInvalidChecksums() {}

        @Override
        public void recordNoKeyCompactedTopic() {}
    }
}
