package io.millrace.broker.schema.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.registry.SchemaQueries;
import io.millrace.broker.schema.store.StoredSchema;
import io.millrace.broker.schema.store.SubjectName;
import java.util.List;

/** {@code /schemas}: by id, by prefix of their subjects, and the languages there are. */
final class SchemaResource {
    private final SchemaQueries queries;

    SchemaResource(SchemaQueries queries) {
        this.queries = queries;
    }

    JsonNode answer(RestRequest request) {
        if (!request.method().equals("GET")) {
            throw Json.wrongMethod();
        }
        if (request.length() == 1) {
            return list(request);
        }
        return switch (request.segment(1)) {
            case "types" -> Json.texts(List.of("JSON", "PROTOBUF", "AVRO"));
            case "ids" -> byId(request);
            default -> throw RegistryException.notFound();
        };
    }

    private JsonNode list(RestRequest request) {
        String prefix = request.parameter("subjectPrefix", SubjectName.EVERY_CONTEXT);
        List<StoredSchema> found = queries.schemas(prefix, request.deleted(), request.flag("latestOnly"));
        return Json.array(Json.page(request, found), StoredSchema::toJson);
    }

    private JsonNode byId(RestRequest request) {
        int id = request.id(2);
        String subject = request.parameter("subject", "");
        if (request.length() == 3) {
            return schema(request, id, subject);
        }
        if (request.length() > 4) {
            throw RegistryException.notFound();
        }
        return switch (request.segment(3)) {
            case "schema" -> Json.text(queries.byId(id, subject));
            case "subjects" ->
                Json.texts(Json.page(
                        request,
                        users(request, id).stream()
                                .map(StoredSchema::subject)
                                .distinct()
                                .toList()));
            case "versions" ->
                Json.array(
                        Json.page(request, users(request, id)),
                        each -> Json.object().put("subject", each.subject()).put("version", each.version()));
            default -> throw RegistryException.notFound();
        };
    }

    private JsonNode schema(RestRequest request, int id, String subject) {
        ObjectNode node = Json.object();
        queries.byId(id, subject).putContent(node);
        if (request.flag("fetchMaxId")) {
            node.put("maxId", queries.highestId(subject));
        }
        return node;
    }

    /** Those of one subject where one is named that is not just a context. */
    private List<StoredSchema> users(RestRequest request, int id) {
        String subject = request.parameter("subject", "");
        List<StoredSchema> users = queries.users(id, subject, request.flag("deleted"));
        return SubjectName.plain(subject).isEmpty()
                ? users
                : users.stream()
                        .filter(each -> each.subject().equals(SubjectName.normalized(subject)))
                        .toList();
    }
}
