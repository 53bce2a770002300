package io.millrace.perf.load;

/** Where a reader begins and what it does at the end. */
public enum ReadFrom {
    /** At the end: it waits for what is written, and latency counts from the time that is in each record. */
    TAIL,
    /** At the beginning, as fast as it goes; at the end it begins again. */
    START
}
