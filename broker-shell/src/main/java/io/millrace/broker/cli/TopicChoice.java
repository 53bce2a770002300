package io.millrace.broker.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** One topic by its name, or all whose names match an expression. */
final class TopicChoice {
    private final @Nullable String name;
    private final Pattern pattern;

    private TopicChoice(final @Nullable String name, final Pattern pattern) {
        this.name = name;
        this.pattern = pattern;
    }

    static TopicChoice of(final @Nullable String name, final @Nullable String include) {
        try {
            return new TopicChoice(name, Pattern.compile(include == null ? "" : include));
        } catch (final PatternSyntaxException e) {
            throw new UsageException("--include " + include + ": not a regular expression: " + e.getDescription());
        }
    }

    void subscribe(final Consumer<byte[], byte[]> consumer, final ConsumerRebalanceListener listener) {
        if (name != null) {
            consumer.subscribe(List.of(name), listener);
        } else {
            consumer.subscribe(pattern, listener);
        }
    }

    List<TopicPartition> partitions(final Consumer<byte[], byte[]> consumer) {
        final List<TopicPartition> partitions = new ArrayList<>();
        if (name != null) {
            add(partitions, consumer.partitionsFor(name));
            return partitions;
        }
        for (final Map.Entry<String, List<PartitionInfo>> topic :
                consumer.listTopics().entrySet()) {
            if (pattern.matcher(topic.getKey()).matches()) {
                add(partitions, topic.getValue());
            }
        }
        return partitions;
    }

    private static void add(final List<TopicPartition> to, final @Nullable List<PartitionInfo> found) {
        if (found != null) {
            found.forEach(info -> to.add(new TopicPartition(info.topic(), info.partition())));
        }
    }
}
