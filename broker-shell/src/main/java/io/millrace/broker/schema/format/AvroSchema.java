package io.millrace.broker.schema.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/** Avro, by Avro's own parser and its own rules of schema resolution. */
final class AvroSchema implements ParsedSchema {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** The attributes that Avro knows, in the order of its canonical form; others follow by name. */
    private static final List<String> ATTRIBUTES = List.of(
            "type", "name", "namespace", "doc", "aliases", "fields", "symbols", "items", "values", "size", "default");

    private final Schema schema;
    private final List<Schema> references;

    private AvroSchema(Schema schema, List<Schema> references) {
        this.schema = schema;
        this.references = references;
    }

    static AvroSchema parse(String text, Map<String, String> references) {
        try {
            Schema.Parser parser = new Schema.Parser(NameValidator.STRICT_VALIDATOR).setValidateDefaults(true);
            List<Schema> known = new ArrayList<>();
            for (String reference : references.values()) {
                known.add(parser.parse(reference));
            }
            return new AvroSchema(parser.parse(text), known);
        } catch (AvroRuntimeException e) {
            throw new InvalidSchemaException("Input schema is an invalid Avro schema: " + reason(e), e);
        }
    }

    /** Avro wraps what the JSON parser says in the name of its class. */
    private static String reason(Throwable e) {
        Throwable cause = e.getCause();
        if (cause instanceof JsonProcessingException json) {
            return json.getOriginalMessage();
        }
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    /** Types that are referred to stay names, as they came. */
    @Override
    @SuppressWarnings("deprecation") // the only way to leave out what is known already
    public String canonical() {
        return references.isEmpty() ? schema.toString() : schema.toString(references, false);
    }

    @Override
    public String normalized() {
        try {
            return MAPPER.writeValueAsString(ordered(MAPPER.readTree(canonical())));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Avro wrote what is no JSON", e);
        }
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
        TreeSet<String> others = new TreeSet<>();
        object.fieldNames().forEachRemaining(others::add);
        for (String name : ATTRIBUTES) {
            if (others.remove(name)) {
                copy.set(name, ordered(object.get(name)));
            }
        }
        others.forEach(name -> copy.set(name, ordered(object.get(name))));
        return copy;
    }

    @Override
    public List<Incompatibility> readerProblems(ParsedSchema writer) {
        return SchemaCompatibility.checkReaderWriterCompatibility(schema, ((AvroSchema) writer).schema)
                .getResult()
                .getIncompatibilities()
                .stream()
                .map(found -> new Incompatibility(found.getType().name(), found.getLocation(), sentence(found)))
                .toList();
    }

    private static String sentence(SchemaCompatibility.Incompatibility found) {
        String where = " at path '" + found.getLocation() + "' in the reader's schema ";
        String what = found.getMessage();
        return switch (found.getType()) {
            case READER_FIELD_MISSING_DEFAULT_VALUE ->
                "The field '" + what + "'" + where + "has no default value and is missing in the writer's schema";
            case MISSING_ENUM_SYMBOLS ->
                "The enum" + where + "has no default and lacks symbols that the writer has: " + what;
            case MISSING_UNION_BRANCH -> "The union" + where + "lacks a branch that the writer has: " + what;
            case TYPE_MISMATCH -> "The type" + where + "does not match the writer's: " + what;
            case NAME_MISMATCH -> "The name" + where + "does not match the writer's: " + what;
            case FIXED_SIZE_MISMATCH -> "The size of the fixed" + where + "does not match the writer's: " + what;
        };
    }
}
