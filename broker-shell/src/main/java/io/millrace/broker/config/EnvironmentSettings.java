package io.millrace.broker.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Settings in environment variables, in the form of Kafka's container image: {@code KAFKA_LOG_RETENTION_MS} is
 * {@code log.retention.ms}, two underscores stand for one, three for a dash. {@code MILLRACE_SYNC_ACKS} is
 * {@code millrace.sync.acks}. {@code CLUSTER_ID} is the image's name for the cluster id; it counts only beside a KAFKA_
 * setting, as it is too common a name.
 */
final class EnvironmentSettings {
    /** Variables of Kafka's scripts and images that never were settings. */
    private static final Set<String> NOT_SETTINGS = Set.of(
            "KAFKA_VERSION",
            "KAFKA_HOME",
            "KAFKA_HEAP_OPTS",
            "KAFKA_LOG4J_OPTS",
            "KAFKA_OPTS",
            "KAFKA_JMX_OPTS",
            "KAFKA_JMX_PORT",
            "KAFKA_JMX_HOSTNAME",
            "KAFKA_DEBUG",
            "KAFKA_JVM_PERFORMANCE_OPTS",
            "KAFKA_GC_LOG_OPTS",
            "KAFKA_LOG4J_ROOT_LOGLEVEL",
            "KAFKA_LOG4J_LOGGERS",
            "KAFKA_TOOLS_LOG4J_LOGLEVEL",
            "MILLRACE_OPTS",
            "MILLRACE_HOME");

    private static final String CLUSTER_ID = "CLUSTER_ID";

    private EnvironmentSettings() {}

    static List<Setting> read(final Map<String, String> environment) {
        final List<Setting> settings = new ArrayList<>();
        for (final Map.Entry<String, String> entry : new TreeMap<>(environment).entrySet()) {
            final String variable = entry.getKey();
            if (variable.startsWith("KAFKA_") && isSetting(variable, entry.getValue())) {
                add(settings, dotted(variable.substring("KAFKA_".length())), variable, entry.getValue());
            } else if (variable.startsWith("MILLRACE_") && isSetting(variable, entry.getValue())) {
                add(settings, dotted(variable), variable, entry.getValue());
            }
        }
        addClusterId(settings, environment);
        return settings;
    }

    private static void addClusterId(final List<Setting> settings, final Map<String, String> environment) {
        final String id = environment.get(CLUSTER_ID);
        final boolean fromKafkasImage =
                settings.stream().anyMatch(s -> !s.name().startsWith("millrace."));
        if (id != null && fromKafkasImage) {
            settings.add(0, new Setting(MillraceSettings.CLUSTER_ID, id, "environment variable " + CLUSTER_ID));
        }
    }

    private static void add(final List<Setting> into, final String name, final String variable, final String value) {
        into.add(new Setting(name, value.strip(), "environment variable " + variable));
    }

    /** Kubernetes gives every pod {@code KAFKA_PORT=tcp://10.0.0.1:9092} and the like for a service named kafka. */
    private static boolean isSetting(final String variable, final String value) {
        final boolean serviceLink = value.startsWith("tcp://")
                || variable.contains("_SERVICE_HOST")
                || variable.contains("_SERVICE_PORT")
                || variable.matches(".*_PORT_\\d+_(TCP|UDP).*");
        return !serviceLink && !NOT_SETTINGS.contains(variable);
    }

    private static String dotted(final String variable) {
        return variable.toLowerCase(Locale.ROOT)
                .replace('_', '.')
                .replace("...", "-")
                .replace("..", "_");
    }
}
