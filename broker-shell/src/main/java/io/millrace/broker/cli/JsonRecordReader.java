package io.millrace.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object a line, as {@code consume --json} writes them: {@code key}, {@code value} (text, or any JSON, which is
 * stored as compact text), {@code keyBase64}, {@code valueBase64}, {@code headers} (object of texts), {@code partition},
 * {@code timestamp} in ms. {@code topic} and {@code offset} are read over.
 */
final class JsonRecordReader implements RecordReader {
    private static final List<String> FIELDS =
            List.of("key", "value", "keyBase64", "valueBase64", "headers", "partition", "timestamp", "topic", "offset");

    @Override
    public ProducerRecord<byte[], byte[]> read(final String topic, final byte[] line, final long number) {
        final JsonNode object = parse(line, number);
        object.fieldNames().forEachRemaining(name -> Nearest.require("field", name, "line " + number + ":", FIELDS));
        final ProducerRecord<byte[], byte[]> read = new ProducerRecord<>(
                topic,
                (Integer) number(object, "partition", number, true),
                (Long) number(object, "timestamp", number, false),
                bytes(object, "key", number),
                bytes(object, "value", number));
        final JsonNode headers = object.path("headers");
        for (final Map.Entry<String, JsonNode> header : headers.properties()) {
            read.headers().add(header.getKey(), text(header.getValue()));
        }
        return read;
    }

    private static JsonNode parse(final byte[] line, final long number) {
        try {
            final JsonNode object = Output.JSON.readTree(line);
            if (object != null && object.isObject()) {
                return object;
            }
        } catch (final IOException e) {
            throw new UsageException("line " + number + ": not JSON: " + firstSentence(e));
        }
        throw new UsageException("line " + number + ": not a JSON object");
    }

    private static String firstSentence(final IOException failure) {
        final String message = String.valueOf(failure.getMessage());
        final int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private static @Nullable Number number(
            final JsonNode object, final String field, final long number, final boolean asInt) {
        final JsonNode node = object.path(field);
        if (node.isMissingNode() || node.isNull()) {
            return null;
        }
        if (!(asInt ? node.canConvertToInt() : node.canConvertToLong()) || !node.isIntegralNumber()) {
            throw new UsageException("line " + number + ": " + field + " is not a whole number");
        }
        return asInt ? (Number) node.intValue() : (Number) node.longValue();
    }

    private static byte @Nullable [] bytes(final JsonNode object, final String field, final long number) {
        final JsonNode encoded = object.path(field + "Base64");
        if (!encoded.isTextual()) {
            return text(object.path(field));
        }
        try {
            return Base64.getDecoder().decode(encoded.textValue());
        } catch (final IllegalArgumentException e) {
            throw new UsageException("line " + number + ": " + field + "Base64 is not base64");
        }
    }

    private static byte @Nullable [] text(final JsonNode node) {
        if (node.isMissingNode() || node.isNull()) {
            return null;
        }
        return (node.isTextual() ? node.textValue() : node.toString()).getBytes(StandardCharsets.UTF_8);
    }
}
