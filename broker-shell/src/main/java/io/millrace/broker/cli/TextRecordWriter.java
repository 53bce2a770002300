package io.millrace.broker.cli;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** A line for each record, with the formatter properties and the look of kafka-console-consumer. Bytes stay as they are. */
final class TextRecordWriter implements RecordWriter {
    private static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("print.timestamp", "false"),
            Map.entry("print.partition", "false"),
            Map.entry("print.offset", "false"),
            Map.entry("print.headers", "false"),
            Map.entry("print.key", "false"),
            Map.entry("print.value", "true"),
            Map.entry("key.separator", "\t"),
            Map.entry("line.separator", "\n"),
            Map.entry("headers.separator", ","),
            Map.entry("null.literal", "null"));

    private final Map<String, String> properties;
    private final boolean timestamp;
    private final boolean partition;
    private final boolean offset;
    private final boolean headers;
    private final boolean key;
    private final boolean value;
    private final byte[] separator;
    private final byte[] lineEnd;
    private final byte[] nullLiteral;
    private final byte[] headersSeparator;

    private TextRecordWriter(final Map<String, String> properties) {
        this.properties = properties;
        timestamp = flag("print.timestamp");
        partition = flag("print.partition");
        offset = flag("print.offset");
        headers = flag("print.headers");
        key = flag("print.key");
        value = flag("print.value");
        separator = bytes("key.separator");
        lineEnd = bytes("line.separator");
        nullLiteral = bytes("null.literal");
        headersSeparator = bytes("headers.separator");
    }

    static TextRecordWriter of(final List<String> given) {
        final Map<String, String> all = new TreeMap<>(DEFAULTS);
        for (final String text : given) {
            final NameValue property = NameValue.parse("--property", text);
            Nearest.require("formatter property", property.name(), "--property", DEFAULTS.keySet());
            all.put(property.name(), property.value().replace("\\t", "\t").replace("\\n", "\n"));
        }
        return new TextRecordWriter(all);
    }

    @Override
    public void write(final ConsumerRecord<byte[], byte[]> from, final Output out) {
        boolean first = true;
        if (timestamp) {
            first = part(out, first, ascii(timestampOf(from)));
        }
        if (partition) {
            first = part(out, first, ascii("Partition:" + from.partition()));
        }
        if (offset) {
            first = part(out, first, ascii("Offset:" + from.offset()));
        }
        if (headers) {
            first = part(out, first, new byte[0]);
            writeHeaders(from, out);
        }
        if (key) {
            first = part(out, first, from.key());
        }
        if (value) {
            part(out, first, from.value());
        }
        out.bytes(lineEnd);
    }

    private boolean part(final Output out, final boolean first, final byte @Nullable [] bytes) {
        if (!first) {
            out.bytes(separator);
        }
        out.bytes(bytes == null ? nullLiteral : bytes);
        return false;
    }

    private void writeHeaders(final ConsumerRecord<byte[], byte[]> from, final Output out) {
        boolean first = true;
        for (final Header header : from.headers()) {
            if (!first) {
                out.bytes(headersSeparator);
            }
            out.bytes((header.key() + ":").getBytes(StandardCharsets.UTF_8));
            out.bytes(header.value() == null ? nullLiteral : header.value());
            first = false;
        }
        if (first) {
            out.bytes(ascii("NO_HEADERS"));
        }
    }

    private static String timestampOf(final ConsumerRecord<byte[], byte[]> from) {
        return from.timestampType() == TimestampType.NO_TIMESTAMP_TYPE
                ? "NO_TIMESTAMP"
                : from.timestampType() + ":" + from.timestamp();
    }

    private boolean flag(final String name) {
        final String text = String.valueOf(properties.get(name));
        if (!text.equals("true") && !text.equals("false")) {
            throw new UsageException("--property " + name + "=" + text + ": neither true nor false");
        }
        return text.equals("true");
    }

    private byte[] bytes(final String name) {
        return String.valueOf(properties.get(name)).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ascii(final String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
