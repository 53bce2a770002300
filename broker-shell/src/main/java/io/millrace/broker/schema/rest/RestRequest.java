package io.millrace.broker.schema.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.registry.SchemaQueries.Deleted;
import io.millrace.broker.schema.registry.SchemaRequest;
import io.millrace.broker.schema.store.StoredSchema;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One request, taken apart: method, segments of its path, parameters and body. */
final class RestRequest {
    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final Set<String> MEDIA_TYPES = Set.of(
            "application/vnd.schemaregistry.v1+json",
            "application/vnd.schemaregistry+json",
            "application/json",
            "application/octet-stream",
            "application/x-www-form-urlencoded");

    private final String method;
    private final List<String> path;
    private final Map<String, List<String>> parameters;
    private final byte[] body;

    private RestRequest(String method, List<String> path, Map<String, List<String>> parameters, byte[] body) {
        this.method = method;
        this.path = path;
        this.parameters = parameters;
        this.body = body;
    }

    /** Takes a request apart; throws the refusal of one that cannot be. */
    static RestRequest of(String method, String uri, byte[] body, @Nullable String contentType) {
        int mark = uri.indexOf('?');
        String plain = mark < 0 ? uri : uri.substring(0, mark);
        List<String> path = new ArrayList<>();
        for (String segment : plain.split("/", -1)) {
            if (!segment.isEmpty()) {
                path.add(decoded(segment.replace("+", "%2B")));
            }
        }
        if (body.length > 0) {
            checkMediaType(contentType);
        }
        return new RestRequest(method, path, query(mark < 0 ? "" : uri.substring(mark + 1)), body);
    }

    private static void checkMediaType(@Nullable String contentType) {
        if (contentType != null) {
            String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
            if (!MEDIA_TYPES.contains(type)) {
                throw RegistryException.unsupportedMediaType(type);
            }
        }
    }

    private static Map<String, List<String>> query(String query) {
        Map<String, List<String>> parameters = new HashMap<>();
        for (String pair : query.split("&", -1)) {
            if (!pair.isEmpty()) {
                String[] parts = pair.split("=", 2);
                parameters
                        .computeIfAbsent(decoded(parts[0]), unused -> new ArrayList<>())
                        .add(parts.length == 1 ? "" : decoded(parts[1]));
            }
        }
        return parameters;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw RegistryException.badRequest("'" + text + "' is not encoded as a URL asks");
        }
    }

    String method() {
        return method;
    }

    List<String> path() {
        return path;
    }

    int length() {
        return path.size();
    }

    /** A segment of the path, empty behind its end. */
    String segment(int index) {
        return index < path.size() ? path.get(index) : "";
    }

    boolean flag(String name) {
        return parameter(name, "").equalsIgnoreCase("true");
    }

    String parameter(String name, String otherwise) {
        List<String> values = parameters.get(name);
        return values == null ? otherwise : values.get(0);
    }

    List<String> parameters(String name) {
        return parameters.getOrDefault(name, List.of());
    }

    int number(String name, int otherwise) {
        String text = parameter(name, "");
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw RegistryException.badRequest("the parameter " + name + "=" + text + " is no number");
        }
    }

    Deleted deleted() {
        return flag("deletedOnly") ? Deleted.ONLY : flag("deleted") ? Deleted.TOO : Deleted.NO;
    }

    /** An id in the path; what cannot be one is a schema that is not there. */
    int id(int index) {
        try {
            return Integer.parseInt(segment(index));
        } catch (NumberFormatException e) {
            throw RegistryException.notFound();
        }
    }

    ObjectNode object() {
        if (body.length == 0) {
            throw RegistryException.unprocessable("the request has no body; a JSON object is expected");
        }
        try {
            JsonNode node = MAPPER.readTree(body);
            if (node instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw RegistryException.badRequest("the body is no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw RegistryException.badRequest("the body is no JSON");
        }
        throw RegistryException.badRequest("the body is no JSON object");
    }

    SchemaRequest schema() {
        ObjectNode node = object();
        JsonNode schema = node.path("schema");
        JsonNode type = node.path("schemaType");
        if (!schema.isTextual()) {
            throw RegistryException.invalidSchema(
                    schema.isMissingNode() || schema.isNull() ? "Empty schema" : "schema is no string");
        }
        try {
            return new SchemaRequest(
                    schema.asText(),
                    type.isMissingNode() || type.isNull()
                            ? "AVRO"
                            : type.asText().toUpperCase(Locale.ROOT),
                    StoredSchema.references(node.path("references")),
                    StoredSchema.present(node.get("metadata")),
                    StoredSchema.present(node.get("ruleSet")),
                    number(node, "id"),
                    number(node, "version"));
        } catch (IllegalArgumentException e) {
            throw RegistryException.unprocessable(String.valueOf(e.getMessage()));
        }
    }

    /** -1 where it is absent. */
    private static int number(ObjectNode node, String name) {
        JsonNode value = node.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return -1;
        }
        if (!value.canConvertToInt() || value.asInt() < -1 || value.asInt() == 0) {
            throw RegistryException.unprocessable(name + " is " + value + "; it must be between 1 and 2^31-1");
        }
        return value.asInt();
    }
}
