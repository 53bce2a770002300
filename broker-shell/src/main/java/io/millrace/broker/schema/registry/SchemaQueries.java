package io.millrace.broker.schema.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.store.SchemaIndex;
import io.millrace.broker.schema.store.StoredSchema;
import io.millrace.broker.schema.store.StoredSchema.Content;
import io.millrace.broker.schema.store.SubjectName;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All that is only asked. Stateless over the store. */
public final class SchemaQueries {
    private final SchemaStore store;

    SchemaQueries(SchemaStore store) {
        this.store = store;
    }

    /** Which versions are wanted. */
    public enum Deleted {
        /** Those that are not deleted. */
        NO,
        /** All. */
        TOO,
        /** Softly deleted ones alone. */
        ONLY;

        boolean takes(StoredSchema schema) {
            return this == TOO || schema.deleted() == (this == ONLY);
        }
    }

    /** Names of subjects with a prefix; {@code :*:} in front of it stands for all contexts. */
    public List<String> subjects(String prefix, Deleted deleted) {
        Predicate<String> wanted = byPrefix(prefix);
        return store.read(index -> index.subjects().stream()
                .filter(wanted)
                .filter(subject -> index.versions(subject).values().stream().anyMatch(deleted::takes))
                .filter(subject ->
                        deleted != Deleted.ONLY || index.active(subject).isEmpty())
                .toList());
    }

    private static Predicate<String> byPrefix(String prefix) {
        if (prefix.startsWith(SubjectName.EVERY_CONTEXT)) {
            String plain = prefix.substring(SubjectName.EVERY_CONTEXT.length());
            return subject -> SubjectName.plain(subject).startsWith(plain);
        }
        String context = SubjectName.context(prefix);
        String plain = SubjectName.plain(prefix);
        return subject -> SubjectName.context(subject).equals(context)
                && SubjectName.plain(subject).startsWith(plain);
    }

    /** All versions of all subjects with a prefix. */
    public List<StoredSchema> schemas(String prefix, Deleted deleted, boolean latestOnly) {
        Predicate<String> wanted = byPrefix(prefix);
        return store.read(index -> index.subjects().stream()
                .filter(wanted)
                .flatMap(subject -> {
                    List<StoredSchema> versions = index.versions(subject).values().stream()
                            .filter(deleted::takes)
                            .toList();
                    return latestOnly && !versions.isEmpty()
                            ? Stream.of(versions.get(versions.size() - 1))
                            : versions.stream();
                })
                .toList());
    }

    /** Numbers of a subject's versions. */
    public List<Integer> versions(String name, Deleted deleted) {
        String subject = SubjectName.normalized(name);
        return store.read(index -> {
            List<Integer> versions = index.versions(subject).values().stream()
                    .filter(deleted::takes)
                    .map(StoredSchema::version)
                    .toList();
            if (versions.isEmpty()) {
                throw RegistryException.subjectNotFound(subject);
            }
            return versions;
        });
    }

    /** One version, by number, {@code latest} or -1. */
    public StoredSchema version(String name, String version, boolean deletedToo) {
        return store.read(index -> version(index, SubjectName.normalized(name), version, deletedToo));
    }

    static StoredSchema version(SchemaIndex index, String subject, String version, boolean deletedToo) {
        int number = number(version);
        List<StoredSchema> candidates = index.versions(subject).values().stream()
                .filter(each -> deletedToo || !each.deleted())
                .toList();
        if (candidates.isEmpty()) {
            throw RegistryException.subjectNotFound(subject);
        }
        if (number == -1) {
            List<StoredSchema> active = index.active(subject);
            return active.isEmpty() ? candidates.get(candidates.size() - 1) : active.get(active.size() - 1);
        }
        return candidates.stream()
                .filter(each -> each.version() == number)
                .findFirst()
                .orElseThrow(() -> RegistryException.versionNotFound(number));
    }

    private static int number(String version) {
        if (version.equals("latest") || version.equals("-1")) {
            return -1;
        }
        try {
            int number = Integer.parseInt(version);
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw RegistryException.invalidVersion(version);
    }

    /** The version of a subject that has this schema. */
    public StoredSchema find(String name, SchemaRequest request, boolean normalize, boolean deletedToo) {
        String subject = SubjectName.normalized(name);
        return store.read(index -> {
            List<StoredSchema> versions = index.versions(subject).values().stream()
                    .filter(each -> deletedToo || !each.deleted())
                    .toList();
            if (versions.isEmpty()) {
                throw RegistryException.subjectNotFound(subject);
            }
            Content wanted = SchemaRegistry.content(index, subject, request, normalize);
            for (int i = versions.size() - 1; i >= 0; i--) {
                Content there = versions.get(i).content();
                boolean same = there.type().equals(wanted.type())
                        && there.schema().equals(wanted.schema())
                        && there.references().equals(wanted.references())
                        && (request.metadata() == null || request.metadata().equals(there.metadata()))
                        && (request.ruleSet() == null || request.ruleSet().equals(there.ruleSet()));
                if (same) {
                    return versions.get(i);
                }
            }
            throw RegistryException.schemaNotFound();
        });
    }

    /** The newest version of a subject with these properties in its metadata. */
    public StoredSchema withMetadata(String name, Map<String, String> properties, boolean deletedToo) {
        String subject = SubjectName.normalized(name);
        return store.read(index -> {
            StoredSchema found = null;
            for (StoredSchema each : index.versions(subject).values()) {
                if ((deletedToo || !each.deleted()) && hasProperties(each.metadata(), properties)) {
                    found = each;
                }
            }
            if (found == null) {
                throw RegistryException.schemaNotFound();
            }
            return found;
        });
    }

    private static boolean hasProperties(@Nullable JsonNode metadata, Map<String, String> wanted) {
        JsonNode properties = metadata == null ? null : metadata.get("properties");
        return properties != null
                && wanted.entrySet().stream()
                        .allMatch(entry ->
                                Objects.equals(properties.path(entry.getKey()).asText(null), entry.getValue()));
    }

    /** The schema with an id, in the context that the subject names; another context's where that subject has it there. */
    public StoredSchema byId(int id, String subject) {
        return users(id, subject, true).iterator().next();
    }

    /** The versions that use an id. */
    public List<StoredSchema> users(int id, String subject, boolean deletedToo) {
        return store.read(index -> {
            Collection<StoredSchema> users = index.byId(SubjectName.context(subject), id);
            if (users.isEmpty() && !SubjectName.plain(subject).isEmpty()) {
                users = index.all()
                        .filter(each -> each.id() == id
                                && SubjectName.plain(each.subject()).equals(subject))
                        .toList();
            }
            List<StoredSchema> wanted =
                    users.stream().filter(each -> deletedToo || !each.deleted()).toList();
            if (users.isEmpty()) {
                throw RegistryException.schemaNotFound(id);
            }
            return wanted;
        });
    }

    /** The highest id of a context. */
    public int highestId(String subject) {
        return store.read(index -> index.highestId(SubjectName.context(subject)));
    }

    /** Ids of the schemas that refer to a version. */
    public List<Integer> referencedBy(String name, String version) {
        return store.read(index -> {
            StoredSchema target = version(index, SubjectName.normalized(name), version, true);
            Schemas schemas = new Schemas(index);
            return index.all()
                    .filter(each -> !each.deleted() && schemas.refersTo(each, target))
                    .map(StoredSchema::id)
                    .distinct()
                    .sorted()
                    .toList();
        });
    }

    /** Names of contexts. */
    public List<String> contexts() {
        return store.read(index -> List.copyOf(index.contexts()));
    }

    /** The settings of a subject, of all with the empty name. */
    public ObjectNode config(String name, boolean defaultToGlobal) {
        String scope = SubjectName.normalized(name);
        return store.read(index -> {
            Settings settings = new Settings(index);
            ObjectNode own = settings.config(scope);
            if (own == null && !scope.isEmpty() && !defaultToGlobal) {
                throw RegistryException.noCompatibility(scope);
            }
            return scope.isEmpty() || defaultToGlobal || own == null ? settings.effective(scope) : own;
        });
    }

    /** The mode of a subject, of all with the empty name. */
    public String mode(String name, boolean defaultToGlobal) {
        String scope = SubjectName.normalized(name);
        return store.read(index -> {
            String own = index.mode(scope);
            if (own == null && !scope.isEmpty() && !defaultToGlobal) {
                throw RegistryException.noMode(scope);
            }
            return own == null ? new Settings(index).mode(scope) : own;
        });
    }
}
