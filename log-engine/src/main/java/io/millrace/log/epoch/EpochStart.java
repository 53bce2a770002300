package io.millrace.log.epoch;

/**
 * Where an epoch begins in a log.
 *
 * @param epoch leader epoch, from 0
 * @param startOffset its first offset
 */
public record EpochStart(int epoch, long startOffset) {}
