package io.millrace.broker.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.jspecify.annotations.Nullable;

/** Every name that Kafka 4.3 or Millrace knows, and what to say about one that neither does. */
final class KnownSettings {
    private static final List<String> PREFIXES =
            List.of("listener.name.", "config.providers.", "rsm.config.", "rlmm.config.");

    private KnownSettings() {}

    static @Nullable ConfigKey key(final String name) {
        final ConfigKey ours = MillraceSettings.CONFIG_DEF.configKeys().get(name);
        return ours != null ? ours : AbstractKafkaConfig.CONFIG_DEF.configKeys().get(name);
    }

    /** One line for each unknown name. */
    static List<String> review(final Collection<Setting> given) {
        final List<String> lines = new ArrayList<>();
        for (final Setting setting : given) {
            if (!isKnown(setting.name())) {
                lines.add(unknown(setting));
            }
        }
        return lines;
    }

    static List<String> withoutEffect(final Collection<Setting> given) {
        return given.stream()
                .map(Setting::name)
                .filter(name -> isKnown(name) && !EffectiveSettings.contains(name))
                .sorted()
                .toList();
    }

    private static boolean isKnown(final String name) {
        return key(name) != null || PREFIXES.stream().anyMatch(name::startsWith);
    }

    private static String unknown(final Setting setting) {
        return "unknown setting " + setting.name() + hint(setting.name()) + " (" + setting.where() + ")";
    }

    private static String hint(final String name) {
        final List<String> server = serverNames(name);
        if (!server.isEmpty()) {
            return ": a topic's setting; for the whole server it is " + String.join(" or ", server);
        }
        if (name.startsWith("zookeeper.")) {
            return ": Kafka has done without ZooKeeper since 4.0";
        }
        return nearest(name).map(near -> ", did you mean " + near + "?").orElse("");
    }

    private static List<String> serverNames(final String topicName) {
        return ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.getOrDefault(topicName, List.of()).stream()
                .map(synonym -> synonym.name())
                .toList();
    }

    /** The known name with the fewest edits, where few enough; a topic's name is answered with the server's. */
    static Optional<String> nearest(final String name) {
        final String plain = name.toLowerCase(Locale.ROOT).replace('_', '.').replace('-', '.');
        final int limit = Math.max(2, plain.length() / 4);
        String best = null;
        int bestEdits = limit + 1;
        for (final Map.Entry<String, String> candidate : candidates().entrySet()) {
            final int edits = EditDistance.between(plain, candidate.getKey(), bestEdits);
            if (edits < bestEdits) {
                bestEdits = edits;
                best = candidate.getValue();
            }
        }
        return Optional.ofNullable(best);
    }

    private static Map<String, String> candidates() {
        final Map<String, String> names = AbstractKafkaConfig.CONFIG_DEF.configKeys().values().stream()
                .filter(key -> !key.internalConfig)
                .collect(Collectors.toMap(key -> key.name, key -> key.name));
        MillraceSettings.CONFIG_DEF.names().forEach(name -> names.put(name, name));
        ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.forEach(names::putIfAbsent);
        return new TreeMap<>(names);
    }
}
