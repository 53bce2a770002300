package io.millrace.broker.request.fetch;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.apache.kafka.common.requests.FetchMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The incremental fetch sessions of this node, at most so many ({@code max.incremental.fetch.session.cache.slots}). Any
 * thread. When all slots are taken a new session displaces one that was idle for two minutes, or else a smaller one
 * that is older than that; where there is none the client goes on with full requests.
 */
final class FetchSessions {
    static final long EVICTABLE_AFTER_MS = 120_000;

    private final int slots;
    private final LongSupplier clockMs;
    private final Map<Integer, FetchSession> byId = new ConcurrentHashMap<>();

    FetchSessions(int slots, LongSupplier clockMs) {
        this.slots = slots;
        this.clockMs = clockMs;
    }

    @Nullable
    FetchSession get(int id) {
        return byId.get(id);
    }

    void remove(int id) {
        FetchSession session = byId.remove(id);
        if (session != null) {
            session.remove();
        }
    }

    int count() {
        return byId.size();
    }

    /** A session over {@code entries}, or null when there is no room. */
    synchronized @Nullable FetchSession create(boolean usesTopicIds, List<FetchEntry> entries) {
        long nowMs = clockMs.getAsLong();
        if (byId.size() >= slots && !evict(entries.size(), nowMs)) {
            return null;
        }
        FetchSession session = new FetchSession(newId(), usesTopicIds, entries, nowMs);
        byId.put(session.id(), session);
        return session;
    }

    private boolean evict(int proposedSize, long nowMs) {
        FetchSession worst = null;
        for (FetchSession session : byId.values()) {
            if (nowMs - session.lastUsedMs() > EVICTABLE_AFTER_MS) {
                return remove(session);
            }
            boolean displaceable = nowMs - session.createdMs() > EVICTABLE_AFTER_MS && session.size() <= proposedSize;
            if (displaceable && (worst == null || session.size() < worst.size())) {
                worst = session;
            }
        }
        return worst != null && remove(worst);
    }

    private boolean remove(FetchSession session) {
        session.remove();
        return byId.remove(session.id(), session);
    }

    private int newId() {
        int id = FetchMetadata.INVALID_SESSION_ID;
        while (id == FetchMetadata.INVALID_SESSION_ID || byId.containsKey(id)) {
            id = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
        }
        return id;
    }
}
