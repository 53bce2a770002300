package io.millrace.broker.schema.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.store.StoredSchema;
import java.util.List;
import java.util.function.Function;

/** Bodies of answers. Stateless. */
final class Json {
    private Json() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ArrayNode numbers(List<Integer> numbers) {
        return array(numbers, IntNode::valueOf);
    }

    static ArrayNode texts(List<String> texts) {
        return array(texts, TextNode::valueOf);
    }

    static <T> ArrayNode array(List<T> items, Function<T, JsonNode> form) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode(items.size());
        items.forEach(item -> array.add(form.apply(item)));
        return array;
    }

    /** The part of a list that {@code offset} and {@code limit} ask for; a limit of -1 is none. */
    static <T> List<T> page(RestRequest request, List<T> items) {
        int from = Math.min(Math.max(0, request.number("offset", 0)), items.size());
        int limit = request.number("limit", -1);
        return items.subList(from, limit < 0 ? items.size() : (int) Math.min(items.size(), (long) from + limit));
    }

    /** The text of a schema: JSON of its own where it is some, otherwise a string. */
    static JsonNode text(StoredSchema schema) {
        if (schema.type().equals("PROTOBUF")) {
            return TextNode.valueOf(schema.schema());
        }
        try {
            return new com.fasterxml.jackson.databind.ObjectMapper().readTree(schema.schema());
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw RegistryException.store("the stored schema " + schema.id() + " is no JSON");
        }
    }

    static RegistryException wrongMethod() {
        return RegistryException.methodNotAllowed();
    }
}
