package io.millrace.broker.schema.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * JSON Schema, drafts 4 to 2020-12: held against the schema of its draft by networknt's validator, compared by
 * {@link JsonSchemaComparison}. What it refers to is looked up among its references and inside itself, never fetched.
 */
final class JsonSchema implements ParsedSchema {
    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final SpecificationVersion DEFAULT_DRAFT = SpecificationVersion.DRAFT_7;

    private final JsonNode root;
    private final Map<String, JsonNode> references;

    private JsonSchema(JsonNode root, Map<String, JsonNode> references) {
        this.root = root;
        this.references = references;
    }

    static JsonSchema parse(String text, Map<String, String> references) {
        Map<String, JsonNode> known = new HashMap<>();
        references.forEach((name, schema) -> known.put(name, read(schema)));
        JsonNode root = read(text);
        if (!root.isObject() && !root.isBoolean()) {
            throw new InvalidSchemaException(
                    "Input schema is an invalid JSON schema: it is neither an object nor a boolean");
        }
        checkAgainstDraft(root);
        return new JsonSchema(root, known);
    }

    private static JsonNode read(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new InvalidSchemaException("Input schema is an invalid JSON schema: " + e.getOriginalMessage(), e);
        }
    }

    private static void checkAgainstDraft(JsonNode root) {
        String id = draft(root.path("$schema").asText("")).getDialectId();
        Schema draft = Drafts.REGISTRY.getSchema(SchemaLocation.of(id));
        List<Error> errors = draft.validate(root);
        if (!errors.isEmpty()) {
            throw new InvalidSchemaException("Input schema is an invalid JSON schema: "
                    + errors.get(0).getInstanceLocation() + " " + errors.get(0).getMessage());
        }
    }

    private static SpecificationVersion draft(String schemaUri) {
        return SpecificationVersion.fromDialectId(schemaUri)
                .or(() -> SpecificationVersion.fromDialectId(schemaUri.replaceFirst("^https:", "http:")))
                .orElse(DEFAULT_DRAFT);
    }

    /** Made by the first JSON schema. */
    private static final class Drafts {
        static final SchemaRegistry REGISTRY = SchemaRegistry.withDefaultDialect(DEFAULT_DRAFT);
    }

    @Override
    public String canonical() {
        return root.toString();
    }

    @Override
    public String normalized() {
        return ordered(root).toString();
    }

    private static JsonNode ordered(JsonNode node) {
        if (node instanceof ArrayNode array) {
            ArrayNode copy = MAPPER.createArrayNode();
            array.forEach(each -> copy.add(ordered(each)));
            return copy;
        }
        if (!(node instanceof ObjectNode object)) {
            return node;
        }
        ObjectNode copy = MAPPER.createObjectNode();
        TreeSet<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        names.forEach(name -> copy.set(name, ordered(object.get(name))));
        return copy;
    }

    @Override
    public List<Incompatibility> readerProblems(ParsedSchema writer) {
        return JsonSchemaComparison.of(this, (JsonSchema) writer);
    }

    JsonNode root() {
        return root;
    }

    /** The schema itself, with references followed; null where one leads nowhere. */
    @Nullable
    JsonNode resolve(JsonNode schema) {
        JsonNode at = schema;
        for (int steps = 0; at != null && at.path("$ref").isTextual(); steps++) {
            if (steps == 64) {
                return null;
            }
            at = target(at.path("$ref").asText());
        }
        return at;
    }

    private @Nullable JsonNode target(String ref) {
        int hash = ref.indexOf('#');
        String document = hash < 0 ? ref : ref.substring(0, hash);
        String fragment = hash < 0 ? "" : ref.substring(hash + 1);
        JsonNode base =
                document.isEmpty() || document.equals(root.path("$id").asText()) ? root : references.get(document);
        if (base == null) {
            return null;
        }
        if (!fragment.isEmpty() && !fragment.startsWith("/")) {
            return null; // an anchor
        }
        JsonNode found = base.at(fragment);
        return found.isMissingNode() ? null : found;
    }
}
