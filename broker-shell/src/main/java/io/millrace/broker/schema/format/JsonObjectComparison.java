package io.millrace.broker.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Properties, required ones, and what is said about all others. */
final class JsonObjectComparison {
    private final JsonSchemaComparison outer;
    private final String path;
    private final JsonNode ours;
    private final JsonNode theirs;

    JsonObjectComparison(JsonSchemaComparison outer, String path, JsonNode ours, JsonNode theirs) {
        this.outer = outer;
        this.path = path;
        this.ours = ours;
        this.theirs = theirs;
    }

    void compare() {
        Set<String> names = new TreeSet<>();
        ours.path("properties").fieldNames().forEachRemaining(names::add);
        theirs.path("properties").fieldNames().forEachRemaining(names::add);
        names.forEach(this::compareProperty);
        compareRequired();
        compareOthers();
    }

    private void compareProperty(String name) {
        JsonNode mine = ours.path("properties").get(name);
        JsonNode given = theirs.path("properties").get(name);
        String at = path + "/properties/" + name;
        if (mine != null && given != null) {
            outer.compare(at, mine, given);
        } else if (mine != null) {
            compareAdded(at, name, mine);
        } else if (given != null) {
            compareRemoved(at, name, given);
        }
    }

    private void compareAdded(String at, String name, JsonNode mine) {
        JsonNode covering = covering(theirs, name);
        if (covering == null) {
            if (!JsonSchemaComparison.allowsAll(mine)) {
                outer.report(
                        "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
                        at,
                        "the writer may have put anything into the property '" + name + "' that the reader adds");
            }
        } else if (!outer.reads(mine, covering)) {
            outer.report(
                    "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
                    at,
                    "what the writer may have put into the property '" + name + "' is not what the reader takes");
        }
    }

    private void compareRemoved(String at, String name, JsonNode given) {
        JsonNode covering = covering(ours, name);
        if (covering == null || JsonSchemaComparison.allowsNothing(given)) {
            return;
        }
        if (JsonSchemaComparison.allowsNothing(covering)) {
            outer.report(
                    "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
                    at,
                    "the reader allows no property '" + name + "', which the writer has");
        } else if (!outer.reads(covering, given)) {
            outer.report(
                    "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
                    at,
                    "what the reader says of other properties does not take the writer's '" + name + "'");
        }
    }

    /** What is said of a property that is not listed; null for nothing, {@code false} where there may be none. */
    private static @Nullable JsonNode covering(JsonNode schema, String name) {
        var patterns = schema.path("patternProperties").properties().iterator();
        while (patterns.hasNext()) {
            var pattern = patterns.next();
            if (matches(pattern.getKey(), name)) {
                return pattern.getValue();
            }
        }
        JsonNode others = schema.get("additionalProperties");
        return others == null || JsonSchemaComparison.allowsAll(others) ? null : others;
    }

    /** Patterns come from clients: they are matched in linear time. One that RE2 does not know matches nothing. */
    private static boolean matches(String pattern, String name) {
        try {
            return Pattern.compile(pattern).matcher(name).find();
        } catch (PatternSyntaxException e) {
            return false;
        }
    }

    private void compareRequired() {
        Set<String> before = new HashSet<>();
        theirs.path("required").forEach(name -> before.add(name.asText()));
        for (JsonNode each : ours.path("required")) {
            String name = each.asText();
            boolean defaulted = ours.path("properties").path(name).has("default");
            if (!before.contains(name) && !defaulted) {
                boolean added = !theirs.path("properties").has(name);
                outer.report(
                        added ? "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL" : "REQUIRED_ATTRIBUTE_ADDED",
                        path + "/required",
                        "the reader requires the property '" + name + "', the writer does not, and it has no default");
            }
        }
    }

    private void compareOthers() {
        JsonNode mine = ours.get("additionalProperties");
        JsonNode given = theirs.get("additionalProperties");
        if (mine == null
                || JsonSchemaComparison.allowsAll(mine)
                || (given != null && JsonSchemaComparison.allowsNothing(given))) {
            return;
        }
        if (JsonSchemaComparison.allowsNothing(mine)) {
            outer.report(
                    "ADDITIONAL_PROPERTIES_REMOVED", path, "the reader allows no further properties, the writer does");
        } else if (given == null || JsonSchemaComparison.allowsAll(given)) {
            outer.report("ADDITIONAL_PROPERTIES_NARROWED", path, "the reader demands something of further properties");
        } else {
            outer.compare(path + "/additionalProperties", mine, given);
        }
    }
}
