/**
 * The command line: arguments flow in, a running node or the answer of a cluster flows out.
 *
 * <p>{@code start} and {@code format} use the node's own packages; {@code topics}, {@code produce}, {@code consume} and
 * {@code groups} are ordinary clients that work against any Kafka cluster. Records and answers go to standard output,
 * everything else to standard error. Exit codes: 0 done, 1 it could not be done, 2 it was asked for wrongly; whatever goes
 * wrong is one line.
 */
@NullMarked
package io.millrace.broker.cli;

import org.jspecify.annotations.NullMarked;
