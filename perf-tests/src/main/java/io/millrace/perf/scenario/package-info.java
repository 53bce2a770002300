/**
 * What is run against a broker: kinds of load put together from lanes, measured for a time, made into figures. A
 * {@link io.millrace.perf.load.LoadSpec} and a cluster flow in, a {@link io.millrace.perf.load.Measurement} flows out.
 */
@NullMarked
package io.millrace.perf.scenario;

import org.jspecify.annotations.NullMarked;
