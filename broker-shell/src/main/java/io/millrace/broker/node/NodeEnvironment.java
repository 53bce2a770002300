package io.millrace.broker.node;

import io.millrace.log.LogClock;
import io.millrace.mapped.FileFaults;

/**
 * What a node takes from the machine that a test may want to be another. Immutable.
 *
 * @param clock   the time as the logs see it: retention, rolls, compaction lags, timestamps that the broker gives. The control plane
 *                and the network keep the machine's.
 * @param faults  asked before every operation on a file of the logs.
 */
public record NodeEnvironment(LogClock clock, FileFaults faults) {
    /** The machine as it is. */
    public static final NodeEnvironment REAL = new NodeEnvironment(LogClock.SYSTEM, FileFaults.NONE);
}
