package io.millrace.broker.it.support;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/**
 * One member of a consumer group on its own thread. It commits what it got before it polls again and before it gives a
 * partition away, so that in a group of such members every record comes once. Owned by the test; {@link #close} ends it.
 */
public final class GroupMember implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    /** Small, so that a rebalance meets a backlog. */
    private static final String RECORDS_A_POLL = "100";

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Queue<Received> sink;
    private final String topic;
    private final Thread thread;
    private volatile Set<TopicPartition> assignment = Set.of();
    private volatile boolean running = true;
    private volatile Throwable failure;

    private GroupMember(KafkaConsumer<byte[], byte[]> consumer, String topic, Queue<Received> sink) {
        this.consumer = consumer;
        this.topic = topic;
        this.sink = sink;
        this.thread = new Thread(this::run, "group-member");
    }

    /** Joins the group; records go to the sink. */
    public static GroupMember join(
            String bootstrap, String group, String topic, Queue<Received> sink, Map<String, ?> settings) {
        Map<String, Object> map = new HashMap<>(Map.of("group.id", group, "max.poll.records", RECORDS_A_POLL));
        map.putAll(settings);
        GroupMember member = new GroupMember(Clients.consumer(bootstrap, map), topic, sink);
        member.thread.start();
        return member;
    }

    public Set<TopicPartition> assignment() {
        if (failure != null) {
            throw new AssertionError("the member failed", failure);
        }
        return assignment;
    }

    /** Leaves the group. */
    @Override
    public void close() {
        running = false;
        try {
            thread.join(Duration.ofSeconds(40).toMillis());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (failure != null) {
            throw new AssertionError("the member failed", failure);
        }
    }

    private void run() {
        try (consumer) {
            consumer.subscribe(Set.of(topic), new CommitFirst());
            while (running) {
                take(consumer.poll(POLL));
            }
        } catch (Throwable e) {
            failure = e;
        }
    }

    private void take(ConsumerRecords<byte[], byte[]> records) {
        assignment = consumer.assignment();
        records.forEach(record -> sink.add(Received.of(record)));
        if (!records.isEmpty()) {
            commit();
        }
    }

    private void commit() {
        try {
            consumer.commitSync();
        } catch (RebalanceInProgressException e) {
            // The positions are kept: the next poll finishes the rebalance, the next commit covers them.
            assignment = consumer.assignment();
        }
    }

    private final class CommitFirst implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (!partitions.isEmpty()) {
                commit();
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assignment = consumer.assignment();
        }
    }
}
