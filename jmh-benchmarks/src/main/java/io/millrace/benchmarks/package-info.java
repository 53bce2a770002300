/**
 * JMH benchmarks of the parts, each with its peer in the same run: what the module's README asks, one class answers.
 *
 * <p>In flow parameters, out flows JMH's JSON, which docs/benchmarks keeps for the figures that docs/performance.md quotes.
 * Every benchmark makes its files in a fresh directory under the temp directory and removes it.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.benchmarks;
