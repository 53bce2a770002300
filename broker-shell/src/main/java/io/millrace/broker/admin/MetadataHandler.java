package io.millrace.broker.admin;

import io.millrace.broker.kraft.TopicCreator;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import io.millrace.broker.request.RequestRouter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.MetadataCache;
import org.jspecify.annotations.Nullable;

/**
 * Metadata in all versions: brokers, the topics asked for by name or by id or all of them, and topics created because
 * somebody asked. Answered at once from the metadata image; a topic being created is answered UNKNOWN_TOPIC_OR_PARTITION,
 * upon which clients ask again. Stateless.
 */
public final class MetadataHandler implements RequestHandler {
    private static final short LISTENER_ERROR_VERSION = 6;
    private static final short OPERATIONS_VERSION = 8;
    private static final short LAST_CLUSTER_OPERATIONS_VERSION = 10;
    private static final short TOPIC_ID_VERSION = 12;

    private final MetadataCache metadata;
    private final TopicCreator topicCreator;
    private final String clusterId;
    private final Supplier<Boolean> autoCreate;

    /**
     * A handler over the node's metadata.
     *
     * @param autoCreate the present value of {@code auto.create.topics.enable}
     */
    public MetadataHandler(
            MetadataCache metadata, TopicCreator topicCreator, String clusterId, Supplier<Boolean> autoCreate) {
        this.metadata = metadata;
        this.topicCreator = topicCreator;
        this.clusterId = clusterId;
        this.autoCreate = autoCreate;
    }

    /** Puts the handler on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.METADATA, this);
    }

    @Override
    public void handle(Request request) {
        MetadataRequestData data = request.data(MetadataRequestData.class);
        MetadataRequest body = new MetadataRequest(data, request.apiVersion());
        checkVersion(body, data);
        List<MetadataResponseTopic> found = topicsAskedFor(request, body, data);
        if (request.apiVersion() >= OPERATIONS_VERSION && data.includeTopicAuthorizedOperations()) {
            int operations = Answers.authorizedOperations(ResourceType.TOPIC);
            found.forEach(topic -> topic.setTopicAuthorizedOperations(operations));
        }
        List<MetadataResponseTopic> topics = new ArrayList<>(unknownIds(body));
        topics.addAll(found);
        request.respond(response(request, data, topics));
    }

    /** The fields are there in versions 10 and 11 already, but mean something from 12 on. */
    private static void checkVersion(MetadataRequest body, MetadataRequestData data) {
        if (body.isAllTopics() || body.version() >= TOPIC_ID_VERSION) {
            return;
        }
        for (MetadataRequestTopic topic : data.topics()) {
            if (topic.name() == null) {
                throw new InvalidRequestException("Topic name can not be null for version " + body.version());
            }
            if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
                throw new InvalidRequestException(
                        "Topic IDs are not supported in requests for version " + body.version());
            }
        }
    }

    private List<MetadataResponseTopic> unknownIds(MetadataRequest body) {
        return idsIn(body).stream()
                .filter(id -> metadata.getTopicName(id).isEmpty())
                .map(id -> absent(Errors.UNKNOWN_TOPIC_ID, null).setTopicId(id).setIsInternal(false))
                .toList();
    }

    private static Set<Uuid> idsIn(MetadataRequest body) {
        return body.topicIds().stream().filter(id -> !id.equals(Uuid.ZERO_UUID)).collect(Collectors.toSet());
    }

    private List<MetadataResponseTopic> topicsAskedFor(
            Request request, MetadataRequest body, MetadataRequestData data) {
        Set<String> names = namesIn(body);
        List<MetadataResponseTopic> found = metadata.getTopicMetadata(
                names, request.listener(), request.apiVersion() == 0, request.apiVersion() >= LISTENER_ERROR_VERSION);
        if (body.isAllTopics() || found.size() == names.size()) {
            return found;
        }
        List<MetadataResponseTopic> all = new ArrayList<>(found);
        all.addAll(missing(request, data, names, found));
        return all;
    }

    private Set<String> namesIn(MetadataRequest body) {
        if (body.isAllTopics()) {
            return metadata.getAllTopics();
        }
        Set<Uuid> ids = idsIn(body);
        if (ids.isEmpty()) {
            return new LinkedHashSet<>(body.topics());
        }
        return ids.stream().flatMap(id -> metadata.getTopicName(id).stream()).collect(Collectors.toSet());
    }

    private List<MetadataResponseTopic> missing(
            Request request, MetadataRequestData data, Set<String> names, List<MetadataResponseTopic> found) {
        Set<String> missing = new LinkedHashSet<>(names);
        found.forEach(topic -> missing.remove(topic.name()));
        if (data.allowAutoTopicCreation() && autoCreate.get()) {
            return topicCreator.create(missing, request.context());
        }
        return missing.stream().map(this::unknown).toList();
    }

    private MetadataResponseTopic unknown(String topic) {
        return absent(validate(topic), topic).setTopicId(metadata.getTopicId(topic));
    }

    private static MetadataResponseTopic absent(Errors error, @Nullable String topic) {
        return new MetadataResponseTopic()
                .setErrorCode(error.code())
                .setName(topic)
                .setIsInternal(topic != null && Topic.isInternal(topic));
    }

    private static Errors validate(String topic) {
        try {
            Topic.validate(topic);
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        } catch (InvalidTopicException e) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
    }

    private MetadataResponseData response(
            Request request, MetadataRequestData data, List<MetadataResponseTopic> topics) {
        return MetadataResponse.prepareResponse(
                        request.apiVersion(),
                        0,
                        metadata.getAliveBrokerNodes(request.listener()),
                        clusterId,
                        metadata.getRandomAliveBrokerId().orElse(MetadataResponse.NO_CONTROLLER_ID),
                        topics,
                        clusterOperations(request.apiVersion(), data))
                .data();
    }

    private static int clusterOperations(short version, MetadataRequestData data) {
        boolean asked = version >= OPERATIONS_VERSION
                && version <= LAST_CLUSTER_OPERATIONS_VERSION
                && data.includeClusterAuthorizedOperations();
        return asked ? Answers.authorizedOperations(ResourceType.CLUSTER) : Integer.MIN_VALUE;
    }
}
