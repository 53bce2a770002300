package io.millrace.broker.cli;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordHeader;
import io.millrace.log.inspect.LoggedRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Batches and records as lines of the log commands. */
final class RecordLines {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    private static final List<String> CONTROL_TYPES = List.of(
            "abort", "commit", "leader-change", "snapshot-header", "snapshot-footer", "kraft-version", "kraft-voters");

    private static final int CONTROL_TYPE = Short.BYTES;

    private final LogLines lines;
    private final boolean data;

    RecordLines(final LogLines lines, final boolean data) {
        this.lines = lines;
        this.data = data;
    }

    void batch(final Path file, final long position, final ByteBuffer buffer, final int at) {
        final long producer = RecordBatchDescriptor.producerId(buffer, at);
        final boolean idempotent = producer != RecordBatchDescriptor.NO_PRODUCER_ID;
        final int attributes = RecordBatchDescriptor.attributes(buffer, at);
        final boolean horizon = (attributes & RecordBatchDescriptor.DELETE_HORIZON_FLAG) != 0;
        lines.of("batch")
                .unless(true, "file", file.toString())
                .put("baseOffset", RecordBatchDescriptor.baseOffset(buffer, at))
                .put("lastOffset", RecordBatchDescriptor.lastOffset(buffer, at))
                .put("records", RecordBatchDescriptor.recordsCount(buffer, at))
                .put("position", position)
                .put("bytes", RecordBatchDescriptor.sizeInBytes(buffer, at))
                .put("leaderEpoch", RecordBatchDescriptor.leaderEpoch(buffer, at))
                .put("codec", CODECS.get(RecordBatchDescriptor.codec(buffer, at)))
                .time(horizon ? "deleteHorizon" : "baseTimestamp", RecordBatchDescriptor.baseTimestamp(buffer, at))
                .time("maxTimestamp", RecordBatchDescriptor.maxTimestamp(buffer, at))
                .unless(
                        !RecordBatchDescriptor.isLogAppendTime(buffer, at),
                        "timestampType",
                        RecordBatchDescriptor.isLogAppendTime(buffer, at) ? "LogAppendTime" : "CreateTime")
                .unless(!idempotent, "producerId", producer)
                .unless(!idempotent, "producerEpoch", RecordBatchDescriptor.producerEpoch(buffer, at))
                .unless(!idempotent, "baseSequence", RecordBatchDescriptor.baseSequence(buffer, at))
                .unless(!idempotent, "lastSequence", RecordBatchDescriptor.lastSequence(buffer, at))
                .unless(
                        !RecordBatchDescriptor.isTransactional(buffer, at),
                        "transactional",
                        RecordBatchDescriptor.isTransactional(buffer, at))
                .unless(
                        !RecordBatchDescriptor.isControl(buffer, at),
                        "control",
                        RecordBatchDescriptor.isControl(buffer, at))
                .unless(true, "crc", RecordBatchDescriptor.crc(buffer, at) & 0xffff_ffffL)
                .print();
    }

    void record(final LoggedRecord found, final boolean control) {
        final LogLines.Line line = lines.of("record")
                .put("offset", found.offset())
                .time("timestamp", found.timestamp())
                .put("keySize", found.key() == null ? -1 : found.key().length)
                .put("valueSize", found.value() == null ? -1 : found.value().length)
                .unless(
                        found.headers().isEmpty(),
                        "headerCount",
                        found.headers().size());
        final String type = control ? controlType(found.key()) : null;
        if (type != null) {
            line.put("control", type);
        }
        if (data) {
            line.bytes("key", found.key()).bytes("value", found.value());
            if (!found.headers().isEmpty()) {
                line.put("headers", headers(found));
            }
        }
        line.print();
    }

    private static @Nullable String controlType(final byte @Nullable [] key) {
        if (key == null || key.length < CONTROL_TYPE + Short.BYTES) {
            return null;
        }
        final int type = ByteBuffer.wrap(key).getShort(CONTROL_TYPE);
        return type >= 0 && type < CONTROL_TYPES.size() ? CONTROL_TYPES.get(type) : "type-" + type;
    }

    private static Map<String, @Nullable Object> headers(final LoggedRecord found) {
        final Map<String, @Nullable Object> headers = new LinkedHashMap<>();
        for (final RecordHeader header : found.headers()) {
            final byte[] value = header.value();
            final String text = value == null ? null : LogLines.readable(value);
            headers.put(
                    new String(header.key(), StandardCharsets.UTF_8),
                    value == null || text != null
                            ? text
                            : java.util.Base64.getEncoder().encodeToString(value));
        }
        return headers;
    }
}
