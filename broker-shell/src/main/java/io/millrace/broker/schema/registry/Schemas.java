package io.millrace.broker.schema.registry;

import io.millrace.broker.schema.format.InvalidSchemaException;
import io.millrace.broker.schema.format.ParsedSchema;
import io.millrace.broker.schema.format.SchemaFormat;
import io.millrace.broker.schema.store.Reference;
import io.millrace.broker.schema.store.SchemaIndex;
import io.millrace.broker.schema.store.StoredSchema;
import io.millrace.broker.schema.store.SubjectName;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Understands schemas together with what they refer to. Called under the registry's lock; keeps nothing. */
final class Schemas {
    private final SchemaIndex index;

    Schemas(SchemaIndex index) {
        this.index = index;
    }

    static SchemaFormat format(String type) {
        try {
            return SchemaFormat.valueOf(type);
        } catch (IllegalArgumentException e) {
            throw RegistryException.invalidSchema(
                    "Invalid schema type " + type + ". Known types are AVRO, JSON and PROTOBUF");
        }
    }

    ParsedSchema parse(String subject, SchemaRequest request) {
        return parse(subject, request.type(), request.schema(), request.references());
    }

    ParsedSchema parse(StoredSchema schema) {
        return parse(schema.subject(), schema.type(), schema.schema(), schema.references());
    }

    private ParsedSchema parse(String subject, String type, String text, List<Reference> references) {
        SchemaFormat format = format(type);
        Map<String, String> resolved = new LinkedHashMap<>();
        resolve(subject, references, resolved, new HashSet<>());
        try {
            return format.parse(text, resolved);
        } catch (InvalidSchemaException e) {
            throw RegistryException.invalidSchema(String.valueOf(e.getMessage()));
        }
    }

    /** What others build on first. */
    private void resolve(String parent, List<Reference> references, Map<String, String> into, Set<String> path) {
        for (Reference reference : references) {
            StoredSchema target = target(parent, reference);
            if (target == null) {
                throw RegistryException.invalidSchema("Invalid schema: no schema reference found for subject \""
                        + reference.subject() + "\" and version " + reference.version());
            }
            String place = target.subject() + " " + target.version();
            if (!path.add(place)) {
                throw RegistryException.invalidSchema(
                        "Invalid schema: the references form a circle through subject \"" + target.subject() + "\"");
            }
            if (!into.containsKey(reference.name())) {
                resolve(target.subject(), target.references(), into, path);
                into.put(reference.name(), target.schema());
            }
            path.remove(place);
        }
    }

    private @Nullable StoredSchema target(String parent, Reference reference) {
        String subject = SubjectName.within(parent, reference.subject());
        if (reference.version() == -1) {
            List<StoredSchema> active = index.active(subject);
            return active.isEmpty() ? null : active.get(active.size() - 1);
        }
        return index.versions(subject).get(reference.version());
    }

    /** Whether a schema refers to that version. */
    boolean refersTo(StoredSchema schema, StoredSchema target) {
        return schema.references().stream().anyMatch(each -> target.equals(target(schema.subject(), each)));
    }
}
