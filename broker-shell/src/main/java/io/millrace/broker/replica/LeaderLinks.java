package io.millrace.broker.replica;

/** Makes the connections to leaders, each when it is first needed. Any thread; does not block. */
@FunctionalInterface
interface LeaderLinks {
    /** A connection that is not open yet: the {@code number}th to that broker. */
    LeaderLink to(int leaderId, int number);
}
