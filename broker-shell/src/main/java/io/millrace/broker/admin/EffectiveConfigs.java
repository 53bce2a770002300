package io.millrace.broker.admin;

import io.millrace.broker.config.ValidationSettings;
import io.millrace.broker.kraft.KraftConfig;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.compact.CleanerSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.metadata.ConfigRepository;
import org.apache.kafka.server.DynamicThreadPool;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the configuration of this broker and its topics is now: the static file, over it the cluster's dynamic defaults,
 * over them what is set for this broker alone; and for a topic what is set for the topic over all of that.
 *
 * <p>Owned by the node. Reads the metadata image at each call and keeps the last result while nothing has changed; any
 * thread. Dynamic values that are not valid here are left out and said once, so that a bad record in the metadata cannot
 * stop a broker.
 */
public final class EffectiveConfigs {
    private static final Logger LOG = LoggerFactory.getLogger(EffectiveConfigs.class);
    private static final Map<String, String> KAFKA_DEFAULTS =
            ConfigDef.convertToStringMapWithPasswordValues(AbstractKafkaConfig.CONFIG_DEF.defaultValues());

    private final int nodeId;
    private final KraftConfig staticConfig;
    private final Map<String, String> staticValues;
    private final ConfigRepository repository;

    private volatile Effective effective;

    private record Effective(Properties clusterProps, Properties brokerProps, Layers layers, KraftConfig config) {}

    /** The values set at each level, by name; the same name may stand in all of them. */
    record Layers(
            Map<String, String> dynamicBroker,
            Map<String, String> dynamicDefault,
            Map<String, String> staticBroker,
            Map<String, String> kafkaDefault) {}

    /** Over the configuration that the node was started with, and the metadata's. */
    public EffectiveConfigs(int nodeId, KraftConfig staticConfig, ConfigRepository repository) {
        this.nodeId = nodeId;
        this.staticConfig = staticConfig;
        this.staticValues = ConfigDef.convertToStringMapWithPasswordValues(staticConfig.originals());
        this.repository = repository;
        this.effective = new Effective(
                new Properties(), new Properties(), layers(new Properties(), new Properties()), staticConfig);
    }

    /** The broker's configuration as it is now. */
    public KraftConfig broker() {
        return current().config();
    }

    /** A topic's configuration as it is now; the broker's where nothing is set for the topic. */
    public LogConfig topic(String topic) {
        return LogConfig.fromProps(broker().logDefaults(), repository.topicConfig(topic));
    }

    /** A topic's configuration as it is now, in the form that its partitions take. */
    public TopicSettings settings(String topic) {
        return TopicSettingsReader.read(broker(), topic(topic));
    }

    /** What a topic demands of the schemas of its records. */
    public ValidationSettings validation(String topic) {
        return ValidationSettings.of(repository.topicConfig(topic));
    }

    /** The log cleaner's settings as they are now. */
    public CleanerSettings cleaner() {
        return CleanerSettingsReader.read(broker());
    }

    /** A configuration whose values are always the present ones, for those who keep theirs for good. */
    public AbstractConfig live() {
        return new AbstractConfig(AbstractKafkaConfig.CONFIG_DEF, staticConfig.originals(), false) {
            @Override
            protected @Nullable Object get(String name) {
                return broker().values().get(name);
            }
        };
    }

    Layers layers() {
        return current().layers();
    }

    int nodeId() {
        return nodeId;
    }

    ConfigRepository repository() {
        return repository;
    }

    private Effective current() {
        Properties cluster = repository.config(new ConfigResource(ConfigResource.Type.BROKER, ""));
        Properties broker = repository.brokerConfig(nodeId);
        Effective known = effective;
        if (known.clusterProps().equals(cluster) && known.brokerProps().equals(broker)) {
            return known;
        }
        Effective fresh = compute(cluster, broker);
        effective = fresh;
        return fresh;
    }

    private Effective compute(Properties cluster, Properties broker) {
        Layers layers = layers(valid(cluster, false), valid(broker, true));
        try {
            return new Effective(cluster, broker, layers, configOf(layers.dynamicDefault(), layers.dynamicBroker()));
        } catch (ConfigException e) {
            LOG.error("dynamic configuration not applied: {}", e.getMessage());
            return new Effective(cluster, broker, layers, effective.config());
        }
    }

    private Layers layers(Properties dynamicDefault, Properties dynamicBroker) {
        return new Layers(toMap(dynamicBroker), toMap(dynamicDefault), staticValues, KAFKA_DEFAULTS);
    }

    /** Checks what would be the configuration if these were the dynamic values of one level. */
    void validate(Properties changed, boolean perBroker) {
        Properties resolved = DynamicBrokerConfig.resolveVariableConfigs(changed);
        DynamicBrokerConfig.validateConfigs(resolved, perBroker);
        DynamicSettings.refuseUnserved(resolved);
        Layers now = layers();
        KraftConfig next = perBroker
                ? configOf(now.dynamicDefault(), toMap(resolved))
                : configOf(toMap(resolved), now.dynamicBroker());
        CleanerSettingsReader.requireChange(cleaner(), CleanerSettingsReader.read(next));
        DynamicThreadPool.validateReconfiguration(broker(), next);
    }

    private KraftConfig configOf(Map<String, String> dynamicDefault, Map<String, String> dynamicBroker) {
        if (dynamicDefault.isEmpty() && dynamicBroker.isEmpty()) {
            return staticConfig;
        }
        Map<String, String> values = new HashMap<>(staticValues);
        override(values, dynamicDefault);
        override(values, dynamicBroker);
        GroupCoordinatorConfig.clampDynamicConfigs(values);
        return KraftConfig.of(values);
    }

    /** A setting that can be given in several units replaces the same setting in any other unit. */
    private static void override(Map<String, String> values, Map<String, String> by) {
        by.forEach((name, value) -> {
            DynamicBrokerConfig.brokerConfigSynonyms(name, false).forEach(values::remove);
            values.put(name, value);
        });
    }

    /** The persisted values of one level that this broker can use. */
    Properties valid(Properties persisted, boolean perBroker) {
        Properties valid = new Properties();
        valid.putAll(persisted);
        remove(valid, DynamicBrokerConfig.nonDynamicConfigs(valid), "not dynamic");
        remove(valid, DynamicBrokerConfig.securityConfigsWithoutListenerPrefix(valid), "wants a listener prefix");
        if (!perBroker) {
            remove(valid, DynamicBrokerConfig.perBrokerConfigs(valid), "only for one broker");
        }
        Set.copyOf(valid.stringPropertyNames()).stream()
                .filter(name -> !hasValidType(name, valid.getProperty(name)))
                .forEach(name -> remove(valid, Set.of(name), "not a valid value"));
        return valid;
    }

    private static void remove(Properties from, Set<String> names, String why) {
        for (String name : names) {
            from.remove(name);
            LOG.error("dynamic setting {} ignored: {}", name, why);
        }
    }

    private static boolean hasValidType(String name, @Nullable String value) {
        Properties one = new Properties();
        one.setProperty(name, String.valueOf(value));
        try {
            DynamicBrokerConfig.validateConfigTypes(one);
            return true;
        } catch (ConfigException e) {
            return false;
        }
    }

    private static Map<String, String> toMap(Properties properties) {
        Map<String, String> map = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
        return map;
    }
}
