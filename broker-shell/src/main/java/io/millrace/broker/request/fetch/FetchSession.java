package io.millrace.broker.request.fetch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.requests.FetchMetadata;

/**
 * An incremental fetch session (KIP-227): the partitions a client fetches, so that it names only those that change.
 * Owned by the {@link FetchSessions}; its own lock guards everything in it.
 *
 * <p>Partitions are read in the order of the map; those that gave records move to its end, so that none starves when a
 * response is full.
 */
final class FetchSession {
    private final int id;
    private final boolean usesTopicIds;
    private final long createdMs;
    private final Map<FetchEntry.Key, FetchEntry> entries = new LinkedHashMap<>();

    /** The epoch the next request must carry. */
    private int nextEpoch = FetchMetadata.nextEpoch(FetchMetadata.INITIAL_EPOCH);

    private volatile long lastUsedMs;
    private volatile int size;

    FetchSession(int id, boolean usesTopicIds, List<FetchEntry> first, long nowMs) {
        this.id = id;
        this.usesTopicIds = usesTopicIds;
        this.createdMs = nowMs;
        this.lastUsedMs = nowMs;
        first.forEach(entry -> entries.put(entry.key(), entry));
        this.size = entries.size();
    }

    /** Takes the epoch when it is the one expected. */
    synchronized boolean advance(int epoch, long nowMs) {
        if (epoch != nextEpoch) {
            return false;
        }
        nextEpoch = FetchMetadata.nextEpoch(epoch);
        lastUsedMs = nowMs;
        return true;
    }

    synchronized void update(List<FetchTopic> topics, List<ForgottenTopic> forgotten) {
        for (FetchTopic topic : topics) {
            for (FetchPartition asked : topic.partitions()) {
                ask(key(topic.topic(), topic.topicId(), asked.partition()), asked);
            }
        }
        for (ForgottenTopic topic : forgotten) {
            topic.partitions().forEach(partition -> entries.remove(key(topic.topic(), topic.topicId(), partition)));
        }
        size = entries.size();
    }

    /** All partitions in reading order, as they are asked for now. */
    synchronized List<FetchEntry> snapshot() {
        List<FetchEntry> all = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> all.add(entry.snapshot()));
        return all;
    }

    /** Remembers what is answered and gives those rows that must be in the answer. */
    synchronized List<FetchedPartition> changed(List<FetchedPartition> read) {
        List<FetchedPartition> changed = new ArrayList<>();
        for (FetchedPartition answered : read) {
            FetchEntry entry = entries.get(answered.entry().key());
            if (entry == null) { // forgotten meanwhile
                answered.discard();
            } else if (entry.tell(answered)) {
                changed.add(answered);
                if (answered.bytes() > 0) {
                    entries.remove(entry.key());
                    entries.put(entry.key(), entry);
                }
            }
        }
        return changed;
    }

    static FetchEntry.Key key(String topic, Uuid topicId, int partition) {
        return new FetchEntry.Key(topic, topicId, partition);
    }

    int id() {
        return id;
    }

    boolean usesTopicIds() {
        return usesTopicIds;
    }

    long createdMs() {
        return createdMs;
    }

    long lastUsedMs() {
        return lastUsedMs;
    }

    /** Partitions in the session. */
    int size() {
        return size;
    }

    private void ask(FetchEntry.Key key, FetchPartition asked) {
        FetchEntry known = entries.get(key);
        if (known == null) {
            entries.put(key, new FetchEntry(key, asked));
        } else {
            known.ask(asked);
        }
    }
}
