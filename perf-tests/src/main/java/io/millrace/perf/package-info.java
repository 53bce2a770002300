/**
 * Measures the whole broker with Apache Kafka beside it, in the same run on the same machine.
 *
 * <p>{@link io.millrace.perf.Compare} is the command. It starts one server at a time ({@link io.millrace.perf.Server}), takes a
 * round of figures from it ({@link io.millrace.perf.Round}), then from the other, in turns, so that a machine that slows down slows
 * both; {@link io.millrace.perf.Report} prints medians and ratios. Figures flow one way: server → round → report.
 */
@NullMarked
package io.millrace.perf;

import org.jspecify.annotations.NullMarked;
