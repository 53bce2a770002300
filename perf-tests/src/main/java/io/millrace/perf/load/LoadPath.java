package io.millrace.perf.load;

/** By what records travel to the broker. */
public enum LoadPath {
    /** Requests encoded before the run, on plain sockets: the broker is measured, not the client. */
    LEAN,
    /** The producer and consumer of {@code kafka-clients}. */
    REAL
}
