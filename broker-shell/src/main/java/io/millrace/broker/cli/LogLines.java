package io.millrace.broker.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the log commands find, a line each: a JSON object whose {@code type} says what it is, or the same fields as text,
 * {@code type name=value name=value}. Times are milliseconds in JSON, and instants in text.
 */
final class LogLines {
    private final Output out;
    private final boolean json;

    LogLines(final Output out, final boolean json) {
        this.out = out;
        this.json = json;
    }

    /** Begins a line. */
    Line of(final String type) {
        return new Line(type);
    }

    boolean isJson() {
        return json;
    }

    /** A line that is being put together. */
    final class Line {
        private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        private final StringBuilder text = new StringBuilder();

        private Line(final String type) {
            fields.put("type", type);
            text.append(type);
        }

        /** A number or a truth. */
        Line put(final String name, final @Nullable Object value) {
            fields.put(name, value);
            text.append(' ').append(name).append('=').append(value == null ? "-" : quoted(value.toString()));
            return this;
        }

        /** Left out of the text where it is the usual. */
        Line unless(final boolean usual, final String name, final @Nullable Object value) {
            if (usual) {
                fields.put(name, value);
                return this;
            }
            return put(name, value);
        }

        Line time(final String name, final long timestampMs) {
            fields.put(name, timestampMs);
            text.append(' ').append(name).append('=').append(instant(timestampMs));
            return this;
        }

        /** Bytes as text where they are text, otherwise in base64 under the name with {@code Base64} behind it. */
        Line bytes(final String name, final byte @Nullable [] value) {
            if (value == null) {
                return put(name, null);
            }
            final String readable = readable(value);
            return readable == null
                    ? put(name + "Base64", Base64.getEncoder().encodeToString(value))
                    : put(name, readable);
        }

        void print() {
            if (json) {
                out.json(fields);
            } else {
                out.line(text.toString());
            }
        }
    }

    private static String instant(final long timestampMs) {
        if (timestampMs < 0) {
            return Long.toString(timestampMs);
        }
        try {
            return Instant.ofEpochMilli(timestampMs).toString();
        } catch (final java.time.DateTimeException beyondCalendar) {
            return Long.toString(timestampMs);
        }
    }

    /** In quotes where a reader could not tell where the value ends. */
    private static String quoted(final String value) {
        final boolean plain =
                !value.isEmpty() && value.chars().noneMatch(c -> c <= ' ' || c == '"' || c == '=' || c == 0x7f);
        if (plain) {
            return value;
        }
        final StringBuilder quoted = new StringBuilder("\"");
        value.chars().forEach(c -> quoted.append(escaped((char) c)));
        return quoted.append('"').toString();
    }

    private static String escaped(final char c) {
        return switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> c < ' ' || c == 0x7f ? String.format(Locale.ROOT, "\\u%04x", (int) c) : String.valueOf(c);
        };
    }

    /** The text that the bytes are, null where they are none. */
    static @Nullable String readable(final byte[] bytes) {
        try {
            final String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.indexOf('\0') < 0 ? text : null;
        } catch (final CharacterCodingException e) {
            return null;
        }
    }
}
