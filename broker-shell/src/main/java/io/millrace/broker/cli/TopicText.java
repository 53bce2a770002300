package io.millrace.broker.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;

/** A topic's description, in the form of kafka-topics so that scripts that read that read this, and as JSON. */
final class TopicText {
    private TopicText() {}

    static List<String> lines(final TopicDescription topic, final Map<String, String> settings) {
        final List<String> lines = new ArrayList<>();
        final String configs = settings.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(","));
        lines.add("Topic: " + topic.name() + "\tTopicId: " + topic.topicId() + "\tPartitionCount: "
                + topic.partitions().size() + "\tReplicationFactor: " + replicationFactor(topic) + "\tConfigs: "
                + configs);
        for (final TopicPartitionInfo partition : topic.partitions()) {
            lines.add("\tTopic: " + topic.name() + "\tPartition: " + partition.partition() + "\tLeader: "
                    + (hasLeader(partition)
                            ? Integer.toString(partition.leader().id())
                            : "none") + "\tReplicas: "
                    + ids(partition.replicas()) + "\tIsr: " + ids(partition.isr()));
        }
        return lines;
    }

    static Map<String, Object> asMap(final TopicDescription topic, final Map<String, String> settings) {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("topic", topic.name());
        map.put("topicId", topic.topicId().toString());
        map.put("internal", topic.isInternal());
        map.put("replicationFactor", replicationFactor(topic));
        map.put("configs", settings);
        map.put(
                "partitions",
                topic.partitions().stream().map(TopicText::partitionAsMap).toList());
        return map;
    }

    private static Map<String, Object> partitionAsMap(final TopicPartitionInfo partition) {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("partition", partition.partition());
        map.put("leader", hasLeader(partition) ? partition.leader().id() : null);
        map.put("replicas", partition.replicas().stream().map(Node::id).toList());
        map.put("isr", partition.isr().stream().map(Node::id).toList());
        return map;
    }

    private static boolean hasLeader(final TopicPartitionInfo partition) {
        return partition.leader() != null && !partition.leader().isEmpty();
    }

    private static int replicationFactor(final TopicDescription topic) {
        return topic.partitions().isEmpty()
                ? 0
                : topic.partitions().get(0).replicas().size();
    }

    private static String ids(final List<Node> nodes) {
        return nodes.stream().map(node -> Integer.toString(node.id())).collect(Collectors.joining(","));
    }
}
