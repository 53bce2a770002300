package io.millrace.broker.schema.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of JSON Schema and Protobuf: what a reader cannot read, by the name of the rule; nothing where it can. */
class CompatibilityTest {
    private static List<String> problems(SchemaFormat format, String writer, String reader) {
        return format.parse(reader, Map.of()).readerProblems(format.parse(writer, Map.of())).stream()
                .map(ParsedSchema.Incompatibility::type)
                .toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {} | {} | []
            {"type":"integer"} | {"type":"number"} | []
            {"type":"number"} | {"type":"integer"} | [TYPE_NARROWED]
            {"type":"string"} | {"type":"integer"} | [TYPE_CHANGED]
            {"type":["string","null"]} | {"type":"string"} | [TYPE_NARROWED]
            {"type":"string","maxLength":9} | {"type":"string","maxLength":8} | [MAX_LENGTH_DECREASED]
            {"type":"string","maxLength":9} | {"type":"string"} | []
            {"type":"string"} | {"type":"string","minLength":1} | [MIN_LENGTH_ADDED]
            {"type":"string"} | {"type":"string","pattern":"a"} | [PATTERN_ADDED]
            {"type":"integer","multipleOf":6} | {"type":"integer","multipleOf":3} | []
            {"type":"integer","multipleOf":3} | {"type":"integer","multipleOf":6} | [MULTIPLE_OF_CHANGED]
            {"enum":["a","b"]} | {"enum":["a"]} | [ENUM_ARRAY_NARROWED]
            {"enum":["a"]} | {"enum":["a","b"]} | []
            {"type":"object","properties":{}} | {"type":"object","properties":{"a":{"type":"string"}}} | [PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL]
            {"type":"object","properties":{"a":{"type":"string"}}} | {"type":"object","properties":{}} | []
            {"type":"object","properties":{},"additionalProperties":false} | {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | []
            {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false} | {"type":"object","properties":{},"additionalProperties":false} | [PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL]
            {"type":"object"} | {"type":"object","additionalProperties":false} | [ADDITIONAL_PROPERTIES_REMOVED]
            {"type":"object","properties":{"a":{}}} | {"type":"object","properties":{"a":{}},"required":["a"]} | [REQUIRED_ATTRIBUTE_ADDED]
            {"type":"object","properties":{"a":{}}} | {"type":"object","properties":{"a":{"default":1}},"required":["a"]} | []
            {"type":"array","items":{"type":"string"}} | {"type":"array","items":{"type":"integer"}} | [TYPE_CHANGED]
            {"oneOf":[{"type":"string"}]} | {"oneOf":[{"type":"string"},{"type":"integer"}]} | []
            {"oneOf":[{"type":"string"},{"type":"integer"}]} | {"oneOf":[{"type":"string"}]} | [SUM_TYPE_NARROWED]
            {"type":"string"} | {"anyOf":[{"type":"string"},{"type":"integer"}]} | []
            {"allOf":[{"type":"string"}]} | {"allOf":[{"type":"string"},{"maxLength":3}]} | [PRODUCT_TYPE_EXTENDED]
            {"allOf":[{"type":"string"},{"maxLength":3}]} | {"allOf":[{"type":"string"}]} | []
            {"definitions":{"n":{"properties":{"n":{"$ref":"#/definitions/n"}}}},"$ref":"#/definitions/n"} | {"definitions":{"n":{"properties":{"n":{"$ref":"#/definitions/n"}}}},"$ref":"#/definitions/n"} | []
            {"type":"string"} | {"type":"string","not":{"enum":["a"]}} | [NOT_TYPE_EXTENDED]
            """)
    void jsonSchema(String writer, String reader, String expected) {
        assertEquals(expected, problems(SchemaFormat.JSON, writer, reader).toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            message A { int32 a = 1; } | message A { int64 a = 1; } | []
            message A { int32 a = 1; } | message A { sint32 a = 1; } | [FIELD_SCALAR_KIND_CHANGED]
            message A { int32 a = 1; } | message A { string a = 1; } | [FIELD_SCALAR_KIND_CHANGED]
            message A { string a = 1; } | message A { bytes b = 1; } | []
            message A { int32 a = 1; } | message A { B a = 1; } message B {} | [FIELD_KIND_CHANGED]
            message A { B a = 1; } message B {} message C {} | message A { C a = 1; } message B {} message C {} | [FIELD_NAMED_TYPE_CHANGED]
            message A { int32 a = 1; } | message A { int32 a = 1; int32 b = 2; } | []
            message A { int32 a = 1; int32 b = 2; } | message A { int32 a = 1; } | []
            message A {} message B {} | message A {} | [MESSAGE_REMOVED]
            message A { int32 a = 1; } | message A { repeated int32 a = 1; } | [FIELD_NUMERIC_LABEL_CHANGED]
            message A { string a = 1; } | message A { repeated string a = 1; } | []
            message A { oneof o { int32 a = 1; int32 b = 2; } } | message A { oneof o { int32 a = 1; } } | [ONEOF_FIELD_REMOVED]
            message A { int32 a = 1; } | message A { oneof o { int32 a = 1; } } | []
            message A { int32 a = 1; int32 b = 2; } | message A { oneof o { int32 a = 1; int32 b = 2; } } | [MULTIPLE_FIELDS_MOVED_TO_ONEOF]
            message A { int32 a = 1; oneof o { int32 b = 2; } } | message A { oneof o { int32 a = 1; int32 b = 2; } } | [FIELD_MOVED_TO_EXISTING_ONEOF]
            message A { E e = 1; } enum E { X = 0; } | message A { E e = 1; } enum E { X = 0; Y = 1; } | []
            message A { map<string, int32> m = 1; } | message A { map<string, string> m = 1; } | [FIELD_SCALAR_KIND_CHANGED]
            message A { google.protobuf.Timestamp t = 1; } | message A { google.protobuf.Timestamp t = 1; } | []
            """)
    void protobuf(String writer, String reader, String expected) {
        String syntax = "syntax = \"proto3\";\n";
        assertEquals(
                expected,
                problems(SchemaFormat.PROTOBUF, syntax + writer, syntax + reader)
                        .toString());
    }
}
