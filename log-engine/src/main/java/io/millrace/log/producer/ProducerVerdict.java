package io.millrace.log.producer;

/** What {@link ProducerStates} says about a batch or a marker that is to be appended. */
public enum ProducerVerdict {
    /** It continues what the producer has sent. */
    ACCEPTED,
    /** It is one of the producer's last five batches: answer with the offsets it has, append nothing. */
    DUPLICATE,
    /** A sequence is missing before it, or a new epoch does not begin at 0. */
    OUT_OF_ORDER_SEQUENCE,
    /** Its epoch is older than one that has been seen: the producer has been fenced. */
    INVALID_PRODUCER_EPOCH,
    /** It is not transactional while the producer's transaction is open. */
    INVALID_TXN_STATE,
    /** The marker comes from a transaction coordinator that has been replaced. */
    COORDINATOR_FENCED
}
