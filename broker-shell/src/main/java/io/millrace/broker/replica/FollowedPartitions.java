package io.millrace.broker.replica;

import io.millrace.broker.partition.Partition;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.collections.Int2ObjectHashMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** What one fetcher follows, found by the replica itself or as an answer names it. Owned by the fetcher's thread. */
final class FollowedPartitions {
    private final Map<Partition, FollowedPartition> all = new LinkedHashMap<>();
    private final Map<Uuid, Int2ObjectHashMap<FollowedPartition>> byTopic = new HashMap<>();

    Collection<FollowedPartition> all() {
        return all.values();
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    @Nullable
    FollowedPartition get(Partition partition) {
        return all.get(partition);
    }

    @Nullable
    FollowedPartition get(Uuid topicId, int number) {
        Int2ObjectHashMap<FollowedPartition> topic = byTopic.get(topicId);
        return topic == null ? null : topic.get(number);
    }

    void add(FollowedPartition added) {
        all.put(added.partition(), added);
        byTopic.computeIfAbsent(added.topicId(), id -> new Int2ObjectHashMap<>())
                .put(added.number(), added);
    }

    void remove(FollowedPartition removed) {
        all.remove(removed.partition());
        Int2ObjectHashMap<FollowedPartition> topic = byTopic.get(removed.topicId());
        if (topic != null && topic.get(removed.number()) == removed) {
            topic.remove(removed.number());
            if (topic.isEmpty()) {
                byTopic.remove(removed.topicId());
            }
        }
    }
}
