package io.millrace.broker.cli;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * {@code headers<TAB>key<TAB>value} with the reader properties of kafka-console-producer; without any, a line is a value.
 * Works on bytes: what is not text arrives as it was.
 */
final class TextRecordReader implements RecordReader {
    private static final Map<String, String> DEFAULTS = Map.of(
            "parse.key", "false",
            "parse.headers", "false",
            "key.separator", "\t",
            "headers.delimiter", "\t",
            "headers.separator", ",",
            "headers.key.separator", ":",
            "null.marker", "",
            "ignore.error", "false");

    private final boolean parseKey;
    private final boolean parseHeaders;
    private final boolean ignoreError;
    private final byte[] keySeparator;
    private final byte[] headersDelimiter;
    private final byte[] headersSeparator;
    private final byte[] headersKeySeparator;
    private final byte[] nullMarker;

    private TextRecordReader(final Map<String, String> properties) {
        parseKey = flag(properties, "parse.key");
        parseHeaders = flag(properties, "parse.headers");
        ignoreError = flag(properties, "ignore.error");
        keySeparator = separator(properties, "key.separator");
        headersDelimiter = separator(properties, "headers.delimiter");
        headersSeparator = separator(properties, "headers.separator");
        headersKeySeparator = separator(properties, "headers.key.separator");
        nullMarker = bytes(properties, "null.marker");
    }

    static TextRecordReader of(final List<String> properties) {
        final Map<String, String> all = new TreeMap<>(DEFAULTS);
        for (final String text : properties) {
            final NameValue property = NameValue.parse("--property", text);
            Nearest.require("reader property", property.name(), "--property", DEFAULTS.keySet());
            all.put(property.name(), property.value().replace("\\t", "\t").replace("\\n", "\n"));
        }
        return new TextRecordReader(all);
    }

    @Override
    public ProducerRecord<byte[], byte[]> read(final String topic, final byte[] line, final long number) {
        int at = 0;
        byte[] headers = null;
        byte[] key = null;
        if (parseHeaders) {
            final int end = find(line, headersDelimiter, at, line.length);
            headers = part(line, at, end, number, "headers.delimiter");
            at = end < 0 ? at : end + headersDelimiter.length;
        }
        if (parseKey) {
            final int end = find(line, keySeparator, at, line.length);
            key = part(line, at, end, number, "key.separator");
            at = end < 0 ? at : end + keySeparator.length;
        }
        final byte[] value = Arrays.copyOfRange(line, at, line.length);
        final ProducerRecord<byte[], byte[]> read = new ProducerRecord<>(topic, null, null, orNull(key), orNull(value));
        if (headers != null && !Arrays.equals(headers, nullMarker)) {
            addHeaders(read, headers, number);
        }
        return read;
    }

    /** What stands before a separator; a line without one is an error, or has no such part with ignore.error. */
    private byte @Nullable [] part(
            final byte[] line, final int from, final int end, final long number, final String separator) {
        if (end >= 0) {
            return Arrays.copyOfRange(line, from, end);
        }
        if (ignoreError) {
            return null;
        }
        throw new UsageException("line " + number + ": no " + separator + " in it (ignore.error=true takes it whole)");
    }

    private void addHeaders(final ProducerRecord<byte[], byte[]> to, final byte[] headers, final long number) {
        int from = 0;
        while (from <= headers.length) {
            final int found = find(headers, headersSeparator, from, headers.length);
            final int end = found < 0 ? headers.length : found;
            addHeader(to, headers, from, end, number);
            from = found < 0 ? headers.length + 1 : found + headersSeparator.length;
        }
    }

    private void addHeader(
            final ProducerRecord<byte[], byte[]> to,
            final byte[] headers,
            final int from,
            final int end,
            final long number) {
        final int colon = find(headers, headersKeySeparator, from, end);
        if (colon < 0 && ignoreError) {
            return;
        }
        if (colon < 0) {
            throw new UsageException("line " + number + ": a header has no headers.key.separator");
        }
        final String name = new String(headers, from, colon - from, StandardCharsets.UTF_8);
        to.headers().add(name, orNull(Arrays.copyOfRange(headers, colon + headersKeySeparator.length, end)));
    }

    private byte @Nullable [] orNull(final byte @Nullable [] bytes) {
        return nullMarker.length > 0 && Arrays.equals(bytes, nullMarker) ? null : bytes;
    }

    private static int find(final byte[] in, final byte[] what, final int from, final int end) {
        for (int at = from; at <= end - what.length; at++) {
            if (Arrays.equals(in, at, at + what.length, what, 0, what.length)) {
                return at;
            }
        }
        return -1;
    }

    private static boolean flag(final Map<String, String> properties, final String name) {
        final String value = String.valueOf(properties.get(name));
        if (!value.equals("true") && !value.equals("false")) {
            throw new UsageException("--property " + name + "=" + value + ": neither true nor false");
        }
        return value.equals("true");
    }

    private static byte[] separator(final Map<String, String> properties, final String name) {
        final byte[] bytes = bytes(properties, name);
        if (bytes.length == 0) {
            throw new UsageException("--property " + name + "=: must not be empty");
        }
        return bytes;
    }

    private static byte[] bytes(final Map<String, String> properties, final String name) {
        return String.valueOf(properties.get(name)).getBytes(StandardCharsets.UTF_8);
    }
}
