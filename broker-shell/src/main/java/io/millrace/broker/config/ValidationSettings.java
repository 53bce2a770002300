package io.millrace.broker.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.ConfigDef;

/**
 * What a topic demands of the schemas of its records: settings of topics that Apache Kafka does not have, by the names of
 * Confluent's server.
 *
 * @param keys            whether keys must have a schema.
 * @param values          whether values must.
 * @param keyStrategy     which subject a key's schema belongs to.
 * @param valueStrategy   likewise for values.
 * @param mode            what becomes of a record that has none.
 */
public record ValidationSettings(
        boolean keys, boolean values, Strategy keyStrategy, Strategy valueStrategy, Mode mode) {
    /** Check keys. */
    public static final String KEYS = "confluent.key.schema.validation";

    /** Check values. */
    public static final String VALUES = "confluent.value.schema.validation";

    /** Subjects of keys. */
    public static final String KEY_STRATEGY = "confluent.key.subject.name.strategy";

    /** Subjects of values. */
    public static final String VALUE_STRATEGY = "confluent.value.subject.name.strategy";

    /** off, log or reject. */
    public static final String MODE = "millrace.schema.validation.mode";

    private static final ConfigDef CONFIG_DEF = new ConfigDef()
            .define(KEYS, ConfigDef.Type.BOOLEAN, false, ConfigDef.Importance.MEDIUM, "")
            .define(VALUES, ConfigDef.Type.BOOLEAN, false, ConfigDef.Importance.MEDIUM, "")
            .define(KEY_STRATEGY, ConfigDef.Type.STRING, "TopicNameStrategy", ConfigDef.Importance.LOW, "")
            .define(VALUE_STRATEGY, ConfigDef.Type.STRING, "TopicNameStrategy", ConfigDef.Importance.LOW, "")
            .define(
                    MODE,
                    ConfigDef.Type.STRING,
                    "reject",
                    ConfigDef.ValidString.in("off", "log", "reject"),
                    ConfigDef.Importance.MEDIUM,
                    "");

    /** How a subject is named. */
    public enum Strategy {
        /** {@code topic-value}. */
        TOPIC,
        /** By the record's own name. */
        RECORD,
        /** {@code topic-name}. */
        TOPIC_RECORD
    }

    /** What becomes of a record without a schema. */
    public enum Mode {
        /** Nothing is looked at. */
        OFF,
        /** It is stored and counted. */
        LOG,
        /** It is refused. */
        REJECT
    }

    /**
     * Whether a name is one of these.
     *
     * @param name of a topic's setting.
     * @return true for the five.
     */
    public static boolean isOne(final String name) {
        return CONFIG_DEF.names().contains(name);
    }

    /**
     * The type of one of these.
     *
     * @param name of the setting.
     * @return its type.
     */
    public static ConfigDef.Type type(final String name) {
        return Objects.requireNonNull(CONFIG_DEF.configKeys().get(name), name).type;
    }

    /**
     * Reads what is set for a topic.
     *
     * @param topic all that is set for it.
     * @return the settings.
     * @throws org.apache.kafka.common.config.ConfigException at a bad value.
     */
    public static ValidationSettings of(final Map<?, ?> topic) {
        final Map<String, Object> values = CONFIG_DEF.parse(topic);
        return new ValidationSettings(
                Boolean.TRUE.equals(values.get(KEYS)),
                Boolean.TRUE.equals(values.get(VALUES)),
                strategy(KEY_STRATEGY, values),
                strategy(VALUE_STRATEGY, values),
                Mode.valueOf(String.valueOf(values.get(MODE)).toUpperCase(Locale.ROOT)));
    }

    /** By the name of Confluent's class, with or without its package. */
    private static Strategy strategy(final String name, final Map<String, Object> values) {
        final String given = String.valueOf(values.get(name));
        return switch (given.substring(given.lastIndexOf('.') + 1)) {
            case "TopicNameStrategy" -> Strategy.TOPIC;
            case "RecordNameStrategy" -> Strategy.RECORD;
            case "TopicRecordNameStrategy" -> Strategy.TOPIC_RECORD;
            default ->
                throw new org.apache.kafka.common.config.ConfigException(
                        name,
                        given,
                        "known strategies are "
                                + List.of("TopicNameStrategy", "RecordNameStrategy", "TopicRecordNameStrategy"));
        };
    }

    /**
     * Whether records must be looked at.
     *
     * @return false for a topic that demands nothing.
     */
    public boolean on() {
        return mode != Mode.OFF && (keys || values);
    }
}
