package io.millrace.broker.schema.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.registry.SchemaRegistry;
import java.util.List;

/** {@code /compatibility/subjects/{subject}/versions[/{version}]}: would this schema be taken? */
final class CompatibilityResource {
    private final SchemaRegistry registry;

    CompatibilityResource(SchemaRegistry registry) {
        this.registry = registry;
    }

    JsonNode answer(RestRequest request) {
        boolean known =
                request.segment(1).equals("subjects") && request.segment(3).equals("versions") && request.length() <= 5;
        if (!known) {
            throw RegistryException.notFound();
        }
        if (!request.method().equals("POST")) {
            throw Json.wrongMethod();
        }
        String version = request.length() == 5 ? request.segment(4) : null;
        List<String> problems = registry.test(request.segment(2), request.schema(), version);
        ObjectNode answer = Json.object().put("is_compatible", problems.isEmpty());
        if (request.flag("verbose")) {
            answer.set("messages", Json.texts(problems));
        }
        return answer;
    }
}
