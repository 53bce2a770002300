package io.millrace.broker.schema.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.registry.SchemaQueries;
import io.millrace.broker.schema.registry.SchemaRegistry;
import java.util.Set;

/** {@code /config[/{subject}]} and {@code /mode[/{subject}]}. */
final class SettingsResource {
    private static final Set<String> CONFIGS = Set.of(
            "compatibility",
            "compatibilityLevel",
            "compatibilityGroup",
            "compatibilityPolicy",
            "alias",
            "normalize",
            "validateFields",
            "validateNames",
            "validateRules",
            "defaultMetadata",
            "overrideMetadata",
            "defaultRuleSet",
            "overrideRuleSet");

    private final SchemaRegistry registry;
    private final SchemaQueries queries;

    SettingsResource(SchemaRegistry registry) {
        this.registry = registry;
        this.queries = registry.queries();
    }

    JsonNode answer(RestRequest request) {
        if (request.length() > 2) {
            throw RegistryException.notFound();
        }
        return request.segment(0).equals("config") ? config(request) : mode(request);
    }

    private JsonNode config(RestRequest request) {
        String scope = request.segment(1);
        return switch (request.method()) {
            case "GET" -> queries.config(scope, request.flag("defaultToGlobal"));
            case "PUT" -> registry.setConfig(scope, change(request));
            case "DELETE" -> registry.deleteConfig(scope);
            default -> throw Json.wrongMethod();
        };
    }

    private static ObjectNode change(RestRequest request) {
        ObjectNode change = request.object();
        change.fieldNames().forEachRemaining(name -> {
            if (!CONFIGS.contains(name)) {
                throw RegistryException.unprocessable("there is no setting '" + name + "'");
            }
        });
        if (change.isEmpty()) {
            throw RegistryException.unprocessable("the request names no setting, for instance compatibility");
        }
        return change;
    }

    private JsonNode mode(RestRequest request) {
        String scope = request.segment(1);
        String mode = switch (request.method()) {
            case "GET" -> queries.mode(scope, request.flag("defaultToGlobal"));
            case "PUT" -> registry.setMode(scope, request.object().path("mode").asText(), request.flag("force"));
            case "DELETE" -> registry.deleteMode(scope);
            default -> throw Json.wrongMethod();
        };
        return Json.object().put("mode", mode);
    }
}
