package io.millrace.broker.config;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.jspecify.annotations.Nullable;

/**
 * Settings with their parsed and range-checked values, over Kafka's defaults. Grows while {@link Defaults} fills in what
 * was left out, does not change afterwards.
 */
final class SettingValues {
    /** Settings whose silent loss would leave a cluster open or records unguarded: refused instead of ignored. */
    private static final Map<String, String> NOT_BUILT = Map.of(
            "authorizer.class.name", "access control is not built yet, the node would be open to everybody",
            "create.topic.policy.class.name", "topic policies are not built yet",
            "alter.config.policy.class.name", "configuration policies are not built yet",
            "client.quota.callback.class", "quota callbacks are not built yet");

    private static final Set<String> SELECTORS = Set.of(
            "org.apache.kafka.common.replica.RackAwareReplicaSelector",
            "org.apache.kafka.common.replica.LeaderSelector");

    private static final Set<String> SWITCHES_NOT_BUILT = Set.of("remote.log.storage.system.enable");

    private final Map<String, Setting> given;
    private final Map<String, Setting> effective;
    private final Map<String, Object> parsed = new HashMap<>();

    private SettingValues(final Map<String, Setting> given) {
        this.given = Map.copyOf(given);
        this.effective = new TreeMap<>(given);
    }

    static SettingValues parse(final Map<String, Setting> given) {
        final SettingValues values = new SettingValues(given);
        given.values().forEach(values::parse);
        return values;
    }

    /** Sets what nobody gave. */
    void fill(final String name, final String value) {
        if (!given.containsKey(name)) {
            replace(name, value);
        }
    }

    /** Sets a value that was derived from others. */
    void replace(final String name, final String value) {
        final Setting setting = new Setting(name, value, where(name));
        effective.put(name, setting);
        parse(setting);
    }

    boolean isGiven(final String name) {
        return given.containsKey(name);
    }

    Collection<Setting> given() {
        return given.values();
    }

    Map<String, String> effective() {
        final Map<String, String> values = new TreeMap<>();
        effective.forEach((name, setting) -> values.put(name, setting.value()));
        return values;
    }

    /** The setting as somebody wrote it, to complain about. */
    Setting setting(final String name) {
        final Setting setting = given.getOrDefault(name, effective.get(name));
        return setting != null ? setting : new Setting(name, defaultText(name), "default");
    }

    /** The value in force, as text. */
    String text(final String name) {
        final Setting setting = effective.get(name);
        return setting != null ? setting.value() : defaultText(name);
    }

    /** The value in the type of its definition; null where it has none. */
    @Nullable
    Object find(final String name) {
        if (parsed.containsKey(name)) {
            return parsed.get(name);
        }
        final ConfigKey key = KnownSettings.key(name);
        if (key == null) {
            throw new IllegalArgumentException("no such setting: " + name);
        }
        return key.hasDefault() ? key.defaultValue : null;
    }

    Object get(final String name) {
        final Object value = find(name);
        if (value == null) {
            throw new IllegalStateException("setting has neither value nor default: " + name);
        }
        return value;
    }

    List<String> list(final String name) {
        final Object value = find(name);
        return value == null
                ? List.of()
                : ((List<?>) value).stream().map(String::valueOf).toList();
    }

    private String defaultText(final String name) {
        final Object value = find(name);
        return value instanceof List ? String.join(",", list(name)) : String.valueOf(value);
    }

    private String where(final String name) {
        final Setting setting = given.get(name);
        return setting != null ? setting.where() : "default";
    }

    private void parse(final Setting setting) {
        final ConfigKey key = KnownSettings.key(setting.name());
        if (key == null) {
            return;
        }
        refuseWhatIsNotBuilt(setting);
        try {
            final Object value = ConfigDef.parseType(key.name, setting.value(), key.type);
            if (key.validator != null) {
                key.validator.ensureValid(key.name, value);
            }
            parsed.put(key.name, value);
        } catch (final org.apache.kafka.common.config.ConfigException e) {
            throw complaint(setting, key, e);
        }
    }

    private static void refuseWhatIsNotBuilt(final Setting setting) {
        final String reason = NOT_BUILT.get(setting.name());
        if (reason != null && !setting.value().isEmpty()) {
            throw setting.error(reason);
        }
        if (setting.name().equals("replica.selector.class")
                && !setting.value().isEmpty()
                && !SELECTORS.contains(setting.value())) {
            throw setting.error("is none of Kafka's own: " + String.join(", ", SELECTORS));
        }
        if (SWITCHES_NOT_BUILT.contains(setting.name()) && setting.value().equalsIgnoreCase("true")) {
            throw setting.error("not built yet");
        }
    }

    /** Kafka says "Invalid value x for configuration y: Not a number of type INT"; the last part is what is new. */
    private static ConfigException complaint(
            final Setting setting, final ConfigKey key, final org.apache.kafka.common.config.ConfigException cause) {
        final String text = String.valueOf(cause.getMessage());
        final String marker = "for configuration " + setting.name() + ": ";
        final int at = text.indexOf(marker);
        final String what = at >= 0 ? text.substring(at + marker.length()) : text;
        final String sentence = what.substring(0, 1).toLowerCase(Locale.ROOT) + what.substring(1);
        final boolean secret = key.type == ConfigDef.Type.PASSWORD;
        return (secret ? new Setting(setting.name(), "[hidden]", setting.where()) : setting).error(sentence);
    }
}
