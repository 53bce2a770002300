package io.millrace.broker.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What a group has committed.
 *
 * @param committed the next offset to read, for each partition with one.
 */
record GroupOffsets(Map<TopicPartition, Long> committed) {
    static GroupOffsets of(final Admin admin, final String group) throws Exception {
        final Map<TopicPartition, Long> committed = new HashMap<>();
        final Map<TopicPartition, OffsetAndMetadata> found = admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata(group)
                .get();
        found.forEach((partition, offset) -> {
            if (offset != null) {
                committed.put(partition, offset.offset());
            }
        });
        return new GroupOffsets(committed);
    }

    /** End offsets; a partition that is gone has none. */
    static Map<TopicPartition, Long> ends(final Admin admin, final Collection<TopicPartition> partitions)
            throws Exception {
        return list(admin, partitions, OffsetSpec.latest());
    }

    /** One kind of offset for each partition that exists; -1 where there is no record of that time. */
    static Map<TopicPartition, Long> list(
            final Admin admin, final Collection<TopicPartition> partitions, final OffsetSpec spec) throws Exception {
        final Map<TopicPartition, OffsetSpec> request = new HashMap<>();
        partitions.forEach(partition -> request.put(partition, spec));
        final var result = admin.listOffsets(request);
        final Map<TopicPartition, Long> offsets = new HashMap<>();
        final Set<TopicPartition> all = new HashSet<>(partitions);
        for (final TopicPartition partition : all) {
            try {
                final ListOffsetsResultInfo info =
                        result.partitionResult(partition).get();
                offsets.put(partition, info.offset());
            } catch (final ExecutionException e) {
                if (!(Failures.unwrap(e) instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
        }
        return offsets;
    }

    static <V> Map<TopicPartition, V> sorted(final Map<TopicPartition, V> map) {
        final Map<TopicPartition, V> sorted =
                new TreeMap<>(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
        sorted.putAll(map);
        return sorted;
    }
}
