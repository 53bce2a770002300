package io.millrace.broker.kraft;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/**
 * Translates the broker's {@code log.*} settings into the topic settings they are the default of.
 *
 * <p>Kafka's own table of synonyms names them; only the times, which the broker also takes in minutes or hours, and the
 * flush interval, whose default is the scheduler's, have rules of their own.
 */
final class KraftLogDefaults {
    private KraftLogDefaults() {}

    static Map<String, Object> of(KraftConfig config) {
        Map<String, Object> defaults = new HashMap<>();
        for (String topicName : LogConfig.nonInternalConfigNames()) {
            @Nullable String brokerName = ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.get(topicName);
            @Nullable Object value = brokerName == null ? null : config.values().get(brokerName);
            if (value != null) {
                defaults.put(topicName, value);
            }
        }
        defaults.put(TopicConfig.SEGMENT_MS_CONFIG, rollMs(config));
        defaults.put(TopicConfig.SEGMENT_JITTER_MS_CONFIG, rollJitterMs(config));
        defaults.put(TopicConfig.RETENTION_MS_CONFIG, retentionMs(config));
        defaults.put(TopicConfig.FLUSH_MS_CONFIG, flushMs(config));
        return defaults;
    }

    static long rollMs(KraftConfig config) {
        return firstOf(
                config.getLong(ServerLogConfigs.LOG_ROLL_TIME_MILLIS_CONFIG),
                TimeUnit.HOURS.toMillis(config.getInt(ServerLogConfigs.LOG_ROLL_TIME_HOURS_CONFIG)));
    }

    static long rollJitterMs(KraftConfig config) {
        return firstOf(
                config.getLong(ServerLogConfigs.LOG_ROLL_TIME_JITTER_MILLIS_CONFIG),
                TimeUnit.HOURS.toMillis(config.getInt(ServerLogConfigs.LOG_ROLL_TIME_JITTER_HOURS_CONFIG)));
    }

    static long retentionMs(KraftConfig config) {
        @Nullable Integer minutes = config.getInt(ServerLogConfigs.LOG_RETENTION_TIME_MINUTES_CONFIG);
        long coarse = minutes != null
                ? TimeUnit.MINUTES.toMillis(minutes)
                : TimeUnit.HOURS.toMillis(config.getInt(ServerLogConfigs.LOG_RETENTION_TIME_HOURS_CONFIG));
        long millis = firstOf(config.getLong(ServerLogConfigs.LOG_RETENTION_TIME_MILLIS_CONFIG), coarse);
        return Math.max(millis, -1);
    }

    private static long flushMs(KraftConfig config) {
        return firstOf(
                config.getLong(ServerLogConfigs.LOG_FLUSH_INTERVAL_MS_CONFIG),
                config.getLong(ServerLogConfigs.LOG_FLUSH_SCHEDULER_INTERVAL_MS_CONFIG));
    }

    private static long firstOf(@Nullable Long exact, long otherwise) {
        return exact != null ? exact : otherwise;
    }
}
