package io.millrace.broker.kraft;

import io.millrace.broker.config.ValidationSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.controller.ConfigurationValidator;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/**
 * What the controller demands of changed settings before it writes them to the metadata log.
 *
 * <p>A broker checks changes of its own settings before it forwards them; here only its id is looked at. Stateless.
 */
final class ConfigChecks implements ConfigurationValidator {
    private final KraftConfig config;

    ConfigChecks(KraftConfig config) {
        this.config = config;
    }

    @Override
    public void validate(ConfigResource resource) {
        switch (resource.type()) {
            case TOPIC -> checkTopic(resource.name());
            case BROKER -> checkBroker(resource.name());
            default -> throw unknown(resource);
        }
    }

    @Override
    public void validate(ConfigResource resource, Map<String, String> changed, Map<String, String> existing) {
        switch (resource.type()) {
            case TOPIC -> {
                checkTopic(resource.name());
                Map<String, String> values = withoutNulls(changed, "topic");
                checkValidation(values);
                LogConfig.validate(ofKafka(existing), ofKafka(values), config.logDefaults(), false);
            }
            case BROKER -> checkBroker(resource.name());
            case CLIENT_METRICS ->
                ClientMetricsConfigs.validate(resource.name(), withoutNulls(changed, "client metrics"));
            case GROUP -> {
                checkGroup(resource.name());
                GroupConfig.validate(withoutNulls(changed, "group"), config.groupCoordinator(), config.shareGroup());
            }
            default -> throw unknown(resource);
        }
    }

    /** Settings of topics that Apache Kafka does not have. */
    private static void checkValidation(Map<String, String> values) {
        try {
            ValidationSettings unused = ValidationSettings.of(values);
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage(), e);
        }
    }

    private static Map<String, String> ofKafka(Map<String, String> values) {
        Map<String, String> known = new HashMap<>(values);
        known.keySet().removeIf(ValidationSettings::isOne);
        return known;
    }

    private static void checkTopic(String name) {
        if (name.isEmpty()) {
            throw new InvalidRequestException("Default topic resources are not allowed.");
        }
        Topic.validate(name);
    }

    private static void checkBroker(String name) {
        if (name.isEmpty()) {
            return;
        }
        try {
            if (Integer.parseInt(name) < 0) {
                throw new InvalidRequestException("Invalid negative broker ID.");
            }
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("Unable to parse broker name as a base 10 number.", e);
        }
    }

    private static void checkGroup(String name) {
        if (name.isEmpty()) {
            throw new InvalidRequestException("Default group resources are not allowed.");
        }
    }

    private static Map<String, String> withoutNulls(Map<String, @Nullable String> changed, String what) {
        Map<String, String> values = new HashMap<>();
        TreeSet<String> nulls = new TreeSet<>();
        changed.forEach((name, value) -> {
            if (value == null) {
                nulls.add(name);
            } else {
                values.put(name, value);
            }
        });
        if (!nulls.isEmpty()) {
            throw new InvalidConfigurationException(
                    "Null value not supported for " + what + " configs: " + String.join(",", nulls));
        }
        return values;
    }

    private static InvalidRequestException unknown(ConfigResource resource) {
        return new InvalidRequestException("Unknown resource type " + resource.type());
    }
}
