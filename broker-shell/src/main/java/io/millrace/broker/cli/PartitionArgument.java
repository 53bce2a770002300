package io.millrace.broker.cli;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/** {@code --topic name} or {@code --topic name:0,1}. */
final class PartitionArgument {
    private PartitionArgument() {}

    static Set<TopicPartition> resolve(final Admin admin, final List<String> arguments) throws Exception {
        final Set<TopicPartition> partitions = new HashSet<>();
        for (final String argument : arguments) {
            final int colon = argument.lastIndexOf(':');
            if (colon < 0) {
                addAll(admin, argument, partitions);
            } else {
                addSome(argument, argument.substring(0, colon), argument.substring(colon + 1), partitions);
            }
        }
        return partitions;
    }

    private static void addAll(final Admin admin, final String topic, final Set<TopicPartition> to) throws Exception {
        final var described =
                admin.describeTopics(List.of(topic)).allTopicNames().get();
        described
                .values()
                .forEach(found -> found.partitions()
                        .forEach(partition -> to.add(new TopicPartition(topic, partition.partition()))));
    }

    private static void addSome(
            final String argument, final String topic, final String numbers, final Set<TopicPartition> to) {
        for (final String number : numbers.split(",", -1)) {
            if (!number.matches("\\d{1,9}")) {
                throw new UsageException("--topic " + argument + ": '" + number + "' is no partition");
            }
            to.add(new TopicPartition(topic, Integer.parseInt(number)));
        }
    }
}
