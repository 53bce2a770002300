/**
 * The schema registry: Confluent's REST interface over a topic of this broker.
 *
 * <p>In: elections and metadata from {@code io.millrace.broker.kraft}, HTTP requests from {@code io.millrace.broker.net.http},
 * record batches of topics that ask for validation from {@code io.millrace.broker.request}. Out: answers, records of
 * {@code _schemas} appended to {@code io.millrace.broker.partition}, and verdicts on records. Owned by the node, which makes
 * it only where {@code schema.registry.listeners} is set; its few threads are its own and end when they are idle.
 */
@NullMarked
package io.millrace.broker.schema;

import org.jspecify.annotations.NullMarked;
