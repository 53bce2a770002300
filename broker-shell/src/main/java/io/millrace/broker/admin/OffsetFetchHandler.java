package io.millrace.broker.admin;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.metadata.MetadataCache;

/**
 * Fetches committed offsets of one group or, from version 8, of several, by topic name or, from version 10, by topic id.
 * Each group fails or succeeds by itself; the response leaves when the last group is done.
 */
final class OffsetFetchHandler implements RequestHandler {
    private static final short GROUPS_VERSION = 8;
    private static final long INVALID_OFFSET = -1;

    private final GroupCoordinator coordinator;
    private final MetadataCache metadata;

    OffsetFetchHandler(GroupCoordinator coordinator, MetadataCache metadata) {
        this.coordinator = coordinator;
        this.metadata = metadata;
    }

    @Override
    public void handle(Request request) {
        OffsetFetchRequestData data = request.data(OffsetFetchRequestData.class);
        List<CompletableFuture<OffsetFetchResponseGroup>> futures = groups(data, request.apiVersion()).stream()
                .map(group -> fetch(request, group, data.requireStable()))
                .toList();
        CompletableFuture<Void> all = CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
        Answers.send(
                request,
                all,
                done -> new OffsetFetchResponse.Builder(
                                futures.stream().map(CompletableFuture::join).toList())
                        .build(request.apiVersion())
                        .data());
    }

    /** The groups asked for; older versions name one at the top level. */
    private static List<OffsetFetchRequestGroup> groups(OffsetFetchRequestData data, short version) {
        if (version >= GROUPS_VERSION) {
            return data.groups();
        }
        OffsetFetchRequestGroup group = new OffsetFetchRequestGroup().setGroupId(data.groupId());
        if (data.topics() == null) {
            return List.of(group.setTopics(null));
        }
        for (OffsetFetchRequestTopic topic : data.topics()) {
            group.topics()
                    .add(new OffsetFetchRequestTopics()
                            .setName(topic.name())
                            .setPartitionIndexes(topic.partitionIndexes()));
        }
        return List.of(group);
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetch(
            Request request, OffsetFetchRequestGroup group, boolean requireStable) {
        CompletableFuture<OffsetFetchResponseGroup> fetched = OffsetFetchRequest.requestAllOffsets(group)
                ? fetchAll(request, group, requireStable)
                : fetchNamed(request, group, requireStable);
        return fetched.exceptionally(
                failure -> OffsetFetchResponse.groupError(group, Answers.error(failure), request.apiVersion()));
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetchAll(
            Request request, OffsetFetchRequestGroup group, boolean requireStable) {
        boolean useTopicIds = OffsetFetchRequest.useTopicIds(request.apiVersion());
        return coordinator
                .fetchOffsets(request.context(), group, requireStable)
                .thenApply(response -> useTopicIds && isGood(response) ? withTopicIds(response) : response);
    }

    /** Offsets are kept by name; a topic without an id is gone, and cannot be put into a response by id. */
    private OffsetFetchResponseGroup withTopicIds(OffsetFetchResponseGroup response) {
        List<OffsetFetchResponseTopics> topics = new ArrayList<>();
        for (OffsetFetchResponseTopics topic : response.topics()) {
            if (topic.topicId().equals(Uuid.ZERO_UUID)) {
                topic.setTopicId(metadata.getTopicId(topic.name()));
            }
            if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
                topics.add(topic);
            }
        }
        return response.setTopics(topics);
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetchNamed(
            Request request, OffsetFetchRequestGroup group, boolean requireStable) {
        boolean useTopicIds = OffsetFetchRequest.useTopicIds(request.apiVersion());
        List<OffsetFetchRequestTopics> known = new ArrayList<>();
        List<OffsetFetchResponseTopics> unknown = new ArrayList<>();
        for (OffsetFetchRequestTopics topic : group.topics()) {
            if (useTopicIds) {
                metadata.getTopicName(topic.topicId()).ifPresent(topic::setName);
            }
            if (useTopicIds && topic.name().isEmpty()) {
                unknown.add(refused(topic));
            } else {
                known.add(topic);
            }
        }
        return coordinator
                .fetchOffsets(request.context(), withTopics(group, known), requireStable)
                .thenApply(response -> isGood(response) ? withUnknown(response, unknown) : response);
    }

    private static OffsetFetchRequestGroup withTopics(
            OffsetFetchRequestGroup group, List<OffsetFetchRequestTopics> topics) {
        return new OffsetFetchRequestGroup()
                .setGroupId(group.groupId())
                .setMemberId(group.memberId())
                .setMemberEpoch(group.memberEpoch())
                .setTopics(topics);
    }

    private static OffsetFetchResponseTopics refused(OffsetFetchRequestTopics topic) {
        OffsetFetchResponseTopics response =
                new OffsetFetchResponseTopics().setTopicId(topic.topicId()).setName(topic.name());
        for (int partition : topic.partitionIndexes()) {
            response.partitions()
                    .add(new OffsetFetchResponsePartitions()
                            .setPartitionIndex(partition)
                            .setCommittedOffset(INVALID_OFFSET)
                            .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code()));
        }
        return response;
    }

    private static OffsetFetchResponseGroup withUnknown(
            OffsetFetchResponseGroup response, List<OffsetFetchResponseTopics> unknown) {
        List<OffsetFetchResponseTopics> topics = new ArrayList<>(response.topics());
        topics.addAll(unknown);
        return response.setTopics(topics);
    }

    private static boolean isGood(OffsetFetchResponseGroup response) {
        return response.errorCode() == Errors.NONE.code();
    }
}
