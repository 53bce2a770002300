package io.millrace.broker.schema.format;

import com.squareup.wire.schema.internal.parser.MessageElement;
import com.squareup.wire.schema.internal.parser.TypeElement;
import io.millrace.broker.schema.format.ParsedSchema.Incompatibility;
import io.millrace.broker.schema.format.ProtobufSchema.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether a reader with one Protobuf schema understands what a writer with another one has written. Fields are compared by
 * their tags; names mean nothing on the wire. Added and removed optional fields, and all changes of enums, are harmless.
 */
final class ProtobufComparison {
    private final ProtobufSchema reader;
    private final ProtobufSchema writer;
    private final List<Incompatibility> found = new ArrayList<>();

    ProtobufComparison(ProtobufSchema reader, ProtobufSchema writer) {
        this.reader = reader;
        this.writer = writer;
    }

    List<Incompatibility> problems() {
        writer.types().forEach(this::compareType);
        return found;
    }

    private void compareType(String name, TypeElement written) {
        if (!(written instanceof MessageElement theirs)) {
            return;
        }
        if (reader.types().get(name) instanceof MessageElement ours) {
            compareFields(name, ProtobufSchema.fields(ours), ProtobufSchema.fields(theirs));
        } else {
            report("MESSAGE_REMOVED", "#/" + name, "the message '" + name + "' is missing in the reader's schema");
        }
    }

    private void compareFields(String message, Map<Integer, Field> ours, Map<Integer, Field> theirs) {
        theirs.forEach((tag, before) -> {
            Field now = ours.get(tag);
            if (now == null) {
                compareRemoved(message, tag, before, ours);
            } else {
                compareField(message, tag, now, before);
            }
        });
        ours.forEach((tag, now) -> {
            if (!theirs.containsKey(tag) && now.label().equals("REQUIRED")) {
                report(
                        "REQUIRED_FIELD_ADDED",
                        at(message, tag),
                        "the reader requires the new field '" + now.name() + "'");
            }
        });
        compareOneOfs(message, ours, theirs);
    }

    private void compareRemoved(String message, int tag, Field before, Map<Integer, Field> ours) {
        if (before.label().equals("REQUIRED")) {
            report("REQUIRED_FIELD_REMOVED", at(message, tag), "the required field '" + before.name() + "' is gone");
        } else if (before.oneOf() != null
                && ours.values().stream().anyMatch(field -> before.oneOf().equals(field.oneOf()))) {
            report(
                    "ONEOF_FIELD_REMOVED",
                    at(message, tag),
                    "the field '" + before.name() + "' of oneof '" + before.oneOf() + "' is gone");
        }
    }

    private void compareField(String message, int tag, Field now, Field before) {
        List<String> ours =
                now.typeNames().stream().map(type -> reader.kind(type, message)).toList();
        List<String> theirs = before.typeNames().stream()
                .map(type -> writer.kind(type, message))
                .toList();
        if (!ours.equals(theirs)) {
            report(
                    rule(ours, theirs),
                    at(message, tag),
                    "the type of field '" + now.name() + "' is " + now.element().getType() + " for the reader and "
                            + before.element().getType() + " for the writer");
            return;
        }
        boolean repeatedNow = now.label().equals("REPEATED");
        boolean repeatedBefore = before.label().equals("REPEATED");
        boolean numeric = !ours.get(0).startsWith("message") && !ours.get(0).equals("string");
        if (repeatedNow != repeatedBefore && numeric) {
            report(
                    "FIELD_NUMERIC_LABEL_CHANGED",
                    at(message, tag),
                    "the numeric field '" + now.name() + "' is repeated in one of the two schemas only");
        }
        if (now.label().equals("REQUIRED") && !before.label().equals("REQUIRED")) {
            report("REQUIRED_FIELD_ADDED", at(message, tag), "the reader requires the field '" + now.name() + "'");
        }
    }

    private static String rule(List<String> ours, List<String> theirs) {
        boolean messages = ours.get(0).startsWith("message") && theirs.get(0).startsWith("message");
        boolean scalars = !ours.get(0).startsWith("message") && !theirs.get(0).startsWith("message");
        if (ours.size() != theirs.size() || (!messages && !scalars)) {
            return "FIELD_KIND_CHANGED";
        }
        return messages ? "FIELD_NAMED_TYPE_CHANGED" : "FIELD_SCALAR_KIND_CHANGED";
    }

    /** One field may move into a oneof that is new; two, or one into a oneof that was there, may exclude each other. */
    private void compareOneOfs(String message, Map<Integer, Field> ours, Map<Integer, Field> theirs) {
        Set<String> before = new HashSet<>();
        theirs.values().forEach(field -> before.add(String.valueOf(field.oneOf())));
        Map<String, Integer> moved = new HashMap<>();
        ours.forEach((tag, field) -> {
            String oneOf = field.oneOf();
            Field old = theirs.get(tag);
            if (oneOf == null || old == null || oneOf.equals(old.oneOf())) {
                return;
            }
            if (before.contains(oneOf)) {
                report(
                        "FIELD_MOVED_TO_EXISTING_ONEOF",
                        at(message, tag),
                        "the field '" + field.name() + "' moved into the oneof '" + oneOf + "'");
            } else if (moved.merge(oneOf, 1, Integer::sum) == 2) {
                report(
                        "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
                        "#/" + message + "/" + oneOf,
                        "several fields moved into the oneof '" + oneOf + "'");
            }
        });
    }

    private static String at(String message, int tag) {
        return "#/" + message + "/" + tag;
    }

    private void report(String type, String path, String description) {
        found.add(new Incompatibility(type, path, description));
    }
}
