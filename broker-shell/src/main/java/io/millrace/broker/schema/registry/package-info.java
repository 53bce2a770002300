/**
 * What the registry does: registers, finds, compares and deletes schemas, and keeps settings and modes.
 *
 * <p>In: questions of {@code io.millrace.broker.schema.rest}, as objects. Out: answers, or a
 * {@link io.millrace.broker.schema.registry.RegistryException} with Confluent's code and a sentence. One lock: many may read, one
 * writes; whoever asks first sees to it that the index knows all of the log.
 */
@NullMarked
package io.millrace.broker.schema.registry;

import org.jspecify.annotations.NullMarked;
