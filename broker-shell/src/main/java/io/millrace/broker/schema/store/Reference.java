package io.millrace.broker.schema.store;

/**
 * What one schema calls another.
 *
 * @param name as the schema's text uses it: a type in Avro, a path in Protobuf, a URI in JSON Schema
 * @param subject where it is registered
 * @param version of that subject; -1 for the latest
 */
public record Reference(String name, String subject, int version) {}
