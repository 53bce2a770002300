package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.TopicDirectory;
import io.millrace.broker.request.ClientQuotas;
import io.millrace.broker.request.InPlaceHandler;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.jspecify.annotations.Nullable;

/** Answers Fetch of consumers and of followers. Owned by the node; any event loop. */
public final class FetchHandler implements RequestHandler {
    private static final short LEADER_HINT_VERSION = 16;

    private final PartitionRegistry partitions;
    private final PartitionReader reader;
    private final TopicDirectory topics;
    private final FetchSessions sessions;
    private final LongSupplier clockMs;
    private final int fetchBytesMax;
    private final ClientQuotas quotas;
    private final ReadAheadPool readAhead;

    /**
     * Makes the handler.
     *
     * @param sessionSlots {@code max.incremental.fetch.session.cache.slots}
     * @param fetchBytesMax {@code fetch.max.bytes}, above whatever a client asks
     * @param quotas of the clients
     * @param readAhead waits for the disk
     */
    public FetchHandler(
            PartitionRegistry partitions,
            TopicDirectory topics,
            LongSupplier clockMs,
            int sessionSlots,
            int fetchBytesMax,
            ClientQuotas quotas,
            ReadAheadPool readAhead) {
        this.partitions = partitions;
        this.reader = new PartitionReader(partitions, topics);
        this.topics = topics;
        this.sessions = new FetchSessions(sessionSlots, clockMs);
        this.clockMs = clockMs;
        this.fetchBytesMax = fetchBytesMax;
        this.quotas = quotas;
        this.readAhead = readAhead;
    }

    @Override
    public void handle(Request request) {
        FetchRequestData data = request.data(FetchRequestData.class);
        FetchContext context = FetchContext.of(data, request.apiVersion(), sessions, clockMs.getAsLong());
        if (context.error() == Errors.NONE) {
            new FetchAttempt(request, this, context, role(request, data)).begin();
        } else {
            request.respond(new FetchResponseData().setErrorCode(context.error().code()));
        }
    }

    @Override
    public InPlaceHandler inPlace() {
        return new InPlaceFetch(this);
    }

    PartitionRegistry partitions() {
        return partitions;
    }

    FetchSessions sessions() {
        return sessions;
    }

    long nowMs() {
        return clockMs.getAsLong();
    }

    int fetchBytesMax() {
        return fetchBytesMax;
    }

    PartitionReader reader() {
        return reader;
    }

    private FetchRole role(Request request, FetchRequestData data) {
        FetchRequest asked = (FetchRequest) request.body();
        return asked.isFromFollower()
                ? new FollowerRole(
                        reader,
                        request.apiVersion(),
                        asked.replicaId(),
                        data.replicaState().replicaEpoch())
                : new ConsumerRole(
                        reader,
                        request.apiVersion(),
                        data.isolationLevel() == IsolationLevel.READ_COMMITTED.id(),
                        data.rackId(),
                        asked.replicaId() == FetchRequest.DEBUGGING_CONSUMER_ID);
    }

    /** Bytes of one answer: the broker's limit, or what the client's quota can ever give. */
    int fetchBytesMax(Request request) {
        return quotas.limitsFetch() ? quotas.fetchBytesMax(request, fetchBytesMax) : fetchBytesMax;
    }

    ReadAheadPool readAhead() {
        return readAhead;
    }

    ClientQuotas quotas() {
        return quotas;
    }

    /** Sessions open now. */
    int sessionCount() {
        return sessions.count();
    }

    /**
     * The answer with the rows that the session does not leave out; rows of one topic that follow one another share
     * it.
     */
    FetchResponseData response(Request request, FetchContext context, List<FetchedPartition> read) {
        FetchResponseData response = new FetchResponseData().setSessionId(context.sessionIdToSend(read));
        List<FetchableTopicResponse> answered = new ArrayList<>();
        FetchableTopicResponse topic = null;
        for (FetchedPartition row : context.rowsToSend(read)) {
            FetchEntry.Key key = row.entry().key();
            if (topic == null
                    || !topic.topicId().equals(key.topicId())
                    || !topic.topic().equals(key.topic())) {
                topic = new FetchableTopicResponse().setTopic(key.topic()).setTopicId(key.topicId());
                answered.add(topic);
            }
            topic.partitions().add(row.row());
            hintLeader(request, response, key, row.row());
        }
        return response.setResponses(answered);
    }

    private void hintLeader(Request request, FetchResponseData response, FetchEntry.Key key, PartitionData row) {
        boolean stale = row.errorCode() == Errors.NOT_LEADER_OR_FOLLOWER.code()
                || row.errorCode() == Errors.FENCED_LEADER_EPOCH.code();
        if (!stale || request.apiVersion() < LEADER_HINT_VERSION) {
            return;
        }
        String name = key.topicId().equals(Uuid.ZERO_UUID) ? key.topic() : topics.topicName(key.topicId());
        TopicDirectory.Leader leader = name == null ? null : topics.leader(name, key.partition(), request.listener());
        if (leader != null) {
            row.currentLeader().setLeaderId(leader.id()).setLeaderEpoch(leader.epoch());
            addEndpoint(response, leader.node());
        }
    }

    private static void addEndpoint(FetchResponseData response, @Nullable Node node) {
        if (node != null && response.nodeEndpoints().find(node.id()) == null) {
            response.nodeEndpoints()
                    .add(new NodeEndpoint()
                            .setNodeId(node.id())
                            .setHost(node.host())
                            .setPort(node.port())
                            .setRack(node.rack()));
        }
    }
}
