/**
 * What a load is, and what is counted of it. Options flow in ({@link io.millrace.perf.load.LoadSpec}), measurements flow out
 * ({@link io.millrace.perf.load.Measurement}); how records are sent and read is the matter of the two packages below, lean and real.
 *
 * <p>A thread of a load owns one {@link io.millrace.perf.load.Probe} and alone writes it. The thread that runs the measurement owns
 * the {@link io.millrace.perf.load.Meter}, which takes from all probes once a second: warm-up ends by throwing away what was taken.
 */
@NullMarked
package io.millrace.perf.load;

import org.jspecify.annotations.NullMarked;
