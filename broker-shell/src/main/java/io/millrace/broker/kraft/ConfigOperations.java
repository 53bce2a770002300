package io.millrace.broker.kraft;

import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.controller.Controller;

/** Changes of the settings of topics, brokers and groups that the metadata log keeps. */
final class ConfigOperations {
    private final Controller controller;

    private ConfigOperations(Controller controller) {
        this.controller = controller;
    }

    static void register(ControllerApi api, Controller controller) {
        ConfigOperations operations = new ConfigOperations(controller);
        api.on(ApiKeys.ALTER_CONFIGS, operations::alter);
        api.on(ApiKeys.INCREMENTAL_ALTER_CONFIGS, operations::alterIncrementally);
    }

    private CompletableFuture<AlterConfigsResponseData> alter(ControllerCall call) {
        AlterConfigsRequestData request = call.data(AlterConfigsRequestData.class);
        Changes<Map<String, String>> changes = new Changes<>();
        request.resources().forEach(resource -> {
            Map<String, String> values = new HashMap<>();
            resource.configs().forEach(config -> values.put(config.name(), config.value()));
            changes.add(resource.resourceType(), resource.resourceName(), values);
        });
        return controller
                .legacyAlterConfigs(call.caller(), changes.accepted, request.validateOnly(), call.forwarded())
                .thenApply(outcome -> {
                    AlterConfigsResponseData response = new AlterConfigsResponseData();
                    changes.outcome(outcome)
                            .forEach((resource, error) -> response.responses()
                                    .add(new AlterConfigsResourceResponse()
                                            .setResourceType(resource.type())
                                            .setResourceName(resource.name())
                                            .setErrorCode(error.error().code())
                                            .setErrorMessage(error.message())));
                    return response;
                });
    }

    private CompletableFuture<IncrementalAlterConfigsResponseData> alterIncrementally(ControllerCall call) {
        IncrementalAlterConfigsRequestData request = call.data(IncrementalAlterConfigsRequestData.class);
        Changes<Map<String, Map.Entry<OpType, String>>> changes = new Changes<>();
        request.resources().forEach(resource -> {
            Map<String, Map.Entry<OpType, String>> operations = new HashMap<>();
            resource.configs().forEach(config -> operations.put(config.name(), operation(config)));
            changes.add(resource.resourceType(), resource.resourceName(), operations);
        });
        return controller
                .incrementalAlterConfigs(call.caller(), changes.accepted, request.validateOnly(), call.forwarded())
                .thenApply(outcome -> {
                    IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
                    changes.outcome(outcome)
                            .forEach((resource, error) -> response.responses()
                                    .add(new IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse()
                                            .setResourceType(resource.type())
                                            .setResourceName(resource.name())
                                            .setErrorCode(error.error().code())
                                            .setErrorMessage(error.message())));
                    return response;
                });
    }

    private static Map.Entry<OpType, String> operation(AlterableConfig config) {
        return new SimpleImmutableEntry<>(OpType.forId(config.configOperation()), config.value());
    }

    /** A resource as the wire names it: the type may be one that this version does not know. */
    private record Resource(byte type, String name) {}

    /** Sorts what can be asked of the controller from what is answered here: unknown types, and what is named twice. */
    private static final class Changes<T> {
        private final Map<ConfigResource, T> accepted = new HashMap<>();
        private final Map<Resource, ApiError> refused = new HashMap<>();
        private final Set<Resource> seen = new HashSet<>();

        void add(byte type, String name, T change) {
            Resource resource = new Resource(type, name);
            ConfigResource.Type known = ConfigResource.Type.forId(type);
            if (known == ConfigResource.Type.UNKNOWN || known == ConfigResource.Type.BROKER_LOGGER) {
                refused.put(resource, new ApiError(Errors.UNSUPPORTED_VERSION, "Unknown resource type " + type + "."));
            } else if (seen.add(resource)) {
                accepted.put(new ConfigResource(known, name), change);
            } else {
                accepted.remove(new ConfigResource(known, name));
                refused.put(resource, new ApiError(Errors.INVALID_REQUEST, "Duplicate resource."));
            }
        }

        Map<Resource, ApiError> outcome(Map<ConfigResource, ApiError> controllers) {
            Map<Resource, ApiError> all = new HashMap<>(refused);
            controllers.forEach(
                    (resource, error) -> all.put(new Resource(resource.type().id(), resource.name()), error));
            return all;
        }
    }
}
