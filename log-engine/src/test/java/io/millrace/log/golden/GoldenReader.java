package io.millrace.log.golden;

import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Reads a log slice by slice, decodes it with Kafka's own classes and sums it up as the manifests do. Stateless. */
final class GoldenReader {
    private static final int SLICE_BYTES = 64 << 10;

    private GoldenReader() {}

    /** All batches from the log start offset to the log end offset. */
    static List<RecordBatch> batches(PartitionLog log) {
        List<RecordBatch> batches = new ArrayList<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            long next = offset;
            for (RecordBatch batch : slice(log, offset).batches()) {
                batch.ensureValid();
                batches.add(batch);
                next = batch.nextOffset();
            }
            if (next == offset) {
                throw new AssertionError("nothing at offset " + offset + " of " + log);
            }
            offset = next;
        }
        return batches;
    }

    private static MemoryRecords slice(PartitionLog log, long offset) {
        try (LogSlice slice = log.read(offset, SLICE_BYTES, log.logEndOffset(), true)) {
            return MemoryRecords.readableRecords(slice.copy());
        }
    }

    static GoldenPartition summary(String name, PartitionLog log) {
        List<RecordBatch> batches = batches(log);
        MessageDigest digest = sha256();
        int count = 0;
        long first = -1;
        long last = -1;
        long maxTimestamp = -1;
        for (RecordBatch batch : batches) {
            for (Record record : batch) {
                digest.update(line(record));
                first = count == 0 ? record.offset() : first;
                last = record.offset();
                maxTimestamp = Math.max(maxTimestamp, record.timestamp());
                count++;
            }
        }
        String sum = HexFormat.of().formatHex(digest.digest());
        return new GoldenPartition(name, log.segmentCount(), batches.size(), count, first, last, maxTimestamp, sum);
    }

    private static byte[] line(Record record) {
        String text =
                record.offset() + "\t" + record.timestamp() + "\t" + hex(record.key()) + "\t" + hex(record.value());
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(ByteBuffer buffer) {
        if (buffer == null) {
            return "null";
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
