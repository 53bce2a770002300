/**
 * What a log knows about idempotent and transactional producers: epochs, the last five batches of each, open transactions.
 *
 * <p>In: the header of each batch before it is appended, and again after it was; control markers; the high watermark. Out: a
 * {@link io.millrace.log.producer.ProducerVerdict}, the offsets of a repeated batch, the offset below which all transactions are
 * decided. Snapshot files {@code <offset>.snapshot} in Kafka's format carry the state over a restart.
 *
 * <p>Owned by the log's writer: every call is made under its lock.
 */
@NullMarked
package io.millrace.log.producer;

import org.jspecify.annotations.NullMarked;
