package io.millrace.broker.schema.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.net.http.HttpCall;
import io.millrace.broker.net.http.HttpService;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.registry.SchemaRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests: the first segment of the path says which resource, the resource does the rest. Event loops only hand over;
 * everything runs on the registry's threads.
 */
public final class RestApi implements HttpService {
    private static final Logger LOG = LoggerFactory.getLogger(RestApi.class);
    private static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String BUSY =
            "{\"error_code\":50301,\"message\":\"the registry has too many requests waiting\"}";

    private final Executor executor;
    private final String clusterId;
    private final SubjectResource subjects;
    private final SchemaResource schemas;
    private final CompatibilityResource compatibility;
    private final SettingsResource settings;
    private final ContextResource contexts;

    /** Over a registry, on threads that may block. */
    public RestApi(SchemaRegistry registry, Executor executor, String clusterId) {
        this.executor = executor;
        this.clusterId = clusterId;
        this.subjects = new SubjectResource(registry);
        this.schemas = new SchemaResource(registry.queries());
        this.compatibility = new CompatibilityResource(registry);
        this.settings = new SettingsResource(registry);
        this.contexts = new ContextResource(registry.queries());
    }

    @Override
    public void handle(HttpCall call) {
        try {
            executor.execute(() -> answer(call));
        } catch (RejectedExecutionException e) {
            call.respond(503, MEDIA_TYPE, BUSY.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void answer(HttpCall call) {
        Answer answer;
        try {
            answer = route(RestRequest.of(call.method(), call.uri(), call.body(), call.contentType()));
        } catch (RegistryException e) {
            answer = Answer.error(e.status(), e.code(), String.valueOf(e.getMessage()));
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            LOG.error("{} {} failed", call.method(), call.uri(), e);
            answer = Answer.error(500, 50001, "the registry failed at this request; the broker's log says how");
        }
        call.respond(answer.status(), MEDIA_TYPE, bytes(answer.body()));
    }

    private static byte[] bytes(JsonNode body) {
        try {
            return MAPPER.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("no JSON of a tree", e);
        }
    }

    /** What is told. */
    private record Answer(int status, JsonNode body) {
        static Answer error(int status, int code, String message) {
            return new Answer(
                    status,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("error_code", code)
                            .put("message", message));
        }
    }

    private Answer route(RestRequest request) {
        JsonNode body = switch (request.segment(0)) {
            case "" -> JsonNodeFactory.instance.objectNode();
            case "subjects" -> subjects.answer(request);
            case "schemas" -> schemas.answer(request);
            case "compatibility" -> compatibility.answer(request);
            case "config", "mode" -> settings.answer(request);
            case "contexts" -> contexts.answer(request);
            case "v1" -> metadata(request);
            default -> throw RegistryException.notFound();
        };
        return new Answer(200, body);
    }

    private ObjectNode metadata(RestRequest request) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        if (!request.path().equals(List.of("v1", "metadata", "id"))) {
            throw RegistryException.notFound();
        }
        ObjectNode scope = node.putObject("scope");
        scope.putArray("path");
        scope.putObject("clusters").put("kafka-cluster", clusterId).put("schema-registry-cluster", "schema-registry");
        return node.put("id", "");
    }
}
