/**
 * Cuts the power of a real file system under the engine, and looks what is left.
 *
 * <p>In flows the number of cuts and what is cut; out flows a table of what was acknowledged, what was found and what is missing.
 * {@link io.millrace.perf.powercut.PowerCut} is the command: it mounts an image ({@link io.millrace.perf.powercut.LoopMount}), starts a
 * {@link io.millrace.perf.powercut.Writer} in a process of its own, hears its acknowledgements over a pipe
 * ({@link io.millrace.perf.powercut.Acknowledgements}), shuts the file system down at a random moment, mounts it again and has a
 * {@link io.millrace.perf.powercut.Verifier} open the logs and read every record.
 */
@NullMarked
package io.millrace.perf.powercut;

import org.jspecify.annotations.NullMarked;
