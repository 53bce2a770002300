package io.millrace.broker.kraft;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicDeletionDisabledException;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResultCollection;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.controller.Controller;
import org.apache.kafka.controller.ControllerRequestContext;
import org.apache.kafka.controller.ResultOrError;
import org.jspecify.annotations.Nullable;

/**
 * Deletion of topics that a client names, or whose ids it gives, or both.
 *
 * <p>The controller deletes by id, so names are resolved first; what is named twice is refused, not deleted once.
 */
final class TopicDeletion {
    private final Controller controller;
    private final boolean enabled;

    TopicDeletion(Controller controller, boolean enabled) {
        this.controller = controller;
        this.enabled = enabled;
    }

    CompletableFuture<DeleteTopicsResponseData> deleteTopics(ControllerCall call) {
        DeleteTopicsRequestData request = call.data(DeleteTopicsRequestData.class);
        if (!enabled) {
            return CompletableFuture.failedFuture(
                    call.header().apiVersion() < 3
                            ? new InvalidRequestException("This version does not support topic deletion.")
                            : new TopicDeletionDisabledException());
        }
        Attempt attempt = new Attempt(call.caller(request.timeoutMs()));
        request.topicNames().forEach(attempt::addName);
        request.topics().forEach(attempt::add);
        return attempt.run();
    }

    /** One request's way from what the client gave to what each topic came to. Confined to the request's future. */
    private final class Attempt {
        private final ControllerRequestContext caller;
        private final List<DeletableTopicResult> results = new ArrayList<>();
        private final Map<String, Integer> names = new HashMap<>();
        private final Map<Uuid, Integer> ids = new HashMap<>();
        private final Map<Uuid, String> toDelete = new HashMap<>();
        private final Set<Uuid> named = new HashSet<>();

        Attempt(ControllerRequestContext caller) {
            this.caller = caller;
        }

        void addName(String name) {
            names.merge(name, 1, Integer::sum);
        }

        void add(DeleteTopicState topic) {
            boolean hasId = !topic.topicId().equals(Uuid.ZERO_UUID);
            if (topic.name() == null && !hasId) {
                invalid(null, Uuid.ZERO_UUID, "Neither topic name nor id were specified.");
            } else if (topic.name() != null && hasId) {
                invalid(topic.name(), topic.topicId(), "You may not specify both topic name and topic id.");
            } else if (hasId) {
                ids.merge(topic.topicId(), 1, Integer::sum);
            } else {
                addName(topic.name());
            }
        }

        CompletableFuture<DeleteTopicsResponseData> run() {
            names.forEach((name, times) -> {
                if (times > 1) {
                    invalid(name, Uuid.ZERO_UUID, "Duplicate topic name.");
                }
            });
            ids.forEach((id, times) -> {
                if (times > 1) {
                    invalid(null, id, "Duplicate topic id.");
                }
            });
            names.values().removeIf(times -> times > 1);
            ids.values().removeIf(times -> times > 1);
            return controller
                    .findTopicNames(caller, ids.keySet())
                    .thenCompose(this::resolvedIds)
                    .thenCompose(this::resolvedNames)
                    .thenApply(this::deleted);
        }

        private CompletableFuture<Map<String, ResultOrError<Uuid>>> resolvedIds(
                Map<Uuid, ResultOrError<String>> found) {
            found.forEach((id, name) -> {
                if (name.isError()) {
                    add(null, id, name.error());
                } else {
                    toDelete.put(id, name.result());
                }
            });
            return controller.findTopicIds(caller, names.keySet());
        }

        private CompletableFuture<Map<Uuid, ApiError>> resolvedNames(Map<String, ResultOrError<Uuid>> found) {
            found.forEach((name, id) -> {
                if (id.isError()) {
                    add(name, Uuid.ZERO_UUID, id.error());
                } else if (!named.add(id.result()) || toDelete.put(id.result(), name) != null) {
                    toDelete.remove(id.result());
                    invalid(name, id.result(), "The provided topic name maps to an ID that was already supplied.");
                }
            });
            return controller.deleteTopics(caller, toDelete.keySet());
        }

        private DeleteTopicsResponseData deleted(Map<Uuid, ApiError> outcome) {
            outcome.forEach((id, error) -> add(toDelete.get(id), id, error));
            return new DeleteTopicsResponseData().setResponses(new DeletableTopicResultCollection(results.iterator()));
        }

        private void invalid(@Nullable String name, Uuid id, String why) {
            add(name, id, new ApiError(Errors.INVALID_REQUEST, why));
        }

        private void add(@Nullable String name, Uuid id, ApiError error) {
            results.add(new DeletableTopicResult()
                    .setName(name)
                    .setTopicId(id)
                    .setErrorCode(error.error().code())
                    .setErrorMessage(error.message()));
        }
    }
}
