package io.millrace.broker.cli;

import org.apache.kafka.clients.producer.ProducerRecord;

/** Makes a record of one line of input. */
interface RecordReader {
    /**
     * Reads one line.
     *
     * @param topic  the record's topic.
     * @param line   its bytes.
     * @param number for messages, from 1.
     * @return the record.
     * @throws UsageException if the line is not of the form that was asked for.
     */
    ProducerRecord<byte[], byte[]> read(String topic, byte[] line, long number);
}
