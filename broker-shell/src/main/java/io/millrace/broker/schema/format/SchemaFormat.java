package io.millrace.broker.schema.format;

import java.util.Map;

/** One language of schemas. */
public enum SchemaFormat {
    AVRO {
        @Override
        ParsedSchema read(String text, Map<String, String> references) {
            return AvroSchema.parse(text, references);
        }
    },
    JSON {
        @Override
        ParsedSchema read(String text, Map<String, String> references) {
            return JsonSchema.parse(text, references);
        }
    },
    PROTOBUF {
        @Override
        ParsedSchema read(String text, Map<String, String> references) {
            return ProtobufSchema.parse(text, references);
        }
    };

    abstract ParsedSchema read(String text, Map<String, String> references);

    /**
     * Understands a schema.
     *
     * @param references what it refers to, by the name that it uses; what others build on comes first
     * @throws InvalidSchemaException where it is none
     */
    public ParsedSchema parse(String text, Map<String, String> references) {
        if (text.isBlank()) {
            throw new InvalidSchemaException("Empty schema");
        }
        try {
            return read(text, references);
        } catch (StackOverflowError e) {
            throw new InvalidSchemaException("the schema is nested too deeply", e);
        }
    }
}
