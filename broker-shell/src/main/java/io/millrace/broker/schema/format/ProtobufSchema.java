package io.millrace.broker.schema.format;

import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.internal.parser.FieldElement;
import com.squareup.wire.schema.internal.parser.MessageElement;
import com.squareup.wire.schema.internal.parser.OneOfElement;
import com.squareup.wire.schema.internal.parser.ProtoFileElement;
import com.squareup.wire.schema.internal.parser.ProtoParser;
import com.squareup.wire.schema.internal.parser.TypeElement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Protobuf, proto2 and proto3, as the text of a {@code .proto} file: read by Wire's parser, compared by
 * {@link ProtobufComparison}. Each import must be among the references or one of Google's own; each type of a field must be
 * known.
 */
final class ProtobufSchema implements ParsedSchema {
    private static final Set<String> SCALARS = Set.of(
            "int32",
            "uint32",
            "sint32",
            "fixed32",
            "sfixed32",
            "int64",
            "uint64",
            "sint64",
            "fixed64",
            "sfixed64",
            "bool",
            "string",
            "bytes",
            "float",
            "double");
    /** Writing the canonical text indents each level anew: its cost grows with the cube of the depth. */
    private static final int DEPTH_MAX = 100;

    private static final List<String> WELL_KNOWN = List.of("google/protobuf/", "google/type/", "confluent/");
    private static final List<String> WELL_KNOWN_TYPES = List.of("google.protobuf.", "google.type.", "confluent.");

    private final ProtoFileElement file;
    /** The types of this file, by name without the package: {@code Outer.Inner}. */
    private final Map<String, TypeElement> types = new LinkedHashMap<>();
    /** The types of this file and its references, by full name. */
    private final Map<String, TypeElement> known = new LinkedHashMap<>();

    private ProtobufSchema(ProtoFileElement file) {
        this.file = file;
    }

    static ProtobufSchema parse(String text, Map<String, String> references) {
        ProtobufSchema schema = new ProtobufSchema(file(text));
        for (String reference : references.values()) {
            ProtoFileElement imported = file(reference);
            collect(prefix(imported), imported.getTypes(), schema.known);
        }
        collect("", schema.file.getTypes(), schema.types);
        collect(prefix(schema.file), schema.file.getTypes(), schema.known);
        schema.checkImports(references);
        schema.types.forEach(schema::checkFields);
        return schema;
    }

    private static ProtoFileElement file(String text) {
        if (depth(text) > DEPTH_MAX) {
            throw new InvalidSchemaException(
                    "Input schema is an invalid Protobuf schema: nested deeper than " + DEPTH_MAX);
        }
        try {
            return ProtoParser.Companion.parse(Location.get(""), text);
        } catch (RuntimeException e) {
            String message = String.valueOf(e.getMessage()).replace('\n', ' ');
            throw new InvalidSchemaException("Input schema is an invalid Protobuf schema: " + message, e);
        }
    }

    /** Of braces, wherever they stand. */
    private static int depth(String text) {
        int depth = 0;
        int deepest = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            deepest = Math.max(deepest, depth);
        }
        return deepest;
    }

    private static String prefix(ProtoFileElement file) {
        return file.getPackageName() == null ? "" : file.getPackageName() + ".";
    }

    private static void collect(String prefix, List<? extends TypeElement> from, Map<String, TypeElement> into) {
        for (TypeElement type : from) {
            into.put(prefix + type.getName(), type);
            collect(prefix + type.getName() + ".", type.getNestedTypes(), into);
        }
    }

    private void checkImports(Map<String, String> references) {
        List<String> imports = new ArrayList<>(file.getImports());
        imports.addAll(file.getPublicImports());
        for (String each : imports) {
            if (!references.containsKey(each) && WELL_KNOWN.stream().noneMatch(each::startsWith)) {
                throw new InvalidSchemaException("Input schema is an invalid Protobuf schema: the import '" + each
                        + "' is not among the references");
            }
        }
    }

    private void checkFields(String name, TypeElement type) {
        if (type instanceof MessageElement message) {
            for (Field field : fields(message).values()) {
                for (String part : field.typeNames()) {
                    if (!SCALARS.contains(part) && !isKnown(part, name)) {
                        throw new InvalidSchemaException("Input schema is an invalid Protobuf schema: field '"
                                + field.name() + "' of message '" + name + "' has the unknown type '" + part + "'");
                    }
                }
            }
        }
    }

    private boolean isKnown(String type, String scope) {
        String plain = type.startsWith(".") ? type.substring(1) : type;
        return WELL_KNOWN_TYPES.stream().anyMatch(plain::startsWith) || resolve(type, scope) != null;
    }

    /** The full name of a type that is used within a message; null where there is none. */
    private @Nullable String resolve(String type, String scope) {
        if (type.startsWith(".")) {
            return known.containsKey(type.substring(1)) ? type.substring(1) : null;
        }
        String from = prefix(file) + scope;
        while (true) {
            String full = from.isEmpty() ? type : from + "." + type;
            if (known.containsKey(full)) {
                return full;
            }
            if (from.isEmpty()) {
                return null;
            }
            from = from.substring(0, Math.max(0, from.lastIndexOf('.')));
        }
    }

    /** The text as Wire writes it: comments that stand at a declaration stay, blanks do not matter. */
    @Override
    public String canonical() {
        String text = file.toSchema();
        return text.startsWith("//") ? text.substring(text.indexOf('\n') + 1) : text;
    }

    @Override
    public String normalized() {
        return canonical();
    }

    @Override
    public List<Incompatibility> readerProblems(ParsedSchema writer) {
        return new ProtobufComparison(this, (ProtobufSchema) writer).problems();
    }

    // For the comparison

    Map<String, TypeElement> types() {
        return types;
    }

    /** The kind of a field's type: a scalar's group, or the message by its name without this file's package. */
    String kind(String type, String scope) {
        if (SCALARS.contains(type)) {
            return switch (type) {
                case "int32", "uint32", "int64", "uint64", "bool" -> "number";
                case "sint32", "sint64" -> "zigzag number";
                case "string", "bytes" -> "string";
                case "fixed32", "sfixed32" -> "fixed32";
                case "fixed64", "sfixed64" -> "fixed64";
                default -> type;
            };
        }
        String full = resolve(type, scope);
        if (full == null) {
            return "message " + (type.startsWith(".") ? type.substring(1) : type);
        }
        boolean message = known.get(full) instanceof MessageElement;
        String own = prefix(file);
        return message ? "message " + (full.startsWith(own) ? full.substring(own.length()) : full) : "number";
    }

    /** The fields of a message, those of its oneofs too, by tag. */
    static Map<Integer, Field> fields(MessageElement message) {
        Map<Integer, Field> fields = new LinkedHashMap<>();
        message.getFields().forEach(field -> fields.put(field.getTag(), new Field(field, null)));
        for (OneOfElement oneOf : message.getOneOfs()) {
            oneOf.getFields().forEach(field -> fields.put(field.getTag(), new Field(field, oneOf.getName())));
        }
        return fields;
    }

    /** A field and the oneof that it is in. */
    record Field(FieldElement element, @Nullable String oneOf) {
        String name() {
            return element.getName();
        }

        String label() {
            return element.getLabel() == null ? "" : element.getLabel().name();
        }

        boolean isMap() {
            return element.getType().startsWith("map<");
        }

        /** The type, or key and value of a map. */
        List<String> typeNames() {
            String type = element.getType();
            if (!isMap()) {
                return List.of(type);
            }
            String[] parts = type.substring(4, type.length() - 1).split(",", 2);
            return List.of(parts[0].strip(), parts[1].strip());
        }
    }
}
