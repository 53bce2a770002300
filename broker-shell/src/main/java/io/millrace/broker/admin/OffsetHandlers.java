package io.millrace.broker.admin;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.metadata.MetadataCache;

/**
 * Committing and deleting the offsets of a group; fetching them is {@link OffsetFetchHandler}. The coordinator works on
 * topic names and does not look whether they exist: topic ids are resolved here, and what does not exist is refused here,
 * partition by partition, while the rest goes on.
 */
public final class OffsetHandlers {
    private final GroupCoordinator coordinator;
    private final MetadataCache metadata;

    /** Handlers over the node's coordinator and metadata. */
    public OffsetHandlers(GroupCoordinator coordinator, MetadataCache metadata) {
        this.coordinator = coordinator;
        this.metadata = metadata;
    }

    /** Puts the handlers, that of OffsetFetch included, on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.OFFSET_COMMIT, this::commit);
        router.register(ApiKeys.OFFSET_DELETE, this::delete);
        router.register(ApiKeys.OFFSET_FETCH, new OffsetFetchHandler(coordinator, metadata));
    }

    private void commit(Request request) {
        OffsetCommitRequestData data = request.data(OffsetCommitRequestData.class);
        boolean useTopicIds = OffsetCommitResponse.useTopicIds(request.apiVersion());
        OffsetCommitResponse.Builder answer = OffsetCommitResponse.newBuilder(useTopicIds);
        List<OffsetCommitRequestTopic> known = new ArrayList<>();
        for (OffsetCommitRequestTopic topic : data.topics()) {
            addKnown(topic, useTopicIds, answer, known);
        }
        if (known.isEmpty()) {
            request.respond(answer.build().data());
            return;
        }
        Answers.send(
                request,
                coordinator.commitOffsets(request.context(), withTopics(data, known), BufferSupplier.NO_CACHING),
                response -> answer.merge(response).build().data());
    }

    private void addKnown(
            OffsetCommitRequestTopic topic,
            boolean useTopicIds,
            OffsetCommitResponse.Builder answer,
            List<OffsetCommitRequestTopic> known) {
        if (useTopicIds) {
            metadata.getTopicName(topic.topicId()).ifPresent(topic::setName);
        } else {
            topic.setTopicId(metadata.getTopicId(topic.name()));
        }
        if (useTopicIds && topic.name().isEmpty()) {
            refuse(topic, Errors.UNKNOWN_TOPIC_ID, answer);
        } else if (topic.topicId().equals(Uuid.ZERO_UUID)) {
            refuse(topic, Errors.UNKNOWN_TOPIC_OR_PARTITION, answer);
        } else {
            addKnownPartitions(topic, answer, known);
        }
    }

    private static void refuse(OffsetCommitRequestTopic topic, Errors error, OffsetCommitResponse.Builder answer) {
        answer.addPartitions(
                topic.topicId(), topic.name(), topic.partitions(), OffsetCommitRequestPartition::partitionIndex, error);
    }

    private void addKnownPartitions(
            OffsetCommitRequestTopic topic, OffsetCommitResponse.Builder answer, List<OffsetCommitRequestTopic> known) {
        OffsetCommitRequestTopic valid =
                new OffsetCommitRequestTopic().setTopicId(topic.topicId()).setName(topic.name());
        for (OffsetCommitRequestPartition partition : topic.partitions()) {
            if (exists(topic.name(), partition.partitionIndex())) {
                valid.partitions().add(partition);
            } else {
                answer.addPartition(
                        topic.topicId(), topic.name(), partition.partitionIndex(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
            }
        }
        if (!valid.partitions().isEmpty()) {
            known.add(valid);
        }
    }

    private static OffsetCommitRequestData withTopics(
            OffsetCommitRequestData data, List<OffsetCommitRequestTopic> topics) {
        return new OffsetCommitRequestData()
                .setGroupId(data.groupId())
                .setMemberId(data.memberId())
                .setGenerationIdOrMemberEpoch(data.generationIdOrMemberEpoch())
                .setRetentionTimeMs(data.retentionTimeMs())
                .setGroupInstanceId(data.groupInstanceId())
                .setTopics(topics);
    }

    /** The coordinator is asked even when nothing is left to delete: it answers for the group itself. */
    private void delete(Request request) {
        OffsetDeleteRequestData data = request.data(OffsetDeleteRequestData.class);
        OffsetDeleteResponse.Builder answer = new OffsetDeleteResponse.Builder();
        OffsetDeleteRequestTopicCollection known = new OffsetDeleteRequestTopicCollection();
        for (OffsetDeleteRequestTopic topic : data.topics()) {
            addKnown(topic, answer, known);
        }
        OffsetDeleteRequestData forKnown =
                new OffsetDeleteRequestData().setGroupId(data.groupId()).setTopics(known);
        Answers.send(
                request,
                coordinator.deleteOffsets(request.context(), forKnown, BufferSupplier.NO_CACHING),
                response -> answer.merge(response).build().data());
    }

    private void addKnown(
            OffsetDeleteRequestTopic topic,
            OffsetDeleteResponse.Builder answer,
            OffsetDeleteRequestTopicCollection known) {
        OffsetDeleteRequestTopic valid = new OffsetDeleteRequestTopic().setName(topic.name());
        for (OffsetDeleteRequestPartition partition : topic.partitions()) {
            if (exists(topic.name(), partition.partitionIndex())) {
                valid.partitions().add(partition);
            } else {
                answer.addPartition(topic.name(), partition.partitionIndex(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
            }
        }
        if (!valid.partitions().isEmpty()) {
            known.add(valid);
        }
    }

    private boolean exists(String topic, int partition) {
        return metadata.getLeaderAndIsr(topic, partition).isPresent();
    }
}
