package io.millrace.broker.schema.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.registry.SchemaQueries;
import io.millrace.broker.schema.registry.SchemaQueries.Deleted;
import io.millrace.broker.schema.registry.SchemaRegistry;
import io.millrace.broker.schema.store.StoredSchema;
import io.millrace.broker.schema.store.SubjectName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code /subjects}: their versions, registered, found and deleted. */
final class SubjectResource {
    private final SchemaRegistry registry;
    private final SchemaQueries queries;

    SubjectResource(SchemaRegistry registry) {
        this.registry = registry;
        this.queries = registry.queries();
    }

    JsonNode answer(RestRequest request) {
        if (request.length() > 1) {
            checkName(request.segment(1));
        }
        return switch (request.length()) {
            case 1 -> list(request);
            case 2 -> subject(request);
            case 3 -> ofSubject(request);
            case 4 -> version(request);
            case 5 -> ofVersion(request);
            default -> throw RegistryException.notFound();
        };
    }

    /** As Confluent's: no control characters, and not the names that stand for settings. */
    private static void checkName(String subject) {
        String plain = SubjectName.plain(subject);
        boolean control = subject.chars().anyMatch(Character::isISOControl);
        if (control || plain.isBlank() || plain.equals("__GLOBAL") || plain.equals("__EMPTY")) {
            throw RegistryException.invalidSubject(subject);
        }
    }

    private JsonNode list(RestRequest request) {
        if (!request.method().equals("GET")) {
            throw Json.wrongMethod();
        }
        String prefix = request.parameter("subjectPrefix", SubjectName.EVERY_CONTEXT);
        return Json.texts(Json.page(request, queries.subjects(prefix, request.deleted())));
    }

    private JsonNode subject(RestRequest request) {
        String name = request.segment(1);
        return switch (request.method()) {
            case "POST" ->
                queries.find(name, request.schema(), request.flag("normalize"), request.flag("deleted"))
                        .toJson();
            case "DELETE" -> Json.numbers(registry.deleteSubject(name, request.flag("permanent")));
            default -> throw Json.wrongMethod();
        };
    }

    private JsonNode ofSubject(RestRequest request) {
        String name = request.segment(1);
        if (request.segment(2).equals("metadata") && request.method().equals("GET")) {
            return queries.withMetadata(name, properties(request), request.flag("deleted"))
                    .toJson();
        }
        if (!request.segment(2).equals("versions")) {
            throw RegistryException.notFound();
        }
        return switch (request.method()) {
            case "GET" -> {
                Deleted deleted = request.deleted();
                yield Json.numbers(Json.page(request, queries.versions(name, deleted)));
            }
            case "POST" ->
                Json.object()
                        .put(
                                "id",
                                registry.register(name, request.schema(), request.flag("normalize"))
                                        .id());
            default -> throw Json.wrongMethod();
        };
    }

    private static Map<String, String> properties(RestRequest request) {
        List<String> keys = request.parameters("key");
        List<String> values = request.parameters("value");
        if (keys.isEmpty() || keys.size() != values.size()) {
            throw RegistryException.badRequest("as many parameters value as key are needed, and at least one");
        }
        Map<String, String> properties = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            properties.put(keys.get(i), values.get(i));
        }
        return properties;
    }

    private JsonNode version(RestRequest request) {
        checkVersions(request);
        String name = request.segment(1);
        String version = request.segment(3);
        return switch (request.method()) {
            case "GET" ->
                queries.version(name, version, request.flag("deleted")).toJson();
            case "DELETE" -> IntNode.valueOf(registry.deleteVersion(name, version, request.flag("permanent")));
            default -> throw Json.wrongMethod();
        };
    }

    private JsonNode ofVersion(RestRequest request) {
        checkVersions(request);
        if (!request.method().equals("GET")) {
            throw Json.wrongMethod();
        }
        String name = request.segment(1);
        String version = request.segment(3);
        return switch (request.segment(4)) {
            case "schema" -> {
                StoredSchema found = queries.version(name, version, request.flag("deleted"));
                yield Json.text(found);
            }
            case "referencedby" -> Json.numbers(Json.page(request, queries.referencedBy(name, version)));
            default -> throw RegistryException.notFound();
        };
    }

    private static void checkVersions(RestRequest request) {
        if (!request.segment(2).equals("versions")) {
            throw RegistryException.notFound();
        }
    }
}
