package io.millrace.broker.schema.registry;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.store.SchemaIndex;
import io.millrace.broker.schema.store.SubjectName;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which settings and mode hold for a subject: its own, those of its context, those of all. Called under the registry's lock;
 * keeps nothing.
 */
final class Settings {
    static final String ALL = "";

    private static final Set<String> MODES = Set.of("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT");
    private static final String LEVEL = "compatibilityLevel";

    private final SchemaIndex index;

    Settings(SchemaIndex index) {
        this.index = index;
    }

    /** Names under which something may be set that holds for the subject, the nearest first. */
    private static List<String> scopes(String subject) {
        String context = SubjectName.context(subject);
        return context.equals(SubjectName.DEFAULT_CONTEXT)
                ? List.of(subject, ALL)
                : List.of(subject, SubjectName.of(context, ""), ALL);
    }

    CompatibilityLevel level(String subject) {
        for (String scope : scopes(subject)) {
            ObjectNode config = index.config(scope);
            if (config != null && config.path(LEVEL).isTextual()) {
                return CompatibilityLevel.of(config.path(LEVEL).asText());
            }
        }
        return CompatibilityLevel.BACKWARD;
    }

    boolean normalizes(String subject) {
        for (String scope : scopes(subject)) {
            ObjectNode config = index.config(scope);
            if (config != null && config.path("normalize").isBoolean()) {
                return config.path("normalize").asBoolean();
            }
        }
        return false;
    }

    /** The property of metadata that keeps groups of versions apart; null where all belong together. */
    @Nullable
    String compatibilityGroup(String subject) {
        for (String scope : scopes(subject)) {
            ObjectNode config = index.config(scope);
            if (config != null && config.path("compatibilityGroup").isTextual()) {
                return config.path("compatibilityGroup").asText();
            }
        }
        return null;
    }

    String mode(String subject) {
        String forAll = index.mode(ALL);
        if (forAll != null && forAll.equals("READONLY_OVERRIDE")) {
            return forAll;
        }
        for (String scope : scopes(subject)) {
            String mode = index.mode(scope);
            if (mode != null) {
                return mode;
            }
        }
        return "READWRITE";
    }

    /** What is set in this one scope; null for nothing. */
    @Nullable
    ObjectNode config(String scope) {
        return index.config(scope);
    }

    /** What holds where nothing nearer is set. */
    ObjectNode effective(String scope) {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        List<String> scopes = scopes(scope);
        for (int i = scopes.size() - 1; i >= 0; i--) {
            ObjectNode set = index.config(scopes.get(i));
            if (set != null) {
                config.setAll(set);
            }
        }
        if (!config.has(LEVEL)) {
            config.put(LEVEL, CompatibilityLevel.BACKWARD.name());
        }
        return config;
    }

    /** A change as it is stored: over what was set, with the level under its stored name. */
    ObjectNode changed(String scope, ObjectNode change) {
        ObjectNode before = index.config(scope);
        ObjectNode next = before == null ? JsonNodeFactory.instance.objectNode() : before.deepCopy();
        change.properties().forEach(entry -> {
            boolean level =
                    entry.getKey().equals("compatibility") || entry.getKey().equals(LEVEL);
            if (entry.getValue().isNull()) {
                next.remove(level ? LEVEL : entry.getKey());
            } else if (level) {
                next.put(LEVEL, CompatibilityLevel.of(entry.getValue().asText()).name());
            } else {
                next.set(entry.getKey(), entry.getValue());
            }
        });
        return next;
    }

    static String checkedMode(String mode) {
        String upper = mode.toUpperCase(Locale.ROOT);
        if (!MODES.contains(upper)) {
            throw RegistryException.invalidMode(mode);
        }
        return upper;
    }
}
