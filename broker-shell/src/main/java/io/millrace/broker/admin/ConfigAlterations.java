package io.millrace.broker.admin;

import io.millrace.broker.kraft.Forwarder;
import io.millrace.broker.request.Request;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.jspecify.annotations.Nullable;

/**
 * AlterConfigs and IncrementalAlterConfigs: this broker answers for the resources that are its own to judge, the
 * controller for the rest, and the client gets one response in the order of its request. Stateless.
 */
final class ConfigAlterations {
    private final ConfigChangeCheck check;
    private final Forwarder forwarder;

    private record Resource(byte type, String name) {}

    ConfigAlterations(ConfigChangeCheck check, Forwarder forwarder) {
        this.check = check;
        this.forwarder = forwarder;
    }

    void alterIncrementally(Request request) {
        IncrementalAlterConfigsRequestData data = request.data(IncrementalAlterConfigsRequestData.class);
        IdentityHashMap<IncrementalAlterConfigsRequestData.AlterConfigsResource, ApiError> answered =
                check.answer(data);
        if (answered.isEmpty()) {
            forwarder.handle(request);
            return;
        }
        IncrementalAlterConfigsRequestData rest =
                new IncrementalAlterConfigsRequestData().setValidateOnly(data.validateOnly());
        data.resources().stream()
                .filter(resource -> !answered.containsKey(resource))
                .forEach(resource -> rest.resources().add(resource.duplicate()));
        if (rest.resources().isEmpty()) {
            request.respond(merge(data, answered, new IncrementalAlterConfigsResponseData()));
            return;
        }
        forwarder.forward(
                request, rest, response -> merge(data, answered, (IncrementalAlterConfigsResponseData) response));
    }

    private static IncrementalAlterConfigsResponseData merge(
            IncrementalAlterConfigsRequestData data,
            IdentityHashMap<IncrementalAlterConfigsRequestData.AlterConfigsResource, ApiError> answered,
            IncrementalAlterConfigsResponseData byController) {
        Map<Resource, ApiError> errors = new HashMap<>();
        byController
                .responses()
                .forEach(r -> errors.put(
                        new Resource(r.resourceType(), r.resourceName()),
                        new ApiError(r.errorCode(), r.errorMessage())));
        IncrementalAlterConfigsResponseData response =
                new IncrementalAlterConfigsResponseData().setThrottleTimeMs(byController.throttleTimeMs());
        for (var resource : data.resources()) {
            ApiError error = errorOf(
                    answered.get(resource), errors, new Resource(resource.resourceType(), resource.resourceName()));
            response.responses()
                    .add(new IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse()
                            .setResourceName(resource.resourceName())
                            .setResourceType(resource.resourceType())
                            .setErrorCode(error.error().code())
                            .setErrorMessage(error.message()));
        }
        return response;
    }

    void alter(Request request) {
        AlterConfigsRequestData data = request.data(AlterConfigsRequestData.class);
        IdentityHashMap<AlterConfigsResource, ApiError> answered = check.answer(data);
        if (answered.isEmpty()) {
            forwarder.handle(request);
            return;
        }
        AlterConfigsRequestData rest = new AlterConfigsRequestData().setValidateOnly(data.validateOnly());
        data.resources().stream()
                .filter(resource -> !answered.containsKey(resource))
                .forEach(resource -> rest.resources().add(resource.duplicate()));
        if (rest.resources().isEmpty()) {
            request.respond(merge(data, answered, new AlterConfigsResponseData()));
            return;
        }
        forwarder.forward(request, rest, response -> merge(data, answered, (AlterConfigsResponseData) response));
    }

    private static AlterConfigsResponseData merge(
            AlterConfigsRequestData data,
            IdentityHashMap<AlterConfigsResource, ApiError> answered,
            AlterConfigsResponseData byController) {
        Map<Resource, ApiError> errors = new HashMap<>();
        byController
                .responses()
                .forEach(r -> errors.put(
                        new Resource(r.resourceType(), r.resourceName()),
                        new ApiError(r.errorCode(), r.errorMessage())));
        AlterConfigsResponseData response =
                new AlterConfigsResponseData().setThrottleTimeMs(byController.throttleTimeMs());
        for (AlterConfigsResource resource : data.resources()) {
            ApiError error = errorOf(
                    answered.get(resource), errors, new Resource(resource.resourceType(), resource.resourceName()));
            response.responses()
                    .add(new AlterConfigsResourceResponse()
                            .setResourceName(resource.resourceName())
                            .setResourceType(resource.resourceType())
                            .setErrorCode(error.error().code())
                            .setErrorMessage(error.message()));
        }
        return response;
    }

    /** A resource that neither has answered for is a fault of the controller, said as such. */
    private static ApiError errorOf(@Nullable ApiError own, Map<Resource, ApiError> byController, Resource resource) {
        return own != null ? own : byController.getOrDefault(resource, new ApiError(Errors.UNKNOWN_SERVER_ERROR));
    }
}
