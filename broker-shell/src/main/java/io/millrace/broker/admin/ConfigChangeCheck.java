package io.millrace.broker.admin;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.jspecify.annotations.Nullable;

/**
 * Judges changes of configuration before they go to the controller: what is malformed, what concerns another broker, what
 * this broker could not run with. Log levels are changed here and go no further. The controller judges topics and groups.
 * Any thread.
 */
final class ConfigChangeCheck {
    private final EffectiveConfigs configs;
    private final LoggerChanges loggerChanges;

    private record Resource(byte type, String name) {}

    ConfigChangeCheck(EffectiveConfigs configs, BrokerLoggers loggers) {
        this.configs = configs;
        this.loggerChanges = new LoggerChanges(configs.nodeId(), loggers);
    }

    /** The resources that are done with here, refused or (log levels) changed, by their identity in the request. */
    IdentityHashMap<IncrementalAlterConfigsRequestData.AlterConfigsResource, ApiError> answer(
            IncrementalAlterConfigsRequestData data) {
        var answered = twice(data.resources(), r -> new Resource(r.resourceType(), r.resourceName()));
        for (var resource : data.resources()) {
            if (!answered.containsKey(resource)) {
                ApiError error = judge(() -> check(resource, data.validateOnly()));
                if (error != null) {
                    answered.put(resource, error);
                }
            }
        }
        return answered;
    }

    /** The same for the older call, which replaces all settings of a resource. */
    IdentityHashMap<AlterConfigsResource, ApiError> answer(AlterConfigsRequestData data) {
        var answered = twice(data.resources(), r -> new Resource(r.resourceType(), r.resourceName()));
        for (AlterConfigsResource resource : data.resources()) {
            if (!answered.containsKey(resource)) {
                ApiError error = judge(() -> check(resource));
                if (error != null) {
                    answered.put(resource, error);
                }
            }
        }
        return answered;
    }

    private interface Check {
        /** Returns whether the resource is done with; throws to refuse it. */
        boolean run();
    }

    private static @Nullable ApiError judge(Check check) {
        try {
            return check.run() ? ApiError.NONE : null;
        } catch (RuntimeException e) {
            return ApiError.fromThrowable(e);
        }
    }

    private static <R> IdentityHashMap<R, ApiError> twice(Collection<R> resources, Function<R, Resource> identity) {
        IdentityHashMap<R, ApiError> refused = new IdentityHashMap<>();
        Map<Resource, R> seen = new HashMap<>();
        for (R resource : resources) {
            R before = seen.put(identity.apply(resource), resource);
            if (before != null) {
                ApiError error = new ApiError(Errors.INVALID_REQUEST, "Each resource must appear at most once.");
                refused.put(before, error);
                refused.put(resource, error);
            }
        }
        return refused;
    }

    private boolean check(IncrementalAlterConfigsRequestData.AlterConfigsResource resource, boolean validateOnly) {
        Collection<AlterableConfig> changes = resource.configs();
        checkNames(changes.stream().map(AlterableConfig::name).toList());
        checkValues(changes.stream()
                .filter(c -> c.configOperation() != OpType.DELETE.id() && c.value() == null)
                .map(AlterableConfig::name)
                .toList());
        switch (ConfigResource.Type.forId(resource.resourceType())) {
            case BROKER_LOGGER -> {
                loggerChanges.apply(resource, validateOnly);
                return true;
            }
            case BROKER -> checkBroker(resource.resourceName(), changed(resource));
            case TOPIC, CLIENT_METRICS, GROUP -> {}
            default -> throw unknownType(resource.resourceType());
        }
        return false;
    }

    private boolean check(AlterConfigsResource resource) {
        checkNames(resource.configs().stream()
                .map(AlterConfigsRequestData.AlterableConfig::name)
                .toList());
        checkValues(resource.configs().stream()
                .filter(c -> c.value() == null)
                .map(AlterConfigsRequestData.AlterableConfig::name)
                .toList());
        switch (ConfigResource.Type.forId(resource.resourceType())) {
            case BROKER -> {
                Properties values = new Properties();
                resource.configs().forEach(c -> values.setProperty(c.name(), c.value()));
                checkBroker(resource.resourceName(), values);
            }
            case TOPIC, CLIENT_METRICS, GROUP -> {}
            default -> throw unknownType(resource.resourceType());
        }
        return false;
    }

    private static InvalidRequestException unknownType(byte type) {
        return new InvalidRequestException("Unknown resource type " + type);
    }

    private static void checkNames(List<String> names) {
        if (new HashSet<>(names).size() < names.size()) {
            throw new InvalidRequestException("Error due to duplicate config keys");
        }
    }

    private static void checkValues(List<String> withoutValue) {
        if (!withoutValue.isEmpty()) {
            throw new InvalidRequestException("Null value not supported for : " + String.join(", ", withoutValue));
        }
    }

    /** An empty name means all brokers; otherwise it has to be this one, which alone can judge the outcome. */
    private void checkBroker(String name, Properties values) {
        if (!name.isEmpty() && nodeId(name) != configs.nodeId()) {
            throw new InvalidRequestException(
                    "Unexpected broker id, expected " + configs.nodeId() + ", but received " + name);
        }
        try {
            configs.validate(values, !name.isEmpty());
        } catch (ApiException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new InvalidRequestException(e.getMessage(), e);
        }
    }

    static int nodeId(String name) {
        try {
            return Integer.parseInt(name);
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("Node id must be an integer, but it is: " + name, e);
        }
    }

    /** The dynamic values of a broker, or of all, as they would be after the changes. */
    private Properties changed(IncrementalAlterConfigsRequestData.AlterConfigsResource resource) {
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, resource.resourceName());
        Properties values = configs.valid(
                configs.repository().config(broker), !resource.resourceName().isEmpty());
        resource.configs().forEach(change -> apply(change, values));
        return values;
    }

    private static void apply(AlterableConfig change, Properties values) {
        OpType operation = OpType.forId(change.configOperation());
        if (operation == null) {
            throw new InvalidRequestException("Unknown operations type " + change.configOperation());
        }
        switch (operation) {
            case SET -> values.setProperty(change.name(), change.value());
            case DELETE -> values.remove(change.name());
            case APPEND -> values.setProperty(change.name(), String.join(",", appended(change, values)));
            case SUBTRACT -> values.setProperty(change.name(), String.join(",", subtracted(change, values)));
        }
    }

    private static List<String> appended(AlterableConfig change, Properties values) {
        List<String> list = new ArrayList<>(listNow(change, values, "append"));
        for (String value : split(change.value())) {
            if (!list.contains(value)) {
                list.add(value);
            }
        }
        return list;
    }

    private static List<String> subtracted(AlterableConfig change, Properties values) {
        List<String> list = new ArrayList<>(listNow(change, values, "subtract"));
        split(change.value()).forEach(list::remove);
        return list;
    }

    private static List<String> listNow(AlterableConfig change, Properties values, String operation) {
        ConfigDef.ConfigKey key = AbstractKafkaConfig.CONFIG_DEF.configKeys().get(change.name());
        if (key == null) {
            throw new InvalidConfigurationException("Unknown config name: " + change.name());
        }
        if (key.type() != ConfigDef.Type.LIST) {
            throw new InvalidConfigurationException(
                    "Config value " + operation + " is not allowed for config key: " + change.name());
        }
        String now = values.getProperty(change.name());
        return split(now != null ? now : ConfigDef.convertToString(key.defaultValue, ConfigDef.Type.LIST));
    }

    private static List<String> split(@Nullable String list) {
        return list == null || list.isEmpty() ? List.of() : List.of(list.split(",", -1));
    }
}
