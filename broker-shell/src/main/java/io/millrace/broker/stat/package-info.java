/**
 * How long requests take, and where: histograms that each event loop keeps for itself, the slowest requests with their split, and the
 * local socket on which a running node tells them.
 *
 * <p>In: stamps of the request path, on the loop that answers. Out: lines of text for {@code millrace stat}. A leaf: knows nothing of the
 * broker. Recording allocates nothing and takes no lock; a reader asks each loop for a copy.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.stat;
