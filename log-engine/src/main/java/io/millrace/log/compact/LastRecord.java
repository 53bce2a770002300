package io.millrace.log.compact;

/**
 * What the log knows of a producer, and must still be able to learn from its batches after they have been cleaned.
 *
 * @param lastDataOffset last offset of its newest batch, negative where only a transaction marker is known of it
 * @param epoch its newest epoch
 */
public record LastRecord(long lastDataOffset, short epoch) {}
