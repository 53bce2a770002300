package io.millrace.broker.cli;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Writes one record for people or programs to read. */
interface RecordWriter {
    /**
     * Writes one record.
     *
     * @param from the record.
     * @param out  where to.
     */
    void write(ConsumerRecord<byte[], byte[]> from, Output out);
}
