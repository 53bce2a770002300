/**
 * A broker inside the JVM of a test: the same node as in production, on a free port, with a directory that goes with it, a clock that can
 * be set forward and a disk that can be made to fail.
 *
 * <p>What flows in: settings, time and faults of a test. What flows out: an address for any client. {@link
 * io.millrace.broker.embedded.EmbeddedBroker} owns the node and everything that it opens; after its close no thread, port or file of it
 * is left.
 */
@NullMarked
package io.millrace.broker.embedded;

import org.jspecify.annotations.NullMarked;
