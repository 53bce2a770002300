package io.millrace.log;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes batches and reads them back. */
final class TestBatches {
    static final long TIME = 1_700_000_000_000L;

    private TestBatches() {}

    /** One record to a value, all with that time. */
    static ByteBuffer batch(long timestampMs, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (String value : values) {
            builder.add(timestampMs, null, value.getBytes(StandardCharsets.UTF_8));
        }
        return copy(builder.build());
    }

    static ByteBuffer idempotent(long producerId, int epoch, int sequence, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder().producer(producerId, (short) epoch, sequence);
        for (String value : values) {
            builder.add(TIME, null, value.getBytes(StandardCharsets.UTF_8));
        }
        return copy(builder.build());
    }

    static ByteBuffer transactional(long producerId, int epoch, int sequence, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder()
                .producer(producerId, (short) epoch, sequence)
                .transactional();
        for (String value : values) {
            builder.add(TIME, null, value.getBytes(StandardCharsets.UTF_8));
        }
        return copy(builder.build());
    }

    /** A batch whose size on disk is {@code sizeInBytes}, at least 100. */
    static ByteBuffer sized(long timestampMs, int sizeInBytes) {
        int overhead = 100;
        ByteBuffer first = batch(timestampMs, "x".repeat(sizeInBytes - overhead + 20));
        int excess = first.remaining() - sizeInBytes;
        ByteBuffer exact = batch(timestampMs, "x".repeat(sizeInBytes - overhead + 20 - excess));
        if (exact.remaining() != sizeInBytes) {
            throw new AssertionError("no batch of " + sizeInBytes + " bytes, but of " + exact.remaining());
        }
        return exact;
    }

    static ByteBuffer concat(ByteBuffer... batches) {
        int length = 0;
        for (ByteBuffer each : batches) {
            length += each.remaining();
        }
        ByteBuffer all = ByteBuffer.allocate(length);
        for (ByteBuffer each : batches) {
            all.put(each.duplicate());
        }
        return all.flip();
    }

    static ByteBuffer copy(ByteBuffer source) {
        ByteBuffer copy = ByteBuffer.allocate(source.remaining());
        copy.put(source.duplicate());
        return copy.flip();
    }

    /** The records of whole uncompressed batches, as {@code offset=value}. */
    static List<String> records(ByteBuffer batches) {
        List<String> found = new ArrayList<>();
        RecordCursor cursor = new RecordCursor();
        int at = batches.position();
        while (batches.limit() - at >= RecordBatchDescriptor.HEADER_SIZE
                && RecordBatchDescriptor.sizeInBytes(batches, at) <= batches.limit() - at) {
            cursor.wrap(batches, at);
            while (cursor.next()) {
                found.add(cursor.offset() + "=" + value(batches, cursor));
            }
            at += RecordBatchDescriptor.sizeInBytes(batches, at);
        }
        return found;
    }

    private static String value(ByteBuffer batches, RecordCursor cursor) {
        if (cursor.valueLength() < 0) {
            return "null";
        }
        byte[] value = new byte[cursor.valueLength()];
        batches.get(cursor.valuePosition(), value);
        return new String(value, StandardCharsets.UTF_8);
    }

    /** Everything that can be read from {@code from} to the bound, as {@code offset=value}, without records below {@code from}. */
    static List<String> readAll(PartitionLog log, long from, long bound) {
        List<String> found = new ArrayList<>();
        long next = from;
        while (next < Math.min(bound, log.logEndOffset())) {
            try (LogSlice slice = log.read(next, 64 << 10, bound, true)) {
                List<String> records = slice == null ? List.of() : records(slice.copy());
                if (records.isEmpty()) {
                    return found;
                }
                for (String record : records) {
                    if (offset(record) >= next) {
                        found.add(record);
                    }
                }
                next = offset(records.get(records.size() - 1)) + 1;
            }
        }
        return found;
    }

    static long offset(String record) {
        return Long.parseLong(record.substring(0, record.indexOf('=')));
    }
}
