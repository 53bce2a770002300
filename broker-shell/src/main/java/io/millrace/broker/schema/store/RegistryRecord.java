package io.millrace.broker.schema.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One record of {@code _schemas}. Its key, as bytes, is what Confluent's registry writes for the same thing, so that either
 * one's records supersede the other's when the topic is compacted:
 *
 * <pre>
 * {"keytype":"SCHEMA","subject":"orders-value","version":1,"magic":1}    a schema; null deletes it for good
 * {"keytype":"CONFIG","subject":null,"magic":0}                          compatibility, of a subject or of all
 * {"keytype":"MODE","subject":null,"magic":0}                            mode, likewise
 * {"keytype":"DELETE_SUBJECT","subject":"orders-value","magic":0}        all versions up to one are softly deleted
 * {"keytype":"CLEAR_SUBJECT","subject":"orders-value","magic":0}         and now for good
 * {"keytype":"NOOP","magic":0}                                           nothing; here: the highest ids ever given
 * </pre>
 *
 * @param subject null where the key names none
 * @param version of a schema, otherwise 0
 * @param value null for a tombstone
 */
public record RegistryRecord(
        Kind kind,
        @Nullable String subject,
        int version,
        @Nullable ObjectNode value) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What a record is about. */
    public enum Kind {
        SCHEMA,
        CONFIG,
        MODE,
        DELETE_SUBJECT,
        CLEAR_SUBJECT,
        CONTEXT,
        NOOP
    }

    /** A version of a subject. */
    public static RegistryRecord schema(StoredSchema schema) {
        ObjectNode value = schema.toJson().put("deleted", schema.deleted());
        return new RegistryRecord(Kind.SCHEMA, schema.subject(), schema.version(), value);
    }

    /** A version of a subject is gone for good. */
    public static RegistryRecord noSchema(String subject, int version) {
        return new RegistryRecord(Kind.SCHEMA, subject, version, null);
    }

    /** All versions up to this one are softly deleted. */
    public static RegistryRecord deleteSubject(String subject, int version) {
        ObjectNode value = JsonNodeFactory.instance.objectNode();
        value.put("subject", subject).put("version", version);
        return new RegistryRecord(Kind.DELETE_SUBJECT, subject, 0, value);
    }

    /** The highest id that a context has given; other registries pass it over. */
    public static RegistryRecord highestIds(ObjectNode idsByContext) {
        ObjectNode value = JsonNodeFactory.instance.objectNode();
        value.set("ids", idsByContext);
        return new RegistryRecord(Kind.NOOP, null, 0, value);
    }

    /** The key's bytes. */
    public byte[] keyBytes() {
        ObjectNode key = JsonNodeFactory.instance.objectNode();
        key.put("keytype", kind.name());
        if (kind != Kind.NOOP) {
            key.put("subject", subject);
        }
        if (kind == Kind.SCHEMA) {
            key.put("version", version);
        }
        key.put("magic", kind == Kind.SCHEMA ? 1 : 0);
        return bytes(key);
    }

    /** The value's bytes, null for a tombstone. */
    public byte @Nullable [] valueBytes() {
        return value == null ? null : bytes(value);
    }

    private static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("no JSON of a tree", e);
        }
    }

    /**
     * Reads a record.
     *
     * @throws UnreadableRecordException where it is none that a registry writes
     */
    public static RegistryRecord read(@Nullable ByteBuffer key, @Nullable ByteBuffer value)
            throws UnreadableRecordException {
        ObjectNode node = object("key", key);
        if (node == null) {
            throw new UnreadableRecordException("no key");
        }
        Kind kind = kind(node.path("keytype").asText());
        int magic = node.path("magic").asInt(-1);
        if (magic < 0 || magic > 1) {
            throw new UnreadableRecordException("magic " + node.path("magic"));
        }
        JsonNode subject = node.path("subject");
        boolean named = kind != Kind.CONFIG && kind != Kind.MODE && kind != Kind.NOOP && kind != Kind.CONTEXT;
        if (named && !subject.isTextual()) {
            throw new UnreadableRecordException("key without subject");
        }
        return new RegistryRecord(
                kind,
                subject.isTextual() ? subject.asText() : null,
                node.path("version").asInt(),
                object("value", value));
    }

    private static Kind kind(String name) throws UnreadableRecordException {
        try {
            return Kind.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new UnreadableRecordException("keytype '" + name + "'");
        }
    }

    private static @Nullable ObjectNode object(String what, @Nullable ByteBuffer bytes)
            throws UnreadableRecordException {
        if (bytes == null) {
            return null;
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        try {
            if (MAPPER.readTree(copy) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw new UnreadableRecordException(what + " is no JSON");
        }
        throw new UnreadableRecordException(what + " is no JSON object");
    }

    /** The schema in the value of a SCHEMA record. */
    StoredSchema toSchema() throws UnreadableRecordException {
        if (value == null || subject == null) {
            throw new UnreadableRecordException("no value");
        }
        if (version < 1
                || !value.path("id").canConvertToInt()
                || !value.path("schema").isTextual()) {
            throw new UnreadableRecordException("schema without version, id or text");
        }
        try {
            return new StoredSchema(
                    SubjectName.normalized(subject),
                    version,
                    value.path("id").asInt(),
                    value.path("schemaType").asText("AVRO"),
                    StoredSchema.references(value.path("references")),
                    StoredSchema.present(value.get("metadata")),
                    StoredSchema.present(value.get("ruleSet")),
                    value.path("schema").asText(),
                    value.path("deleted").asBoolean());
        } catch (IllegalArgumentException e) {
            throw new UnreadableRecordException(String.valueOf(e.getMessage()));
        }
    }

    /** A record that no registry has written, or a damaged one. */
    public static final class UnreadableRecordException extends Exception {
        private static final long serialVersionUID = 1L;

        UnreadableRecordException(String message) {
            super(message);
        }
    }
}
