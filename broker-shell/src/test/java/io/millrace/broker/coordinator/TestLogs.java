package io.millrace.broker.coordinator;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.PartitionState;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Real partitions of {@code __consumer_offsets} in a directory of the test; this node has id 1. */
final class TestLogs implements AutoCloseable {
    static final int NODE_ID = 1;
    static final String TOPIC = "__consumer_offsets";
    static final Uuid TOPIC_ID = new Uuid(1, 99);

    private final LogRuntime runtime = LogRuntime.start();
    private final LogDirectory directory;
    private final PartitionRegistry registry;

    TestLogs(Path dataDirectory) throws IOException {
        directory =
                LogDirectory.open(dataDirectory, runtime, topic -> TopicSettings.DEFAULTS.log(), 1, LogListener.NONE);
        registry = new PartitionRegistry(NODE_ID, List.of(directory), topic -> TopicSettings.DEFAULTS);
    }

    TopicPartition lead(int partition, int epoch) {
        registry.becomeLeader(state(partition, NODE_ID, epoch));
        return new TopicPartition(TOPIC, partition);
    }

    void follow(int partition, int epoch) {
        registry.becomeFollower(state(partition, 2, epoch));
    }

    private static PartitionState state(int partition, int leader, int epoch) {
        return new PartitionState(TOPIC, TOPIC_ID, partition, leader, epoch, epoch, List.of(leader), List.of(leader));
    }

    Partition find(TopicPartition tp) {
        return registry.get(tp.topic(), tp.partition());
    }

    LogConfig config(String topic) {
        return new LogConfig(Map.of());
    }

    @Override
    public void close() {
        registry.close();
        directory.close();
        runtime.close();
    }
}
