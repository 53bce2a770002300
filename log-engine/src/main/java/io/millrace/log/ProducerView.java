package io.millrace.log;

/**
 * What a log knows of a producer: the row of DescribeProducers.
 *
 * @param producerId the id
 * @param epoch its newest epoch
 * @param lastSequence sequence of its last record, -1 without one
 * @param lastTimestampMs timestamp of its last batch or marker
 * @param coordinatorEpoch of the coordinator that wrote its last marker, -1 without one
 * @param transactionFirstOffset where its open transaction begins, -1 without one
 */
public record ProducerView(
        long producerId,
        short epoch,
        int lastSequence,
        long lastTimestampMs,
        int coordinatorEpoch,
        long transactionFirstOffset) {}
