package io.millrace.broker.kraft;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.controller.Controller;
import org.jspecify.annotations.Nullable;

/** Creation of topics and partitions; see {@link TopicDeletion} for the rest of a topic's life. */
final class TopicOperations {
    private final Controller controller;

    private TopicOperations(Controller controller) {
        this.controller = controller;
    }

    static void register(ControllerApi api, Controller controller, boolean deletionEnabled) {
        TopicOperations operations = new TopicOperations(controller);
        api.on(ApiKeys.CREATE_TOPICS, operations::createTopics);
        api.on(ApiKeys.CREATE_PARTITIONS, operations::createPartitions);
        TopicDeletion deletion = new TopicDeletion(controller, deletionEnabled);
        api.on(ApiKeys.DELETE_TOPICS, deletion::deleteTopics);
    }

    private CompletableFuture<CreateTopicsResponseData> createTopics(ControllerCall call) {
        CreateTopicsRequestData asked = call.data(CreateTopicsRequestData.class);
        Map<String, Integer> occurrences = new HashMap<>();
        asked.topics().forEach(topic -> occurrences.merge(topic.name(), 1, Integer::sum));
        CreateTopicsRequestData allowed = asked.duplicate();
        allowed.topics().removeIf(topic -> refusalOf(topic, occurrences) != null);
        Set<String> describable =
                allowed.topics().stream().map(CreatableTopic::name).collect(Collectors.toSet());
        return controller
                .createTopics(call.caller(asked.timeoutMs()), allowed, describable, call.forwarded())
                .thenApply(response -> withRefusals(response, asked, occurrences));
    }

    private static CreateTopicsResponseData withRefusals(
            CreateTopicsResponseData response, CreateTopicsRequestData asked, Map<String, Integer> occurrences) {
        Set<String> told = new HashSet<>();
        for (CreatableTopic topic : asked.topics()) {
            String refusal = refusalOf(topic, occurrences);
            if (refusal != null && told.add(topic.name())) {
                response.topics()
                        .add(new CreatableTopicResult()
                                .setName(topic.name())
                                .setErrorCode(Errors.INVALID_REQUEST.code())
                                .setErrorMessage(refusal));
            }
        }
        return response;
    }

    private static @Nullable String refusalOf(CreatableTopic topic, Map<String, Integer> occurrences) {
        if (occurrences.getOrDefault(topic.name(), 0) > 1) {
            return "Duplicate topic name.";
        }
        return topic.name().equals(Topic.CLUSTER_METADATA_TOPIC_NAME)
                ? "Creation of internal topic " + topic.name() + " is prohibited."
                : null;
    }

    private CompletableFuture<CreatePartitionsResponseData> createPartitions(ControllerCall call) {
        CreatePartitionsRequestData asked = call.data(CreatePartitionsRequestData.class);
        Map<String, CreatePartitionsTopic> unique = new HashMap<>();
        Set<String> duplicates = new HashSet<>();
        for (CreatePartitionsTopic topic : asked.topics()) {
            if (unique.put(topic.name(), topic) != null) {
                duplicates.add(topic.name());
            }
        }
        unique.keySet().removeAll(duplicates);
        return controller
                .createPartitions(call.caller(asked.timeoutMs()), List.copyOf(unique.values()), asked.validateOnly())
                .thenApply(results -> {
                    CreatePartitionsResponseData response =
                            new CreatePartitionsResponseData().setResults(new ArrayList<>(results));
                    duplicates.forEach(name -> response.results().add(duplicatePartitions(name)));
                    return response;
                });
    }

    private static CreatePartitionsTopicResult duplicatePartitions(String name) {
        return new CreatePartitionsTopicResult()
                .setName(name)
                .setErrorCode(Errors.INVALID_REQUEST.code())
                .setErrorMessage("Duplicate topic name.");
    }
}
