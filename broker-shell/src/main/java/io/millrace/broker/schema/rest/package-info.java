/**
 * Confluent's REST interface: paths, parameters, bodies, codes.
 *
 * <p>In: whole requests of {@code io.millrace.broker.net.http}. Out: calls of {@code io.millrace.broker.schema.registry} on the
 * registry's threads, and JSON. Knows no rule of schemas.
 */
@NullMarked
package io.millrace.broker.schema.rest;

import org.jspecify.annotations.NullMarked;
