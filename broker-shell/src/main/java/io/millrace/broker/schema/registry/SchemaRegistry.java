package io.millrace.broker.schema.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.schema.format.ParsedSchema;
import io.millrace.broker.schema.store.RegistryRecord;
import io.millrace.broker.schema.store.SchemaIndex;
import io.millrace.broker.schema.store.StoredSchema;
import io.millrace.broker.schema.store.StoredSchema.Content;
import io.millrace.broker.schema.store.SubjectName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Registers, compares and deletes schemas. Owned by the node's registry; any thread but an event loop, since it may parse,
 * and wait for the log.
 *
 * <p>A write is decided, appended and read back under the write lock, so that what it was decided upon still holds: an id is
 * given once, and two clients that register at the same time are compared with each other.
 */
public final class SchemaRegistry {
    private final SchemaStore store;

    /** Over the store of this node. */
    public SchemaRegistry(SchemaStore store) {
        this.store = store;
    }

    /** What is only read. */
    public SchemaQueries queries() {
        return new SchemaQueries(store);
    }

    // Registering

    /** Registers, or finds what is there already. */
    public StoredSchema register(String name, SchemaRequest request, boolean normalize) {
        String subject = SubjectName.normalized(name);
        StoredSchema known = store.read(index -> registered(index, subject, request, normalize));
        return known != null ? known : store.write(index -> registerNew(index, subject, request, normalize));
    }

    /** The same schema in this subject, where there is nothing left to do: the every-day case of a producer that starts. */
    private static @Nullable StoredSchema registered(
            SchemaIndex index, String subject, SchemaRequest request, boolean normalize) {
        if (request.id() >= 0) {
            return null;
        }
        Content content = content(index, subject, request, normalize);
        return newest(index.active(subject), content);
    }

    private StoredSchema registerNew(SchemaIndex index, String subject, SchemaRequest request, boolean normalize)
            throws Exception {
        Content content = content(index, subject, request, normalize);
        StoredSchema known = newest(index.active(subject), content);
        if (known != null && (request.id() < 0 || request.id() == known.id())) {
            return known;
        }
        String mode = new Settings(index).mode(subject);
        checkMode(subject, request, mode);
        if (!mode.equals("IMPORT")) {
            List<String> problems = problems(index, subject, request, index.active(subject));
            if (!problems.isEmpty()) {
                throw RegistryException.incompatible(subject, problems);
            }
        }
        int version = version(index, subject, request);
        int id = id(index, subject, request, content);
        StoredSchema fresh = new StoredSchema(
                subject,
                version,
                id,
                content.type(),
                content.references(),
                content.metadata(),
                content.ruleSet(),
                content.schema(),
                false);
        store.append(List.of(RegistryRecord.schema(fresh)));
        return fresh;
    }

    private static void checkMode(String subject, SchemaRequest request, String mode) {
        if (mode.startsWith("READONLY")) {
            throw RegistryException.notPermitted("Subject " + subject + " is in read-only mode");
        }
        if (request.id() >= 0 && !mode.equals("IMPORT")) {
            throw RegistryException.notPermitted("Subject " + subject + " is not in import mode");
        }
        if (request.id() < 0 && mode.equals("IMPORT")) {
            throw RegistryException.notPermitted(
                    "Subject " + subject + " is in import mode: a schema to register needs an id");
        }
    }

    private static int version(SchemaIndex index, String subject, SchemaRequest request) {
        NavigableMap<Integer, StoredSchema> versions = index.versions(subject);
        if (request.id() < 0 || request.version() < 1) {
            return versions.isEmpty() ? 1 : versions.lastKey() + 1;
        }
        StoredSchema there = versions.get(request.version());
        if (there != null && !there.deleted()) {
            throw RegistryException.notPermitted("Subject " + subject + " has a version " + request.version()
                    + " with another schema; import does not overwrite it");
        }
        return request.version();
    }

    private static int id(SchemaIndex index, String subject, SchemaRequest request, Content content) {
        String context = SubjectName.context(subject);
        if (request.id() < 0) {
            int known = index.idOf(context, content);
            return known > 0 ? known : nextId(index.highestId(context));
        }
        for (StoredSchema user : index.byId(context, request.id())) {
            if (!user.content().equals(content)) {
                throw RegistryException.notPermitted("Overwrite new schema with id " + request.id()
                        + " is not permitted: subject " + user.subject() + " uses it for another one");
            }
        }
        return request.id();
    }

    private static int nextId(int highest) {
        if (highest == Integer.MAX_VALUE) {
            throw RegistryException.store("all ids are given");
        }
        return highest + 1;
    }

    /** What would be stored; throws where the schema is none. Metadata and rules that are not given stay as they were. */
    static Content content(SchemaIndex index, String subject, SchemaRequest request, boolean normalize) {
        ParsedSchema parsed = new Schemas(index).parse(subject, request);
        boolean normalized = normalize || new Settings(index).normalizes(subject);
        List<StoredSchema> active = index.active(subject);
        StoredSchema last = active.isEmpty() ? null : active.get(active.size() - 1);
        JsonNode metadata = request.metadata() == null && last != null ? last.metadata() : request.metadata();
        JsonNode ruleSet = request.ruleSet() == null && last != null ? last.ruleSet() : request.ruleSet();
        return new Content(
                request.type(),
                normalized ? parsed.normalized() : parsed.canonical(),
                request.references(),
                metadata,
                ruleSet);
    }

    static @Nullable StoredSchema newest(List<StoredSchema> versions, Content content) {
        for (int i = versions.size() - 1; i >= 0; i--) {
            if (versions.get(i).content().equals(content)) {
                return versions.get(i);
            }
        }
        return null;
    }

    // Comparing

    /**
     * What keeps a schema from being the next version; empty where nothing does.
     *
     * @param version compare with this one alone, as the level asks; null for those that the level names
     */
    public List<String> test(String name, SchemaRequest request, @Nullable String version) {
        String subject = SubjectName.normalized(name);
        return store.read(index -> {
            if (version == null) {
                return problems(index, subject, request, index.active(subject));
            }
            StoredSchema old = SchemaQueries.version(index, subject, version, false);
            return problems(index, subject, request, List.of(old));
        });
    }

    private static List<String> problems(
            SchemaIndex index, String subject, SchemaRequest request, List<StoredSchema> before) {
        Schemas schemas = new Schemas(index);
        Settings settings = new Settings(index);
        ParsedSchema fresh = schemas.parse(subject, request);
        CompatibilityLevel level = settings.level(subject);
        if (level == CompatibilityLevel.NONE) {
            return List.of();
        }
        List<StoredSchema> peers = new ArrayList<>(sameGroup(settings.compatibilityGroup(subject), request, before));
        Collections.reverse(peers);
        for (StoredSchema old : level.isTransitive() ? peers : peers.subList(0, Math.min(1, peers.size()))) {
            List<String> problems = old.type().equals(request.type())
                    ? new ArrayList<>(level.problems(fresh, schemas.parse(old)))
                    : new ArrayList<>(List.of("the schema is of type " + request.type() + ", version " + old.version()
                            + " of type " + old.type()));
            if (!problems.isEmpty()) {
                problems.add("{oldSchemaVersion: " + old.version() + "}");
                problems.add("{oldSchema: '" + old.schema() + "'}");
                problems.add("{compatibility: '" + level + "'}");
                return problems;
            }
        }
        return List.of();
    }

    private static List<StoredSchema> sameGroup(
            @Nullable String group, SchemaRequest request, List<StoredSchema> before) {
        if (group == null) {
            return before;
        }
        String own = group(request.metadata(), group);
        return before.stream()
                .filter(old -> Objects.equals(own, group(old.metadata(), group)))
                .toList();
    }

    private static @Nullable String group(@Nullable JsonNode metadata, String property) {
        JsonNode value = metadata == null ? null : metadata.path("properties").get(property);
        return value == null ? null : value.asText();
    }

    // Deleting

    /** Deletes all versions of a subject; returns their numbers. */
    public List<Integer> deleteSubject(String name, boolean permanent) {
        String subject = SubjectName.normalized(name);
        return store.write(index -> {
            List<StoredSchema> versions = List.copyOf(index.versions(subject).values());
            List<StoredSchema> active = index.active(subject);
            if (versions.isEmpty()) {
                throw RegistryException.subjectNotFound(subject);
            }
            if (!permanent && active.isEmpty()) {
                throw RegistryException.subjectSoftDeleted(subject);
            }
            if (permanent && !active.isEmpty()) {
                throw RegistryException.subjectNotSoftDeleted(subject);
            }
            checkWritable(index, subject);
            List<StoredSchema> gone = permanent ? versions : active;
            gone.forEach(each -> checkNotReferenced(index, each));
            int last = versions.get(versions.size() - 1).version();
            store.append(permanent ? tombstones(index, gone) : softDeletion(index, subject, last));
            return gone.stream().map(StoredSchema::version).toList();
        });
    }

    /** Settings and mode of a subject go with it. */
    private static List<RegistryRecord> softDeletion(SchemaIndex index, String subject, int last) {
        List<RegistryRecord> records = new ArrayList<>();
        records.add(RegistryRecord.deleteSubject(subject, last));
        if (index.mode(subject) != null) {
            records.add(new RegistryRecord(RegistryRecord.Kind.MODE, subject, 0, null));
        }
        if (index.config(subject) != null) {
            records.add(new RegistryRecord(RegistryRecord.Kind.CONFIG, subject, 0, null));
        }
        return records;
    }

    /** Behind the highest ids, or compaction would forget them, and they would be given again. */
    private static List<RegistryRecord> tombstones(SchemaIndex index, List<StoredSchema> gone) {
        List<RegistryRecord> records = new ArrayList<>();
        records.add(RegistryRecord.highestIds(index.highestIds()));
        gone.forEach(each -> records.add(RegistryRecord.noSchema(each.subject(), each.version())));
        return records;
    }

    /** Deletes one version; returns its number. */
    public int deleteVersion(String name, String version, boolean permanent) {
        String subject = SubjectName.normalized(name);
        return store.write(index -> {
            StoredSchema found = SchemaQueries.version(index, subject, version, true);
            if (!permanent && found.deleted()) {
                throw RegistryException.versionSoftDeleted(subject, found.version());
            }
            if (permanent && !found.deleted()) {
                throw RegistryException.versionNotSoftDeleted(subject, found.version());
            }
            checkWritable(index, subject);
            checkNotReferenced(index, found);
            store.append(
                    permanent ? tombstones(index, List.of(found)) : List.of(RegistryRecord.schema(found.asDeleted())));
            return found.version();
        });
    }

    private static void checkWritable(SchemaIndex index, String subject) {
        if (new Settings(index).mode(subject).startsWith("READONLY")) {
            throw RegistryException.notPermitted("Subject " + subject + " is in read-only mode");
        }
    }

    private static void checkNotReferenced(SchemaIndex index, StoredSchema target) {
        Schemas schemas = new Schemas(index);
        if (index.all().anyMatch(each -> !each.deleted() && schemas.refersTo(each, target))) {
            throw RegistryException.referenceExists(target.subject(), target.version());
        }
    }

    // Settings and modes

    /** Changes the settings of a subject, of all with the empty name; returns what was asked for. */
    public ObjectNode setConfig(String name, ObjectNode change) {
        String scope = SubjectName.normalized(name);
        store.read(index -> new Settings(index).changed(scope, change)); // a bad value makes no topic
        return store.write(index -> {
            ObjectNode next = new Settings(index).changed(scope, change);
            store.append(List.of(record(RegistryRecord.Kind.CONFIG, scope, next)));
            return change;
        });
    }

    /** Removes them; returns what they were. */
    public ObjectNode deleteConfig(String name) {
        String scope = SubjectName.normalized(name);
        return store.write(index -> {
            Settings settings = new Settings(index);
            ObjectNode before = settings.config(scope);
            if (before == null && !scope.isEmpty()) {
                throw RegistryException.subjectNotFound(scope);
            }
            ObjectNode told = before == null ? settings.effective(scope) : before;
            store.append(List.of(record(RegistryRecord.Kind.CONFIG, scope, null)));
            return told;
        });
    }

    /** Sets the mode of a subject, of all with the empty name; {@code force} imports over what is there. */
    public String setMode(String name, String mode, boolean force) {
        String scope = SubjectName.normalized(name);
        String checked = Settings.checkedMode(mode);
        return store.write(index -> {
            if (checked.equals("IMPORT") && !force && hasSchemas(index, scope)) {
                throw RegistryException.notPermitted(
                        "Cannot import since found existing subjects; force=true imports beside them");
            }
            store.append(List.of(record(
                    RegistryRecord.Kind.MODE,
                    scope,
                    JsonNodeFactory.instance.objectNode().put("mode", checked))));
            return checked;
        });
    }

    private static boolean hasSchemas(SchemaIndex index, String scope) {
        return index.all()
                .filter(each -> !each.deleted())
                .anyMatch(each -> scope.isEmpty()
                        || each.subject().equals(scope)
                        || (SubjectName.plain(scope).isEmpty()
                                && SubjectName.context(each.subject()).equals(SubjectName.context(scope))));
    }

    /** Removes it; returns what it was. */
    public String deleteMode(String name) {
        String scope = SubjectName.normalized(name);
        return store.write(index -> {
            String before = index.mode(scope);
            if (before == null) {
                throw RegistryException.noMode(scope);
            }
            store.append(List.of(record(RegistryRecord.Kind.MODE, scope, null)));
            return before;
        });
    }

    private static RegistryRecord record(RegistryRecord.Kind kind, String scope, @Nullable ObjectNode value) {
        return new RegistryRecord(kind, scope.isEmpty() ? null : scope, 0, value);
    }
}
