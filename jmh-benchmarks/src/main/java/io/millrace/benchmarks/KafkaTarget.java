package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/** Apache Kafka's log, as its broker opens it, with the defaults of a broker or with a size limit. */
final class KafkaTarget implements AppendTarget {
    private static final int TRANSACTION_TIMEOUT_MS = 15 * 60 * 1000;
    private static final int PRODUCER_EXPIRATION_MS = 24 * 60 * 60 * 1000;
    private static final int EXPIRATION_CHECK_MS = 10 * 60 * 1000;

    private final KafkaScheduler scheduler = new KafkaScheduler(1);
    private final UnifiedLog log;
    private final ByteBuffer batch;
    private final MemoryRecords records;
    private final boolean limited;
    private int segments = 1;

    /** A limited log is told after each roll to delete what is too much, which its broker does every five minutes. */
    KafkaTarget(Path directory, ByteBuffer batch, boolean limited) throws IOException {
        this.limited = limited;
        scheduler.startup();
        this.log = UnifiedLog.create(
                directory.resolve("kafka-0").toFile(),
                new LogConfig(config(limited)),
                0L,
                0L,
                scheduler,
                new BrokerTopicStats(),
                Time.SYSTEM,
                TRANSACTION_TIMEOUT_MS,
                new ProducerStateManagerConfig(PRODUCER_EXPIRATION_MS, false),
                EXPIRATION_CHECK_MS,
                new LogDirFailureChannel(1),
                true,
                Optional.of(Uuid.randomUuid()));
        this.batch = batch;
        this.records = MemoryRecords.readableRecords(batch);
    }

    private static Map<String, Object> config(boolean limited) {
        Map<String, Object> config = new HashMap<>();
        config.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, 2 << 20);
        if (limited) {
            config.put(TopicConfig.SEGMENT_BYTES_CONFIG, LIMITED_SEGMENT_BYTES);
            config.put(TopicConfig.RETENTION_BYTES_CONFIG, LIMITED_BYTES);
            config.put(TopicConfig.FILE_DELETE_DELAY_MS_CONFIG, 1_000);
        }
        return config;
    }

    /** The log patches the base offset in place, and refuses a batch that does not come with 0. */
    @Override
    public long append() throws IOException {
        batch.putLong(0, 0);
        long last = log.appendAsLeader(records, 0).lastOffset();
        if (limited) {
            retain(last + 1);
        }
        return last;
    }

    private void retain(long end) throws IOException {
        log.updateHighWatermark(end);
        int now = log.numberOfSegments();
        if (now != segments) {
            log.deleteOldSegments();
            segments = log.numberOfSegments();
        }
    }

    UnifiedLog log() {
        return log;
    }

    @Override
    public void close() throws IOException {
        log.close();
        try {
            scheduler.shutdown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
