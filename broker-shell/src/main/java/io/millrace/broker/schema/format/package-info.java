/**
 * The languages that schemas are written in: Avro, JSON Schema and Protobuf.
 *
 * <p>In: the text of a schema and of what it refers to. Out: its canonical text, and what keeps it from reading what another one
 * has written. Stateless; any thread. The libraries behind it are loaded by the first schema of their language.
 */
@NullMarked
package io.millrace.broker.schema.format;

import org.jspecify.annotations.NullMarked;
