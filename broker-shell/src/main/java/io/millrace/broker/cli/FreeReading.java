package io.millrace.broker.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads all partitions of the chosen topics, or one, without a group. It looks for new partitions every few seconds and
 * reads those from their beginning.
 */
final class FreeReading implements Reading {
    private static final long LOOK_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);

    private final Consumer<byte[], byte[]> consumer;
    private final TopicChoice choice;
    private final @Nullable Integer only;
    private final Set<TopicPartition> known = new HashSet<>();
    private long lookedNs;

    FreeReading(
            final Consumer<byte[], byte[]> consumer,
            final TopicChoice choice,
            final @Nullable Integer only,
            final String start) {
        this.consumer = consumer;
        this.choice = choice;
        this.only = only;
        final List<TopicPartition> found = look();
        if (only != null && found.isEmpty()) {
            throw new CommandException("partition " + only + " does not exist");
        }
        add(found, start);
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(final Duration timeout) {
        if (only == null && System.nanoTime() - lookedNs > LOOK_INTERVAL_NS) {
            add(look(), "earliest");
        }
        return known.isEmpty() ? waitForPartitions(timeout) : consumer.poll(timeout);
    }

    @Override
    public void wrote(final ConsumerRecord<byte[], byte[]> record) {
        // There is no group to tell.
    }

    @Override
    public void written() {
        // There is no group to tell.
    }

    @Override
    public void close() {
        // There is no group to tell.
    }

    /** A topic that does not exist yet: ask again, at the pace of polling. */
    private ConsumerRecords<byte[], byte[]> waitForPartitions(final Duration timeout) {
        consumer.assign(List.of());
        lookedNs = System.nanoTime() - LOOK_INTERVAL_NS + timeout.toNanos();
        LockSupport.parkNanos(timeout.toNanos());
        return ConsumerRecords.empty();
    }

    private List<TopicPartition> look() {
        lookedNs = System.nanoTime();
        final List<TopicPartition> found = new ArrayList<>();
        for (final TopicPartition each : choice.partitions(consumer)) {
            if ((only == null || each.partition() == only) && !known.contains(each)) {
                found.add(each);
            }
        }
        return found;
    }

    private void add(final List<TopicPartition> found, final String start) {
        if (found.isEmpty()) {
            return;
        }
        known.addAll(found);
        consumer.assign(known);
        switch (start) {
            case "earliest" -> consumer.seekToBeginning(found);
            case "latest" -> consumer.seekToEnd(found);
            default -> seek(found, Long.parseLong(start));
        }
    }

    /** A negative offset counts from the end, as in kafka-console-consumer. */
    private void seek(final List<TopicPartition> found, final long offset) {
        for (final TopicPartition each : found) {
            final long target = offset >= 0
                    ? offset
                    : Math.max(0, consumer.endOffsets(List.of(each)).getOrDefault(each, 0L) + offset);
            consumer.seek(each, target);
        }
    }
}
