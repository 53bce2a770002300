package io.millrace.broker.cli;

import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/** How a consumer gets its records: as a member of a group, or on its own. One thread. */
interface Reading extends AutoCloseable {
    /**
     * Waits for records.
     *
     * @param timeout how long.
     * @return what came; may be none.
     */
    ConsumerRecords<byte[], byte[]> poll(Duration timeout);

    /**
     * A record has been handed to the output.
     *
     * @param record which.
     */
    void wrote(ConsumerRecord<byte[], byte[]> record);

    /** Everything handed to the output so far has left the process. */
    void written();

    /** Commits what was written, where there is something to commit to. */
    @Override
    void close();
}
