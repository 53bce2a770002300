package io.millrace.broker.request.offsets;

/**
 * A record that was looked for.
 *
 * @param timestampMs its timestamp, -1 where none is told
 * @param leaderEpoch epoch of its batch, -1 when not known
 */
record FoundOffset(long offset, long timestampMs, int leaderEpoch) {}
