package io.millrace.broker.cli;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Reads as a member of a group. Only what has left the process is committed: each second, before a partition is given
 * away, and at the end. A record may so be printed twice after a crash, never lost.
 */
final class GroupReading implements Reading, ConsumerRebalanceListener {
    private static final Logger LOG = Logger.getLogger(GroupReading.class.getName());
    private static final long COMMIT_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private final Consumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, OffsetAndMetadata> handedOut = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> toCommit = new HashMap<>();
    private long committedNs = System.nanoTime();

    GroupReading(final Consumer<byte[], byte[]> consumer, final TopicChoice choice) {
        this.consumer = consumer;
        choice.subscribe(consumer, this);
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(final Duration timeout) {
        return consumer.poll(timeout);
    }

    @Override
    public void wrote(final ConsumerRecord<byte[], byte[]> record) {
        handedOut.put(
                new TopicPartition(record.topic(), record.partition()),
                new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), ""));
    }

    @Override
    public void written() {
        toCommit.putAll(handedOut);
        handedOut.clear();
        if (!toCommit.isEmpty() && System.nanoTime() - committedNs > COMMIT_INTERVAL_NS) {
            consumer.commitAsync(Map.copyOf(toCommit), null);
            committedNs = System.nanoTime();
        }
    }

    @Override
    public void onPartitionsRevoked(final Collection<TopicPartition> partitions) {
        commitNow();
        partitions.forEach(toCommit::remove);
    }

    @Override
    public void onPartitionsLost(final Collection<TopicPartition> partitions) {
        partitions.forEach(toCommit::remove);
    }

    @Override
    public void onPartitionsAssigned(final Collection<TopicPartition> partitions) {
        // Positions come from the group; nothing to do.
    }

    @Override
    public void close() {
        try {
            commitNow();
        } catch (final WakeupException e) {
            // The signal came while nothing was waited for; the commit is what it should lead to.
            commitNow();
        }
    }

    private void commitNow() {
        if (toCommit.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(Map.copyOf(toCommit));
        } catch (final WakeupException e) {
            throw e;
        } catch (final KafkaException e) {
            LOG.log(Level.WARNING, "not committed: {0}", Failures.describe(e));
        }
    }
}
