package io.millrace.broker.schema.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.registry.SchemaQueries;

/** {@code /contexts}: their names. */
final class ContextResource {
    private final SchemaQueries queries;

    ContextResource(SchemaQueries queries) {
        this.queries = queries;
    }

    JsonNode answer(RestRequest request) {
        if (request.length() > 1) {
            throw RegistryException.notFound();
        }
        if (!request.method().equals("GET")) {
            throw Json.wrongMethod();
        }
        return Json.texts(queries.contexts());
    }
}
