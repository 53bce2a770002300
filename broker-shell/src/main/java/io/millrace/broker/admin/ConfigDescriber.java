package io.millrace.broker.admin;

import io.millrace.broker.config.ValidationSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.metadata.MetadataCache;
import org.apache.kafka.server.ConfigHelperUtils;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/**
 * Describes the configuration of a resource: each setting with its value, where the value comes from, and on request
 * which levels below it would give another one, and what it means. Values of passwords, and of settings whose type nobody
 * knows, are never told. Stateless over {@link EffectiveConfigs}; any thread.
 */
final class ConfigDescriber {
    private final EffectiveConfigs configs;
    private final MetadataCache metadata;
    private final BrokerLoggers loggers;

    /** What the caller wants to be told of each setting beside its value. */
    record Detail(boolean synonyms, boolean documentation) {}

    ConfigDescriber(EffectiveConfigs configs, MetadataCache metadata, BrokerLoggers loggers) {
        this.configs = configs;
        this.metadata = metadata;
        this.loggers = loggers;
    }

    /** Never throws: what cannot be described is answered with an error of its own. */
    DescribeConfigsResult describe(DescribeConfigsResource resource, Detail detail) {
        return describeOrFail(resource, detail)
                .setResourceName(resource.resourceName())
                .setResourceType(resource.resourceType());
    }

    private DescribeConfigsResult describeOrFail(DescribeConfigsResource resource, Detail detail) {
        try {
            return switch (ConfigResource.Type.forId(resource.resourceType())) {
                case TOPIC -> topic(resource, detail);
                case BROKER -> broker(resource, detail);
                case BROKER_LOGGER -> brokerLoggers(resource);
                case CLIENT_METRICS -> clientMetrics(resource, detail);
                case GROUP -> group(resource, detail);
                default ->
                    throw new InvalidRequestException("Unexpected resource type "
                            + ConfigResource.Type.forId(resource.resourceType()) + " for resource "
                            + resource.resourceName());
            };
        } catch (RuntimeException e) {
            ApiError error = ApiError.fromThrowable(e);
            return new DescribeConfigsResult()
                    .setErrorCode(error.error().code())
                    .setErrorMessage(error.message())
                    .setConfigs(List.of());
        }
    }

    private DescribeConfigsResult topic(DescribeConfigsResource resource, Detail detail) {
        String topic = resource.resourceName();
        Topic.validate(topic);
        if (!metadata.contains(topic)) {
            return new DescribeConfigsResult()
                    .setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code())
                    .setConfigs(List.of());
        }
        Properties overrides = configs.repository().topicConfig(topic);
        LogConfig config = configs.topic(topic);
        ConfigEntries entries = new ConfigEntries(configs, detail);
        return ConfigHelperUtils.createResponseConfig(
                resource,
                config,
                (name, value) -> entries.inherited(
                        new ConfigEntries.Setting(name, value, topicType(name), documentationOf(config, name)),
                        overrides.containsKey(name) ? Optional.of(ConfigSource.TOPIC_CONFIG) : Optional.empty(),
                        Optional.ofNullable(ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.get(name)),
                        List.of()));
    }

    private static Optional<ConfigDef.Type> topicType(String name) {
        return ValidationSettings.isOne(name) ? Optional.of(ValidationSettings.type(name)) : LogConfig.configType(name);
    }

    private static @Nullable String documentationOf(LogConfig config, String name) {
        return ValidationSettings.isOne(name) ? null : config.documentationOf(name);
    }

    private DescribeConfigsResult group(DescribeConfigsResource resource, Detail detail) {
        String group = named(resource, "Group name must not be empty");
        Properties overrides = configs.repository().groupConfig(group);
        GroupConfig config = GroupConfig.fromProps(groupDefaults(), overrides);
        ConfigEntries entries = new ConfigEntries(configs, detail);
        return ConfigHelperUtils.createResponseConfig(
                resource,
                config,
                (name, value) -> entries.inherited(
                        new ConfigEntries.Setting(
                                name, value, GroupConfig.configType(name), config.documentationOf(name)),
                        overrides.containsKey(name) ? Optional.of(ConfigSource.GROUP_CONFIG) : Optional.empty(),
                        GroupConfig.brokerSynonym(name),
                        groupDefault(name)));
    }

    private Map<String, Integer> groupDefaults() {
        GroupCoordinatorConfig coordinator = new GroupCoordinatorConfig(configs.broker());
        return coordinator.extractGroupConfigMap(new ShareGroupConfig(configs.broker()));
    }

    private static List<DescribeConfigsSynonym> groupDefault(String name) {
        Object value = GroupConfig.CONFIG_DEF.defaultValues().get(name);
        if (value == null) {
            return List.of();
        }
        ConfigDef.Type type = GroupConfig.configType(name).orElse(null);
        return List.of(new DescribeConfigsSynonym()
                .setName(name)
                .setValue(ConfigDef.convertToString(value, type))
                .setSource(ConfigSource.DEFAULT_CONFIG.id()));
    }

    private DescribeConfigsResult clientMetrics(DescribeConfigsResource resource, Detail detail) {
        String name = named(resource, "Client metrics subscription name must not be empty");
        Properties overrides =
                configs.repository().config(new ConfigResource(ConfigResource.Type.CLIENT_METRICS, name));
        ClientMetricsConfigs config =
                ClientMetricsConfigs.fromProps(ClientMetricsConfigs.defaultConfigsMap(), overrides);
        ConfigEntries entries = new ConfigEntries(configs, detail);
        return ConfigHelperUtils.createResponseConfig(
                resource,
                config,
                (key, value) -> entries.inherited(
                        new ConfigEntries.Setting(
                                key, value, ClientMetricsConfigs.configType(key), config.documentationOf(key)),
                        overrides.containsKey(key) ? Optional.of(ConfigSource.CLIENT_METRICS_CONFIG) : Optional.empty(),
                        Optional.empty(),
                        List.of()));
    }

    /** An empty name asks for the cluster's dynamic defaults, a number for all settings of that broker: this one. */
    private DescribeConfigsResult broker(DescribeConfigsResource resource, Detail detail) {
        String name = resource.resourceName();
        ConfigEntries entries = new ConfigEntries(configs, detail);
        if (name == null || name.isEmpty()) {
            return ConfigHelperUtils.createResponseConfig(
                    resource, configs.layers().dynamicDefault(), (key, value) -> entries.broker(key, value, false));
        }
        if (brokerId(name) != configs.nodeId()) {
            throw new InvalidRequestException(
                    "Unexpected broker id, expected " + configs.nodeId() + " or empty string, but received " + name);
        }
        return ConfigHelperUtils.createResponseConfig(
                resource, configs.broker(), (key, value) -> entries.broker(key, value, true));
    }

    private DescribeConfigsResult brokerLoggers(DescribeConfigsResource resource) {
        String name = named(resource, "Broker id must not be empty");
        if (brokerId(name) != configs.nodeId()) {
            throw new InvalidRequestException(
                    "Unexpected broker id, expected " + configs.nodeId() + " but received " + name);
        }
        return ConfigHelperUtils.createResponseConfig(resource, loggers.levels(), ConfigDescriber::loggerEntry);
    }

    private static DescribeConfigsResourceResult loggerEntry(String name, Object level) {
        return new DescribeConfigsResourceResult()
                .setName(name)
                .setValue(level.toString())
                .setConfigSource(ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG.id())
                .setIsSensitive(false)
                .setReadOnly(false)
                .setSynonyms(new ArrayList<>());
    }

    private static String named(DescribeConfigsResource resource, String whenEmpty) {
        String name = resource.resourceName();
        if (name == null || name.isEmpty()) {
            throw new InvalidRequestException(whenEmpty);
        }
        return name;
    }

    private static int brokerId(String name) {
        try {
            return Integer.parseInt(name);
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("Broker id must be an integer, but it is: " + name, e);
        }
    }
}
