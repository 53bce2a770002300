package io.millrace.broker.admin;

import io.millrace.broker.kraft.TopicCreator;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import io.millrace.broker.request.RequestRouter;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.metadata.MetadataCache;

/**
 * Names the broker that coordinates a group: the leader of the partition of {@code __consumer_offsets} that the group's
 * name hashes to. The first question creates that topic; until it is there the answer is COORDINATOR_NOT_AVAILABLE, upon
 * which clients ask again. Coordinators of transactions and share groups do not exist here: that is said with an error
 * upon which clients do not ask again.
 */
public final class FindCoordinatorHandler implements RequestHandler {
    private static final short SEVERAL_KEYS_VERSION = 4;

    private final GroupCoordinator coordinator;
    private final MetadataCache metadata;
    private final TopicCreator topicCreator;

    private record Found(Errors error, String message, Node node) {
        static Found failed(Errors error) {
            return new Found(error, error.message(), Node.noNode());
        }
    }

    /** A handler over the node's metadata; the creator makes {@code __consumer_offsets} when first asked for. */
    public FindCoordinatorHandler(GroupCoordinator coordinator, MetadataCache metadata, TopicCreator topicCreator) {
        this.coordinator = coordinator;
        this.metadata = metadata;
        this.topicCreator = topicCreator;
    }

    /** Puts the handler on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.FIND_COORDINATOR, this);
    }

    @Override
    public void handle(Request request) {
        FindCoordinatorRequestData data = request.data(FindCoordinatorRequestData.class);
        if (request.apiVersion() < SEVERAL_KEYS_VERSION) {
            Found found = find(data.keyType(), data.key(), request.listener());
            request.respond(answerOne(found));
            return;
        }
        List<Coordinator> coordinators = data.coordinatorKeys().stream()
                .map(key -> toCoordinator(key, find(data.keyType(), key, request.listener())))
                .toList();
        request.respond(new FindCoordinatorResponseData().setCoordinators(coordinators));
    }

    private static FindCoordinatorResponseData answerOne(Found found) {
        return new FindCoordinatorResponseData()
                .setErrorCode(found.error().code())
                .setErrorMessage(found.message())
                .setNodeId(found.node().id())
                .setHost(found.node().host())
                .setPort(found.node().port());
    }

    private static Coordinator toCoordinator(String key, Found found) {
        return new Coordinator()
                .setKey(key)
                .setErrorCode(found.error().code())
                .setErrorMessage(found.error() == Errors.NONE ? "" : found.message())
                .setNodeId(found.node().id())
                .setHost(found.node().host())
                .setPort(found.node().port());
    }

    private Found find(byte keyType, String key, ListenerName listener) {
        return switch (typeOf(keyType)) {
            case GROUP -> findGroup(key, listener);
            case TRANSACTION -> notBuilt("This broker has no transactions.");
            case SHARE -> notBuilt("This broker has no share groups.");
        };
    }

    private static CoordinatorType typeOf(byte keyType) {
        try {
            return CoordinatorType.forId(keyType);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("Unknown coordinator key type " + keyType + ".", e);
        }
    }

    private static Found notBuilt(String message) {
        return new Found(Errors.UNSUPPORTED_VERSION, message, Node.noNode());
    }

    private Found findGroup(String group, ListenerName listener) {
        int partition = coordinator.partitionFor(group);
        List<MetadataResponseTopic> topics =
                metadata.getTopicMetadata(Set.of(Topic.GROUP_METADATA_TOPIC_NAME), listener, false, false);
        if (topics.isEmpty()) {
            topicCreator.create(Set.of(Topic.GROUP_METADATA_TOPIC_NAME), null);
            return Found.failed(Errors.COORDINATOR_NOT_AVAILABLE);
        }
        return leaderOf(topics.get(0), partition, listener)
                .map(node -> new Found(Errors.NONE, Errors.NONE.message(), node))
                .orElse(Found.failed(Errors.COORDINATOR_NOT_AVAILABLE));
    }

    private Optional<Node> leaderOf(MetadataResponseTopic topic, int partition, ListenerName listener) {
        return topic.partitions().stream()
                .filter(p -> p.partitionIndex() == partition && p.leaderId() != MetadataResponse.NO_LEADER_ID)
                .findFirst()
                .flatMap(p -> metadata.getAliveBrokerNode(p.leaderId(), listener));
    }
}
