package io.millrace.log.simulation;

/** What the engine promises beyond the obvious, by name, so that the model can hold it to that. */
final class Promises {
    /** When a truncation returns, no crash brings back what it cut. */
    static final boolean TRUNCATION_IS_FORCED = true;
    /** Damage below the last force is told from a torn tail, also where it is above the recovery point of the checkpoint. */
    static final boolean SYNCED_IS_REMEMBERED = true;
    /** A flipped bit in the header bytes outside a batch's checksum is found. */
    static final boolean HEADERS_ARE_SUMMED = true;

    private Promises() {}
}
