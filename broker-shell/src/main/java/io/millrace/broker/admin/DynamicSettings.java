package io.millrace.broker.admin;

import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.network.SocketServerConfigs;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.apache.kafka.server.metrics.MetricConfigs;

/**
 * Which of the settings that Kafka changes without a restart this broker does not: its listeners and their keys, its
 * metric reporters, its log directories. A change of one is refused, because to take it and do nothing would be a lie.
 */
final class DynamicSettings {
    private static final String LISTENER_PREFIX = "listener.name.";
    private static final Set<String> UNSERVED = Set.of(
            SocketServerConfigs.LISTENERS_CONFIG,
            SocketServerConfigs.LISTENER_SECURITY_PROTOCOL_MAP_CONFIG,
            ServerLogConfigs.CORDONED_LOG_DIRS_CONFIG,
            MetricConfigs.METRIC_REPORTER_CLASSES_CONFIG);

    private DynamicSettings() {}

    /** Whether a describe tells that the setting can be changed while the broker runs. */
    static boolean isReadOnly(String name) {
        return !DynamicBrokerConfig.ALL_DYNAMIC_CONFIGS.contains(name) || isUnserved(name);
    }

    static void refuseUnserved(Properties changed) {
        Set<String> unserved = changed.stringPropertyNames().stream()
                .filter(DynamicSettings::isUnserved)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!unserved.isEmpty()) {
            throw new ConfigException("This broker cannot update these configs without a restart: " + unserved);
        }
    }

    private static boolean isUnserved(String name) {
        return UNSERVED.contains(name) || name.startsWith(LISTENER_PREFIX);
    }
}
