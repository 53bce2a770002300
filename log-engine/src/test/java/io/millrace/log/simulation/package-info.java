/**
 * Random histories of a data directory, each decided by one seed, against a naive model of every log.
 *
 * <p>In flows a seed; out flows a {@link io.millrace.log.simulation.Outcome}, or the first disagreement with everything that is
 * needed to see it again. {@link io.millrace.log.simulation.Simulation} plays a history on the real engine, on real files, on one
 * thread and under virtual time; {@link io.millrace.log.simulation.SimulatedDisk} knows what of them a loss of power would leave;
 * {@link io.millrace.log.simulation.ModelLog} is the twin. docs/testing.md says what is promised and how to run a campaign.
 */
package io.millrace.log.simulation;
