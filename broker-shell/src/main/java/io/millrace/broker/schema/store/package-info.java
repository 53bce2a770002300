/**
 * What the registry knows, and the topic {@code _schemas} that it knows it from.
 *
 * <p>In: records of {@code _schemas}, in Confluent's JSON, whoever wrote them. Out: the same as an index in memory
 * ({@link io.millrace.broker.schema.store.SchemaIndex}), and new records appended. The index changes by reading the log alone,
 * also after an own append, so that memory and log cannot differ. Guarded by the registry's lock; no thread of its own.
 */
@NullMarked
package io.millrace.broker.schema.store;

import org.jspecify.annotations.NullMarked;
