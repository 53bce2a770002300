package io.millrace.broker.replica;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.jspecify.annotations.Nullable;

/**
 * A follower's half of an incremental fetch session (KIP-227): a request names what has changed since the one before, so that it costs what
 * has moved and not what is followed. Owned by the fetcher's thread.
 *
 * <p>Whatever goes wrong on the way makes the next request a full one, which also ends the session that the leader may still have.
 */
final class FetchSession {
    private final List<FollowedPartition> changed = new ArrayList<>();
    private FetchMetadata next = FetchMetadata.INITIAL;

    /** Something about it may have to be told to the leader with the next request. */
    void changed(FollowedPartition partition) {
        if (!partition.isQueued()) {
            partition.queued(true);
            changed.add(partition);
        }
    }

    /** The answer did not come, or cannot be used. */
    void broken() {
        next = next.nextCloseExistingAttemptNew();
    }

    boolean isFull() {
        return next.isFull();
    }

    /** Fills in what the leader is to be told: everything that can be fetched, or what has changed of it. */
    void fill(FetchRequestData request, Collection<FollowedPartition> all, int bytesMax) {
        request.setSessionId(next.sessionId()).setSessionEpoch(next.epoch());
        if (next.isFull()) {
            all.forEach(FollowedPartition::leftSession);
        }
        Rows rows = new Rows(request);
        for (FollowedPartition each : next.isFull() ? all : changed) {
            if (each.isFetchable()) {
                rows.add(each, bytesMax);
            } else if (each.isInSession()) {
                rows.forget(each);
            }
        }
        for (FollowedPartition each : changed) {
            each.queued(false);
        }
        changed.clear();
    }

    /** Takes note of an answer; false where it is of no use: the session is not known any more, or another one. */
    boolean accept(FetchResponseData answer) {
        Errors error = Errors.forCode(answer.errorCode());
        if (error != Errors.NONE) {
            next = error == Errors.FETCH_SESSION_ID_NOT_FOUND
                    ? FetchMetadata.INITIAL
                    : next.nextCloseExistingAttemptNew();
            return false;
        }
        if (next.isFull()) {
            next = answer.sessionId() == FetchMetadata.INVALID_SESSION_ID
                    ? FetchMetadata.INITIAL
                    : FetchMetadata.newIncremental(answer.sessionId());
            return true;
        }
        if (answer.sessionId() != next.sessionId()) {
            // The leader has ended it, after it was emptied or to make room; what the answer holds is good all the
            // same.
            boolean ended = answer.sessionId() == FetchMetadata.INVALID_SESSION_ID;
            next = ended ? FetchMetadata.INITIAL : next.nextCloseExistingAttemptNew();
            return ended;
        }
        next = next.nextIncremental();
        return true;
    }

    /** The rows of one request, those of a topic together where they come together. */
    private static final class Rows {
        private final FetchRequestData request;
        private @Nullable FetchTopic topic;
        private @Nullable ForgottenTopic forgotten;

        Rows(FetchRequestData request) {
            this.request = request;
        }

        void add(FollowedPartition each, int bytesMax) {
            FetchPartition row = each.toSend(bytesMax);
            if (row == null) {
                return;
            }
            Uuid id = each.topicId();
            if (topic == null || !topic.topicId().equals(id)) {
                topic = new FetchTopic()
                        .setTopicId(id)
                        .setTopic(each.partition().topic());
                request.topics().add(topic);
            }
            topic.partitions().add(row);
        }

        void forget(FollowedPartition each) {
            each.leftSession();
            Uuid id = each.topicId();
            if (forgotten == null || !forgotten.topicId().equals(id)) {
                forgotten = new ForgottenTopic()
                        .setTopicId(id)
                        .setTopic(each.partition().topic());
                request.forgottenTopicsData().add(forgotten);
            }
            forgotten.partitions().add(each.number());
        }
    }
}
