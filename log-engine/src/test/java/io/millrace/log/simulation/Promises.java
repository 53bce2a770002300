package io.millrace.log.simulation;

/** What the engine promises beyond the obvious, by name, so that the model can hold it to that. */
final class Promises {
    /** When a truncation returns, no crash brings back what it cut. */
    static final boolean TRUNCATION_IS_FORCED = true;

    private Promises() {}
}
