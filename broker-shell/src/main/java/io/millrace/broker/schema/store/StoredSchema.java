package io.millrace.broker.schema.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of a subject, as {@code _schemas} holds it.
 *
 * @param id unique in its context for type, text, references, metadata and rules; subjects may share it
 * @param type AVRO, JSON or PROTOBUF
 * @param metadata tags and properties that somebody attached, as they came
 * @param ruleSet likewise
 * @param schema canonical text
 * @param deleted softly: found by its id, and by who asks for deleted ones
 */
public record StoredSchema(
        String subject,
        int version,
        int id,
        String type,
        List<Reference> references,
        @Nullable JsonNode metadata,
        @Nullable JsonNode ruleSet,
        String schema,
        boolean deleted) {

    /** Copies the list. */
    public StoredSchema {
        references = List.copyOf(references);
    }

    /** The same, softly deleted. */
    public StoredSchema asDeleted() {
        return new StoredSchema(subject, version, id, type, references, metadata, ruleSet, schema, true);
    }

    /** What makes it the same schema as another one, in this subject or not. */
    public Content content() {
        return new Content(type, schema, references, metadata, ruleSet);
    }

    /** A schema without place and number. */
    public record Content(
            String type,
            String schema,
            List<Reference> references,
            @Nullable JsonNode metadata,
            @Nullable JsonNode ruleSet) {}

    /** In the order of Confluent's records; Avro is not named, absent things are left out. */
    public ObjectNode toJson() {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("subject", subject).put("version", version).put("id", id);
        putContent(node);
        return node;
    }

    /** Type, references, metadata, rules and text. */
    public void putContent(ObjectNode node) {
        if (!type.equals("AVRO")) {
            node.put("schemaType", type);
        }
        if (!references.isEmpty()) {
            ArrayNode list = node.putArray("references");
            references.forEach(each -> list.addObject()
                    .put("name", each.name())
                    .put("subject", each.subject())
                    .put("version", each.version()));
        }
        if (metadata != null) {
            node.set("metadata", metadata);
        }
        if (ruleSet != null) {
            node.set("ruleSet", ruleSet);
        }
        node.put("schema", schema);
    }

    /** The references of a request or a record; throws IllegalArgumentException where they are none. */
    public static List<Reference> references(JsonNode list) {
        List<Reference> references = new ArrayList<>();
        if (list.isMissingNode() || list.isNull()) {
            return references;
        }
        if (!list.isArray()) {
            throw new IllegalArgumentException("references is no list");
        }
        for (JsonNode each : list) {
            if (!each.path("name").isTextual()
                    || !each.path("subject").isTextual()
                    || !each.path("version").canConvertToInt()) {
                throw new IllegalArgumentException("a reference needs name, subject and version: " + each);
            }
            references.add(new Reference(
                    each.path("name").asText(),
                    each.path("subject").asText(),
                    each.path("version").asInt()));
        }
        return references;
    }

    /** Null for what is absent or null. */
    public static @Nullable JsonNode present(@Nullable JsonNode node) {
        return node == null || node.isNull() || node.isMissingNode() ? null : node;
    }
}
