package io.millrace.broker.request.fetch;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.jspecify.annotations.Nullable;

/**
 * What one fetch request reads and how its answer relates to a session: none, a new one, the continuation of one, or a
 * session error that is all there is to answer. Owned by the request.
 */
final class FetchContext {
    private static final short TOPIC_ID_VERSION = 13;

    /** What the request has to do with sessions. */
    private enum Kind {
        SESSIONLESS,
        NEW_SESSION,
        INCREMENTAL,
        FAILED
    }

    private final Kind kind;
    private final Errors error;
    private final List<FetchEntry> entries;
    private final boolean usesTopicIds;
    private final FetchSessions sessions;
    private final @Nullable FetchSession session;

    private FetchContext(
            Kind kind,
            Errors error,
            List<FetchEntry> entries,
            boolean usesTopicIds,
            FetchSessions sessions,
            @Nullable FetchSession session) {
        this.kind = kind;
        this.error = error;
        this.entries = entries;
        this.usesTopicIds = usesTopicIds;
        this.sessions = sessions;
        this.session = session;
    }

    static FetchContext of(FetchRequestData data, short version, FetchSessions sessions, long nowMs) {
        FetchMetadata asked = new FetchMetadata(data.sessionId(), data.sessionEpoch());
        return asked.isFull() ? full(data, version, sessions) : incremental(data, version, sessions, nowMs);
    }

    private static FetchContext full(FetchRequestData data, short version, FetchSessions sessions) {
        if (data.sessionId() != FetchMetadata.INVALID_SESSION_ID) {
            sessions.remove(data.sessionId());
        }
        boolean last = data.sessionEpoch() == FetchMetadata.FINAL_EPOCH;
        Kind kind = last || data.topics().isEmpty() ? Kind.SESSIONLESS : Kind.NEW_SESSION;
        return new FetchContext(kind, Errors.NONE, entries(data), usesIds(version), sessions, null);
    }

    private static FetchContext incremental(FetchRequestData data, short version, FetchSessions sessions, long nowMs) {
        FetchSession session = sessions.get(data.sessionId());
        if (session == null) {
            return failed(Errors.FETCH_SESSION_ID_NOT_FOUND, sessions);
        }
        if (session.usesTopicIds() != usesIds(version)) {
            return failed(Errors.FETCH_SESSION_TOPIC_ID_ERROR, sessions);
        }
        if (!session.advance(data.sessionEpoch(), nowMs)) {
            return failed(Errors.INVALID_FETCH_SESSION_EPOCH, sessions);
        }
        session.update(data.topics(), data.forgottenTopicsData());
        if (session.size() == 0) {
            sessions.remove(session.id());
            return new FetchContext(Kind.SESSIONLESS, Errors.NONE, List.of(), usesIds(version), sessions, null);
        }
        return new FetchContext(Kind.INCREMENTAL, Errors.NONE, session.snapshot(), usesIds(version), sessions, session);
    }

    /** The error of the session, NONE when the request may be read. */
    Errors error() {
        return error;
    }

    List<FetchEntry> entries() {
        return entries;
    }

    boolean usesTopicIds() {
        return usesTopicIds;
    }

    /** The rows that belong into the answer; those left out have given their slices back. */
    List<FetchedPartition> rowsToSend(List<FetchedPartition> read) {
        return session == null ? read : session.changed(read);
    }

    /** The session id of an answer without rows, which tells to wait: no session is made for it. */
    int sessionIdOfThrottled() {
        return session == null ? FetchMetadata.INVALID_SESSION_ID : session.id();
    }

    /** The session id of the answer; makes the session where the client has asked for one. */
    int sessionIdToSend(List<FetchedPartition> read) {
        if (session != null) {
            return session.id();
        }
        if (kind != Kind.NEW_SESSION) {
            return FetchMetadata.INVALID_SESSION_ID;
        }
        List<FetchEntry> remembered = new ArrayList<>(read.size());
        for (FetchedPartition row : read) {
            row.entry().tell(row);
            remembered.add(row.entry());
        }
        FetchSession made = sessions.create(usesTopicIds, remembered);
        return made == null ? FetchMetadata.INVALID_SESSION_ID : made.id();
    }

    private static FetchContext failed(Errors error, FetchSessions sessions) {
        return new FetchContext(Kind.FAILED, error, List.of(), false, sessions, null);
    }

    private static boolean usesIds(short version) {
        return version >= TOPIC_ID_VERSION;
    }

    private static List<FetchEntry> entries(FetchRequestData data) {
        List<FetchEntry> entries = new ArrayList<>();
        for (FetchTopic topic : data.topics()) {
            for (FetchPartition asked : topic.partitions()) {
                FetchEntry.Key key = FetchSession.key(topic.topic(), topic.topicId(), asked.partition());
                entries.add(new FetchEntry(key, asked));
            }
        }
        return entries;
    }
}
