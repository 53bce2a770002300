package io.millrace.broker.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** One JSON object a record; bytes that are not UTF-8 are given in base64, as {@code keyBase64} and {@code valueBase64}. */
final class JsonRecordWriter implements RecordWriter {
    @Override
    public void write(final ConsumerRecord<byte[], byte[]> from, final Output out) {
        final Map<String, Object> object = new LinkedHashMap<>();
        object.put("topic", from.topic());
        object.put("partition", from.partition());
        object.put("offset", from.offset());
        object.put("timestamp", from.timestamp());
        put(object, "key", from.key());
        put(object, "value", from.value());
        final Map<String, Object> headers = new LinkedHashMap<>();
        for (final Header header : from.headers()) {
            headers.put(
                    header.key(), header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8));
        }
        if (!headers.isEmpty()) {
            object.put("headers", headers);
        }
        out.json(object);
    }

    private static void put(final Map<String, Object> object, final String name, final byte @Nullable [] bytes) {
        final String text = text(bytes);
        if (bytes != null && text == null) {
            object.put(name + "Base64", Base64.getEncoder().encodeToString(bytes));
        } else {
            object.put(name, text);
        }
    }

    private static @Nullable String text(final byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (final CharacterCodingException e) {
            return null;
        }
    }
}
