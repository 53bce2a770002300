package io.millrace.broker.partition;

import java.util.function.LongSupplier;

/**
 * What the leader of a replicated partition needs of the node around it.
 *
 * @param lagMaxMs {@code replica.lag.time.max.ms}: a follower that has not caught up for longer is taken out of the ISR
 * @param clockMs a clock that never goes back
 * @param rackAware {@code replica.selector.class}: consumers are sent to a replica in sync that stands where they stand
 */
public record Replication(
        long lagMaxMs, LongSupplier clockMs, LiveBrokers brokers, IsrUpdates isrUpdates, boolean rackAware) {

    /** Kafka's lag, brokers that may all join, and an ISR that only the metadata changes. */
    public static final Replication DEFAULTS =
            new Replication(30_000, () -> System.nanoTime() / 1_000_000, LiveBrokers.ALL, IsrUpdates.NONE, false);
}
