package io.millrace.broker.it.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** The manifests beside the golden directories: what Kafka's own reader found in each partition. Stateless. */
public final class GoldenManifest {
    private GoldenManifest() {}

    /** One line, without the count of segments, which no client sees. */
    public record Entry(
            TopicPartition partition,
            int batches,
            int records,
            long firstOffset,
            long lastOffset,
            long maxTimestamp,
            String sha256) {}

    public static List<Entry> read(Path manifest) {
        try {
            return Files.readAllLines(manifest).stream()
                    .skip(1)
                    .map(GoldenManifest::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + manifest, e);
        }
    }

    private static Entry parse(String line) {
        String[] f = line.split(",", 8);
        int dash = f[0].lastIndexOf('-');
        TopicPartition partition =
                new TopicPartition(f[0].substring(0, dash), Integer.parseInt(f[0].substring(dash + 1)));
        return new Entry(
                partition,
                Integer.parseInt(f[2]),
                Integer.parseInt(f[3]),
                Long.parseLong(f[4]),
                Long.parseLong(f[5]),
                Long.parseLong(f[6]),
                f[7]);
    }

    /** The entry of batches that a broker sent. */
    public static Entry of(TopicPartition partition, List<RecordBatch> batches) {
        MessageDigest digest = sha256();
        int count = 0;
        long first = -1;
        long last = -1;
        long maxTimestamp = -1;
        for (RecordBatch batch : batches) {
            for (Record record : batch) {
                digest.update(line(record.offset(), record.timestamp(), bytes(record.key()), bytes(record.value())));
                first = count == 0 ? record.offset() : first;
                last = record.offset();
                maxTimestamp = Math.max(maxTimestamp, record.timestamp());
                count++;
            }
        }
        String sum = HexFormat.of().formatHex(digest.digest());
        return new Entry(partition, batches.size(), count, first, last, maxTimestamp, sum);
    }

    /** The line of a record that the sums are made of. */
    public static byte[] line(long offset, long timestamp, byte[] key, byte[] value) {
        return Clients.bytes(offset + "\t" + timestamp + "\t" + hex(key) + "\t" + hex(value) + "\n");
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "null" : HexFormat.of().formatHex(bytes);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
