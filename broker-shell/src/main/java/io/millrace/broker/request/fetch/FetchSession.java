package io.millrace.broker.request.fetch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.requests.FetchMetadata;
import org.jspecify.annotations.Nullable;

/**
 * An incremental fetch session (KIP-227): the partitions a client fetches, so that it names only those that change.
 * Owned by the {@link FetchSessions}; its own lock guards everything in it.
 *
 * <p>Partitions are read in the order of a list; those that gave records move to its end, so that none starves when a
 * response is full.
 */
final class FetchSession {
    private final int id;
    private final boolean usesTopicIds;
    private final long createdMs;
    private final Map<FetchEntry.Key, FetchEntry> entries = new HashMap<>();
    private @Nullable FetchEntry first;
    private @Nullable FetchEntry last;

    /** The epoch the next request must carry. */
    private int nextEpoch = FetchMetadata.nextEpoch(FetchMetadata.INITIAL_EPOCH);

    /** Made when the session is first answered in place. */
    private @Nullable SteadyFetch steady;

    private volatile boolean removed;
    private volatile long lastUsedMs;
    private volatile int size;

    FetchSession(int id, boolean usesTopicIds, List<FetchEntry> all, long nowMs) {
        this.id = id;
        this.usesTopicIds = usesTopicIds;
        this.createdMs = nowMs;
        this.lastUsedMs = nowMs;
        all.forEach(this::add);
        this.size = entries.size();
    }

    /** Whether the next request is to carry that epoch. Under the lock. */
    boolean expects(int epoch) {
        return epoch == nextEpoch;
    }

    /** Takes the epoch when it is the one expected. */
    synchronized boolean advance(int epoch, long nowMs) {
        if (!expects(epoch)) {
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
            topic.partitions().forEach(partition -> forget(key(topic.topic(), topic.topicId(), partition)));
        }
        size = entries.size();
    }

    /** All partitions in reading order, as they are asked for now. */
    synchronized List<FetchEntry> snapshot() {
        List<FetchEntry> all = new ArrayList<>(entries.size());
        for (FetchEntry entry = first; entry != null; entry = entry.after) {
            all.add(entry.snapshot());
        }
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
                    moveToEnd(entry);
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
            add(new FetchEntry(key, asked));
        } else {
            known.ask(asked);
        }
    }

    private void add(FetchEntry entry) {
        FetchEntry known = entries.put(entry.key(), entry);
        if (known != null) {
            unlink(known);
        }
        append(entry);
    }

    private void forget(FetchEntry.Key key) {
        FetchEntry known = entries.remove(key);
        if (known != null) {
            unlink(known);
        }
    }

    /** Of an entry that is in the list. Under the lock. */
    void moveToEnd(FetchEntry entry) {
        if (entry != last) {
            unlink(entry);
            append(entry);
        }
    }

    private void append(FetchEntry entry) {
        FetchEntry end = last;
        entry.before = end;
        entry.after = null;
        last = entry;
        if (end == null) {
            first = entry;
        } else {
            end.after = entry;
        }
    }

    private void unlink(FetchEntry entry) {
        FetchEntry before = entry.before;
        FetchEntry after = entry.after;
        if (before == null) {
            first = after;
        } else {
            before.after = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.before = before;
        }
    }

    /** The first partition in reading order; the others hang on it. Under the lock. */
    @Nullable
    FetchEntry firstEntry() {
        return first;
    }

    /** Whether the entry has not been forgotten. Under the lock. */
    boolean has(FetchEntry entry) {
        return entries.get(entry.key()) == entry;
    }

    /** The state of requests that are answered in place. Under the lock. */
    SteadyFetch steady(InPlaceFetch handler) {
        SteadyFetch made = steady;
        if (made == null) {
            made = new SteadyFetch(this, handler.handler());
            steady = made;
        }
        return made;
    }

    /** It is in no map any more. */
    void remove() {
        removed = true;
    }

    boolean isRemoved() {
        return removed;
    }
}
