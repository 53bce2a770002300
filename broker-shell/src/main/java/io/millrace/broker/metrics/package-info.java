/**
 * What monitoring asks a node, on a port of its own: {@code /metrics} in Prometheus' text, {@code /healthz} and {@code /readyz}.
 *
 * <p>What flows in: the counters and histograms that the parts of the node keep anyway, read when somebody asks. What flows out: text.
 * Owned by the node; a scrape runs on a thread of its own and takes no lock of the data path.
 */
@NullMarked
package io.millrace.broker.metrics;

import org.jspecify.annotations.NullMarked;
