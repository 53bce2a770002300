package io.millrace.broker.schema.store;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.store.RegistryRecord.UnreadableRecordException;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that the records of {@code _schemas} say, for look-up: versions by subject, schemas by id and by content, settings and
 * modes. Changed by {@link #apply} alone, in the order of the log. Guarded by the registry's lock.
 */
public final class SchemaIndex {
    private final TreeMap<String, TreeMap<Integer, StoredSchema>> subjects = new TreeMap<>();
    private final Map<String, Context> contexts = new TreeMap<>();
    private final Map<String, ObjectNode> configs = new HashMap<>();
    private final Map<String, String> modes = new HashMap<>();

    /** Ids of one context. */
    private static final class Context {
        final Map<Integer, TreeMap<String, StoredSchema>> byId = new HashMap<>();
        final Map<StoredSchema.Content, Integer> idOf = new HashMap<>();
        int highestId;
    }

    // Changes

    /** Takes a record in. */
    void apply(RegistryRecord entry) throws UnreadableRecordException {
        String subject = entry.subject() == null ? "" : SubjectName.normalized(entry.subject());
        switch (entry.kind()) {
            case SCHEMA -> {
                if (entry.value() == null) {
                    remove(subject, entry.version());
                } else {
                    put(entry.toSchema());
                }
            }
            case CONFIG -> replace(configs, subject, entry.value());
            case MODE ->
                replace(
                        modes,
                        subject,
                        entry.value() == null
                                ? null
                                : entry.value().path("mode").asText());
            case DELETE_SUBJECT -> {
                if (entry.value() != null) {
                    deleteUpTo(subject, entry.value().path("version").asInt());
                }
            }
            case CLEAR_SUBJECT -> {
                if (entry.value() != null) {
                    clear(subject);
                }
            }
            case NOOP -> raiseIds(entry.value());
            case CONTEXT -> {} // a context is there as soon as a subject is in it
        }
    }

    private static <V> void replace(Map<String, V> map, String subject, @Nullable V value) {
        if (value == null) {
            map.remove(subject);
        } else {
            map.put(subject, value);
        }
    }

    private void put(StoredSchema schema) {
        remove(schema.subject(), schema.version());
        subjects.computeIfAbsent(schema.subject(), unused -> new TreeMap<>()).put(schema.version(), schema);
        Context context = contexts.computeIfAbsent(SubjectName.context(schema.subject()), unused -> new Context());
        context.byId
                .computeIfAbsent(schema.id(), unused -> new TreeMap<>())
                .put(place(schema.subject(), schema.version()), schema);
        context.idOf.putIfAbsent(schema.content(), schema.id());
        context.highestId = Math.max(context.highestId, schema.id());
    }

    private static String place(String subject, int version) {
        return subject + '\0' + String.format(java.util.Locale.ROOT, "%010d", version);
    }

    private void remove(String subject, int version) {
        TreeMap<Integer, StoredSchema> versions = subjects.get(subject);
        StoredSchema removed = versions == null ? null : versions.remove(version);
        if (versions == null || removed == null) {
            return;
        }
        if (versions.isEmpty()) {
            subjects.remove(subject);
        }
        Context context = contexts.get(SubjectName.context(subject));
        TreeMap<String, StoredSchema> users = context == null ? null : context.byId.get(removed.id());
        if (context != null && users != null) {
            users.remove(place(subject, version));
            if (users.isEmpty()) {
                context.byId.remove(removed.id());
                context.idOf.remove(removed.content(), removed.id());
            }
        }
    }

    private void deleteUpTo(String subject, int version) {
        versions(subject).values().stream()
                .filter(each -> each.version() <= version && !each.deleted())
                .toList()
                .forEach(each -> put(each.asDeleted()));
    }

    private void clear(String subject) {
        versions(subject).values().stream()
                .filter(StoredSchema::deleted)
                .toList()
                .forEach(each -> remove(subject, each.version()));
    }

    private void raiseIds(@Nullable ObjectNode value) {
        if (value == null) {
            return;
        }
        value.path("ids").properties().forEach(entry -> {
            Context context = contexts.computeIfAbsent(entry.getKey(), unused -> new Context());
            context.highestId = Math.max(context.highestId, entry.getValue().asInt());
        });
    }

    // Look-up

    /** All versions of a subject by number, deleted ones too; empty where there is none. */
    public NavigableMap<Integer, StoredSchema> versions(String subject) {
        TreeMap<Integer, StoredSchema> versions = subjects.get(subject);
        return versions == null ? Collections.emptyNavigableMap() : versions;
    }

    /** The versions of a subject that are not deleted, oldest first. */
    public List<StoredSchema> active(String subject) {
        return versions(subject).values().stream()
                .filter(each -> !each.deleted())
                .toList();
    }

    /** Names of all subjects that have a version, deleted or not. */
    public Set<String> subjects() {
        return subjects.keySet();
    }

    /** All versions of all subjects. */
    public Stream<StoredSchema> all() {
        return subjects.values().stream().flatMap(versions -> versions.values().stream());
    }

    /** Who uses an id, by subject and version; empty where it is unknown. */
    public Collection<StoredSchema> byId(String context, int id) {
        Context found = contexts.get(context);
        TreeMap<String, StoredSchema> users = found == null ? null : found.byId.get(id);
        return users == null ? List.of() : users.values();
    }

    /** The id of a schema that a context has already; 0 where it has none. */
    public int idOf(String context, StoredSchema.Content content) {
        Context found = contexts.get(context);
        return found == null ? 0 : found.idOf.getOrDefault(content, 0);
    }

    /** The highest id that was ever given in a context. */
    public int highestId(String context) {
        Context found = contexts.get(context);
        return found == null ? 0 : found.highestId;
    }

    /** The highest ids of all contexts, as a record keeps them. */
    public ObjectNode highestIds() {
        ObjectNode ids = JsonNodeFactory.instance.objectNode();
        contexts.forEach((name, context) -> ids.put(name, context.highestId));
        return ids;
    }

    /** The default context and all that have something in them. */
    public Set<String> contexts() {
        Set<String> names = new TreeSet<>(Set.of(SubjectName.DEFAULT_CONTEXT));
        subjects.keySet().forEach(subject -> names.add(SubjectName.context(subject)));
        return names;
    }

    /** What is set for a subject, for all with the empty name; null for nothing. */
    public @Nullable ObjectNode config(String subject) {
        return configs.get(subject);
    }

    /** The mode that is set for a subject, for all with the empty name; null for none. */
    public @Nullable String mode(String subject) {
        return modes.get(subject);
    }
}
