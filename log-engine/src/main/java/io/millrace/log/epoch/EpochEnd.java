package io.millrace.log.epoch;

/**
 * Where an epoch ends in a log.
 *
 * @param epoch the largest epoch of the log that is not above the one asked for, or that one itself where the log begins later; -1 if
 *     not known
 * @param endOffset its end, exclusive; -1 if not known
 */
public record EpochEnd(int epoch, long endOffset) {
    /** The log cannot tell. */
    public static final EpochEnd UNDEFINED = new EpochEnd(-1, -1L);
}
