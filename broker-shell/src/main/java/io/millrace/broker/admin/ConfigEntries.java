package io.millrace.broker.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.DynamicConfig;
import org.jspecify.annotations.Nullable;

/**
 * Builds the entries of a DescribeConfigs result. The synonyms of a setting are the values that the levels hold for it,
 * the effective one first; its source is the source of the first, and {@code DEFAULT_CONFIG} where no level has any.
 */
final class ConfigEntries {
    private static final List<String> OWN_PREFIXES = List.of("millrace.", "schema.registry.");

    private final EffectiveConfigs.Layers layers;
    private final ConfigDescriber.Detail detail;

    /** One setting as its resource has it; the type is empty where the name is unknown. */
    record Setting(
            String name,
            @Nullable Object value,
            Optional<ConfigDef.Type> type,
            @Nullable String documentation) {
        /** What is of unknown type may be a secret. */
        boolean isSensitive() {
            return type.isEmpty() || type.get() == ConfigDef.Type.PASSWORD;
        }

        @Nullable
        String text() {
            if (isSensitive()) {
                return null;
            }
            return value instanceof String string ? string : ConfigDef.convertToString(value, type.orElse(null));
        }
    }

    ConfigEntries(EffectiveConfigs configs, ConfigDescriber.Detail detail) {
        this.layers = configs.layers();
        this.detail = detail;
    }

    /**
     * An entry of a resource that may inherit from the broker.
     *
     * @param own        where the value comes from, if it is set on the resource itself
     * @param brokerName the broker's setting that is its default, if there is one
     * @param otherwise  what stands below the resource's own value where the broker has no such setting
     */
    DescribeConfigsResourceResult inherited(
            Setting setting,
            Optional<ConfigSource> own,
            Optional<String> brokerName,
            List<DescribeConfigsSynonym> otherwise) {
        List<DescribeConfigsSynonym> synonyms = new ArrayList<>();
        own.ifPresent(source -> synonyms.add(synonym(setting.name(), setting.text(), source)));
        synonyms.addAll(brokerName
                .map(name -> brokerSynonyms(name, setting.isSensitive()))
                .orElse(otherwise));
        return entry(setting, synonyms, false);
    }

    /**
     * An entry of a broker.
     *
     * @param perBroker false where the cluster's dynamic defaults are described: other levels do not belong to them
     */
    DescribeConfigsResourceResult broker(String name, @Nullable Object value, boolean perBroker) {
        Setting setting = new Setting(name, value, brokerType(name), documentationOf(name));
        List<DescribeConfigsSynonym> synonyms = brokerSynonyms(name, setting.isSensitive());
        if (!perBroker) {
            synonyms.removeIf(s -> s.source() != ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.id());
        }
        return entry(setting, synonyms, DynamicSettings.isReadOnly(name));
    }

    private DescribeConfigsResourceResult entry(
            Setting setting, List<DescribeConfigsSynonym> synonyms, boolean readOnly) {
        return new DescribeConfigsResourceResult()
                .setName(setting.name())
                .setValue(setting.text())
                .setConfigSource(
                        synonyms.isEmpty()
                                ? ConfigSource.DEFAULT_CONFIG.id()
                                : synonyms.get(0).source())
                .setIsSensitive(setting.isSensitive())
                .setReadOnly(readOnly)
                .setSynonyms(detail.synonyms() ? synonyms : List.of())
                .setDocumentation(detail.documentation() ? setting.documentation() : null)
                .setConfigType(typeOf(setting.type()).id());
    }

    /** Every value that a level holds under the name or a synonym of it; from the name itself on. */
    private List<DescribeConfigsSynonym> brokerSynonyms(String name, boolean sensitive) {
        List<String> names = DynamicBrokerConfig.brokerConfigSynonyms(name, true);
        List<DescribeConfigsSynonym> synonyms = new ArrayList<>();
        add(synonyms, names, layers.dynamicBroker(), ConfigSource.DYNAMIC_BROKER_CONFIG, sensitive);
        add(synonyms, names, layers.dynamicDefault(), ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, sensitive);
        add(synonyms, names, layers.staticBroker(), ConfigSource.STATIC_BROKER_CONFIG, sensitive);
        add(synonyms, names, layers.kafkaDefault(), ConfigSource.DEFAULT_CONFIG, sensitive);
        while (!synonyms.isEmpty() && !synonyms.get(0).name().equals(name)) {
            synonyms.remove(0);
        }
        return synonyms;
    }

    private static void add(
            List<DescribeConfigsSynonym> synonyms,
            List<String> names,
            Map<String, String> layer,
            ConfigSource source,
            boolean sensitive) {
        for (String name : names) {
            String value = layer.get(name);
            if (value != null) {
                synonyms.add(synonym(name, sensitive ? null : value, source));
            }
        }
    }

    private static DescribeConfigsSynonym synonym(String name, @Nullable String value, ConfigSource source) {
        return new DescribeConfigsSynonym().setName(name).setValue(value).setSource(source.id());
    }

    private static Optional<ConfigDef.Type> brokerType(String name) {
        if (OWN_PREFIXES.stream().anyMatch(name::startsWith)) {
            return Optional.of(ConfigDef.Type.STRING);
        }
        return exactType(name)
                .or(() -> DynamicBrokerConfig.brokerConfigSynonyms(name, true).stream()
                        .flatMap(synonym -> exactType(synonym).stream())
                        .findFirst());
    }

    private static Optional<ConfigDef.Type> exactType(String name) {
        return Optional.ofNullable(AbstractKafkaConfig.CONFIG_DEF.configKeys().get(name))
                .or(() -> Optional.ofNullable(DynamicConfig.Broker.configKeys().get(name)))
                .map(ConfigDef.ConfigKey::type);
    }

    private static @Nullable String documentationOf(String name) {
        ConfigDef.ConfigKey key = AbstractKafkaConfig.CONFIG_DEF.configKeys().get(name);
        return key == null ? null : key.documentation;
    }

    private static ConfigType typeOf(Optional<ConfigDef.Type> type) {
        if (type.isEmpty()) {
            return ConfigType.UNKNOWN;
        }
        return switch (type.get()) {
            case BOOLEAN -> ConfigType.BOOLEAN;
            case STRING -> ConfigType.STRING;
            case INT -> ConfigType.INT;
            case SHORT -> ConfigType.SHORT;
            case LONG -> ConfigType.LONG;
            case DOUBLE -> ConfigType.DOUBLE;
            case LIST -> ConfigType.LIST;
            case CLASS -> ConfigType.CLASS;
            case PASSWORD -> ConfigType.PASSWORD;
        };
    }
}
