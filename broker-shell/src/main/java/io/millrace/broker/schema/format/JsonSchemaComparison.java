package io.millrace.broker.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.format.ParsedSchema.Incompatibility;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether each document that the writer's JSON schema allows is allowed by the reader's. Goes keyword by keyword through both
 * and reports what the reader demands and the writer does not, by the names of Confluent's rules. What it cannot decide, it
 * reports. One comparison; one thread.
 */
final class JsonSchemaComparison {
    private static final List<String> UPPER =
            List.of("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties");
    private static final List<String> LOWER =
            List.of("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties");
    private static final Set<String> ALL_TYPES =
            Set.of("null", "boolean", "object", "array", "number", "integer", "string");

    private final JsonSchema reader;
    private final JsonSchema writer;
    private final List<Incompatibility> found = new ArrayList<>();
    /** Pairs that are being compared already: schemas may refer to themselves. */
    private final IdentityHashMap<JsonNode, List<JsonNode>> seen = new IdentityHashMap<>();

    private JsonSchemaComparison(JsonSchema reader, JsonSchema writer) {
        this.reader = reader;
        this.writer = writer;
    }

    static List<Incompatibility> of(JsonSchema reader, JsonSchema writer) {
        JsonSchemaComparison comparison = new JsonSchemaComparison(reader, writer);
        comparison.compare("#", reader.root(), writer.root());
        return comparison.found;
    }

    void compare(String path, JsonNode readerNode, JsonNode writerNode) {
        JsonNode theirs = writer.resolve(writerNode);
        JsonNode ours = reader.resolve(readerNode);
        if (ours == null || theirs == null) {
            if (!readerNode.equals(writerNode)) {
                report("UNKNOWN_REFERENCE", path, "a reference leads nowhere, so that the two cannot be compared");
            }
            return;
        }
        if (allowsAll(ours) || allowsNothing(theirs) || beganBefore(ours, theirs)) {
            return;
        }
        if (allowsNothing(ours)) {
            report("FALSE_SCHEMA", path, "the reader allows nothing here");
        } else if (combined(ours) || combined(theirs)) {
            new Combinations(path, ours, theirs).compare();
        } else {
            compareKeywords(path, ours, theirs);
        }
    }

    @SuppressWarnings("ReferenceEquality") // the same place, not an equal one
    private boolean beganBefore(JsonNode ours, JsonNode theirs) {
        List<JsonNode> partners = seen.computeIfAbsent(ours, unused -> new ArrayList<>());
        for (JsonNode partner : partners) {
            if (partner == theirs) {
                return true;
            }
        }
        partners.add(theirs);
        return false;
    }

    static boolean allowsAll(JsonNode schema) {
        return schema.isBoolean() ? schema.asBoolean() : schema.isObject() && schema.isEmpty();
    }

    static boolean allowsNothing(JsonNode schema) {
        return schema.isBoolean() && !schema.asBoolean();
    }

    private static boolean combined(JsonNode schema) {
        return schema.has("oneOf") || schema.has("anyOf") || schema.has("allOf");
    }

    boolean reads(JsonNode ours, JsonNode theirs) {
        JsonSchemaComparison part = new JsonSchemaComparison(reader, writer);
        seen.forEach((key, partners) -> part.seen.put(key, new ArrayList<>(partners)));
        part.compare("", ours, theirs);
        return part.found.isEmpty();
    }

    private void compareKeywords(String path, JsonNode ours, JsonNode theirs) {
        compareTypes(path, ours, theirs);
        compareValues(path, ours, theirs);
        UPPER.forEach(keyword -> compareBound(path, keyword, ours, theirs, 1));
        LOWER.forEach(keyword -> compareBound(path, keyword, ours, theirs, -1));
        comparePattern(path, ours, theirs);
        compareMultipleOf(path, ours, theirs);
        if (ours.path("uniqueItems").asBoolean() && !theirs.path("uniqueItems").asBoolean()) {
            report("UNIQUE_ITEMS_ADDED", path + "/uniqueItems", "the reader wants unique items, the writer does not");
        }
        compareNot(path, ours, theirs);
        Set<String> types = types(theirs);
        if (types.contains("array")) {
            compareItems(path, ours, theirs);
        }
        if (types.contains("object")) {
            new JsonObjectComparison(this, path, ours, theirs).compare();
        }
    }

    // Types and values

    private void compareTypes(String path, JsonNode ours, JsonNode theirs) {
        Set<String> wanted = types(ours);
        Set<String> written = types(theirs);
        if (!wanted.containsAll(written)) {
            Set<String> common = new HashSet<>(written);
            common.retainAll(wanted);
            report(
                    common.isEmpty() ? "TYPE_CHANGED" : "TYPE_NARROWED",
                    path + "/type",
                    "the reader takes " + text(ours.path("type")) + ", the writer gives " + text(theirs.path("type")));
        }
    }

    private static String text(JsonNode node) {
        return node.isMissingNode() ? "any type" : node.isTextual() ? node.asText() : node.toString();
    }

    private static Set<String> types(JsonNode schema) {
        JsonNode type = schema.path("type");
        Set<String> types = new HashSet<>();
        if (type.isTextual()) {
            types.add(type.asText());
        } else if (type.isArray()) {
            type.forEach(each -> types.add(each.asText()));
        } else {
            types.addAll(ALL_TYPES);
        }
        if (types.contains("number")) {
            types.add("integer");
        }
        return types;
    }

    private void compareValues(String path, JsonNode ours, JsonNode theirs) {
        Set<JsonNode> wanted = values(ours);
        Set<JsonNode> written = values(theirs);
        if (wanted == null) {
            return;
        }
        if (written == null) {
            report("ENUM_ARRAY_ADDED", path + "/enum", "the reader takes certain values, the writer gives any");
        } else if (!wanted.containsAll(written)) {
            report(
                    written.containsAll(wanted) ? "ENUM_ARRAY_NARROWED" : "ENUM_ARRAY_CHANGED",
                    path + "/enum",
                    "the reader takes " + wanted + ", the writer gives " + written);
        }
    }

    private static @Nullable Set<JsonNode> values(JsonNode schema) {
        Set<JsonNode> values = new HashSet<>();
        if (schema.has("const")) {
            values.add(schema.get("const"));
        } else if (schema.path("enum").isArray()) {
            schema.get("enum").forEach(values::add);
        } else {
            return null;
        }
        return values;
    }

    /** {@code sign} 1 for an upper bound, -1 for a lower one. Draft 4's exclusive bounds are booleans and left alone. */
    private void compareBound(String path, String keyword, JsonNode ours, JsonNode theirs, int sign) {
        JsonNode bound = ours.path(keyword);
        if (!bound.isNumber()) {
            return;
        }
        JsonNode before = theirs.path(keyword);
        String rule = keyword.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
        if (!before.isNumber()) {
            report(rule + "_ADDED", path + "/" + keyword, "the reader has " + keyword + " " + bound);
        } else if (before.decimalValue().compareTo(bound.decimalValue()) * sign > 0) {
            report(
                    rule + (sign > 0 ? "_DECREASED" : "_INCREASED"),
                    path + "/" + keyword,
                    "the reader's " + keyword + " is " + bound + ", the writer's " + before);
        }
    }

    private void comparePattern(String path, JsonNode ours, JsonNode theirs) {
        JsonNode pattern = ours.path("pattern");
        if (!pattern.isMissingNode() && !pattern.equals(theirs.path("pattern"))) {
            String rule = theirs.has("pattern") ? "PATTERN_CHANGED" : "PATTERN_ADDED";
            report(rule, path + "/pattern", "the reader wants the pattern " + pattern);
        }
    }

    private void compareMultipleOf(String path, JsonNode ours, JsonNode theirs) {
        JsonNode step = ours.path("multipleOf");
        if (!step.isNumber() || step.decimalValue().signum() == 0) {
            return;
        }
        JsonNode before = theirs.path("multipleOf");
        if (!before.isNumber()) {
            report("MULTIPLE_OF_ADDED", path + "/multipleOf", "the reader wants multiples of " + step);
        } else if (before.decimalValue().remainder(step.decimalValue()).compareTo(BigDecimal.ZERO) != 0) {
            report(
                    "MULTIPLE_OF_CHANGED",
                    path + "/multipleOf",
                    "the reader wants multiples of " + step + ", not of " + before);
        }
    }

    private void compareNot(String path, JsonNode ours, JsonNode theirs) {
        if (!ours.has("not")) {
            return;
        }
        boolean covered = theirs.has("not")
                && new JsonSchemaComparison(/* reader= */ writer, /* writer= */ reader)
                        .reads(/* ours= */ theirs.get("not"), /* theirs= */ ours.get("not"));
        if (!covered) {
            report("NOT_TYPE_EXTENDED", path + "/not", "the reader excludes what the writer allows");
        }
    }

    // Arrays

    private void compareItems(String path, JsonNode ours, JsonNode theirs) {
        List<JsonNode> ourHead = head(ours);
        List<JsonNode> theirHead = head(theirs);
        for (int i = 0; i < Math.max(ourHead.size(), theirHead.size()); i++) {
            compareItem(
                    path + "/items/" + i,
                    i < ourHead.size() ? ourHead.get(i) : rest(ours),
                    i < theirHead.size() ? theirHead.get(i) : rest(theirs));
        }
        compareItem(path + "/items", rest(ours), rest(theirs));
    }

    private void compareItem(String path, @Nullable JsonNode ours, @Nullable JsonNode theirs) {
        if (ours == null || (theirs != null && allowsNothing(theirs))) {
            return;
        }
        if (theirs == null) {
            if (!allowsAll(ours)) {
                report(
                        "ITEM_ADDED_TO_OPEN_CONTENT_MODEL",
                        path,
                        "the reader demands something of items, the writer nothing");
            }
            return;
        }
        compare(path, ours, theirs);
    }

    private static List<JsonNode> head(JsonNode schema) {
        JsonNode tuple = schema.path("prefixItems").isArray() ? schema.get("prefixItems") : schema.path("items");
        List<JsonNode> head = new ArrayList<>();
        if (tuple.isArray()) {
            tuple.forEach(head::add);
        }
        return head;
    }

    /** What items behind the tuple must be; null for anything. */
    private static @Nullable JsonNode rest(JsonNode schema) {
        JsonNode items = schema.get("items");
        return items != null && items.isArray() ? schema.get("additionalItems") : items;
    }

    void report(String type, String path, String description) {
        found.add(new Incompatibility(type, path, description));
    }

    /** Schemas of alternatives (oneOf, anyOf) and of conditions that hold together (allOf). */
    private final class Combinations {
        private final String path;
        private final JsonNode ours;
        private final JsonNode theirs;

        Combinations(String path, JsonNode ours, JsonNode theirs) {
            this.path = path;
            this.ours = ours;
            this.theirs = theirs;
        }

        void compare() {
            List<JsonNode> written = alternatives(theirs);
            if (written != null) {
                for (JsonNode each : written) {
                    if (!readerTakes(each)) {
                        report(
                                "SUM_TYPE_NARROWED",
                                path,
                                "the reader lacks an alternative that the writer has: " + each);
                    }
                }
            } else if (!readerTakes(theirs)) {
                boolean product = ours.has("allOf");
                report(
                        product ? "PRODUCT_TYPE_EXTENDED" : "COMBINED_TYPE_SUBSCHEMAS_CHANGED",
                        path,
                        "the reader's combination does not take what the writer gives");
            }
        }

        private boolean readerTakes(JsonNode written) {
            List<JsonNode> taken = alternatives(ours);
            if (taken != null) {
                return taken.stream().anyMatch(each -> reads(each, written));
            }
            if (ours.has("allOf")) {
                return conditions(ours).stream().allMatch(each -> isMet(each, written));
            }
            return isMet(ours, written);
        }

        private boolean isMet(JsonNode condition, JsonNode written) {
            return written.has("allOf")
                    ? conditions(written).stream().anyMatch(each -> reads(condition, each))
                    : reads(condition, written);
        }

        private static @Nullable List<JsonNode> alternatives(JsonNode schema) {
            JsonNode branches = schema.has("oneOf") ? schema.get("oneOf") : schema.get("anyOf");
            return branches == null ? null : list(branches);
        }

        /** The branches of allOf, and what stands beside it. */
        private static List<JsonNode> conditions(JsonNode schema) {
            List<JsonNode> conditions = list(schema.get("allOf"));
            ObjectNode beside = schema.deepCopy();
            beside.remove(List.of("allOf", "$schema", "$id", "title", "description", "definitions", "$defs"));
            if (!beside.isEmpty()) {
                conditions.add(beside);
            }
            return conditions;
        }

        private static List<JsonNode> list(JsonNode array) {
            List<JsonNode> list = new ArrayList<>();
            array.forEach(list::add);
            return list;
        }
    }
}
