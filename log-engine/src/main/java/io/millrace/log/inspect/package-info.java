/**
 * Looks at the files of logs without opening them as logs: for the command line, for tests, for whoever has a directory and a doubt.
 *
 * <p>In flows a path (a data directory, a partition's directory, one segment); out flow batches with their places, the entries of the
 * files beside them, and {@link io.millrace.log.inspect.Problem}s with file, position, offset and what. Reading changes nothing, takes no
 * lock and maps nothing, so that it may go on beside a running node. {@link io.millrace.log.inspect.LogRepair} is the one class that
 * writes: what a {@link io.millrace.log.inspect.RepairPlan} says, on a directory whose lock it holds, keeping what it cuts.
 *
 * <p>The engine has no codecs: who wants to see compressed records brings a {@link io.millrace.log.inspect.RecordWalker}.
 */
@NullMarked
package io.millrace.log.inspect;

import org.jspecify.annotations.NullMarked;
