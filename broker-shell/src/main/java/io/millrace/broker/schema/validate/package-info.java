/**
 * Validation of records by their schema ids, for topics that ask for it.
 *
 * <p>In: records on their way to a log, from {@code io.millrace.broker.request.produce}, which knows only the interface in
 * {@code io.millrace.broker.partition}. Out: a verdict on each. A topic that does not ask has no object of this package.
 */
@NullMarked
package io.millrace.broker.schema.validate;

import org.jspecify.annotations.NullMarked;
