package io.millrace.broker.config;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was given, merged: the file, over it environment variables, over those {@code --set} on the command line. Within
 * one source the last one counts.
 */
final class SettingSources {
    private final Map<String, Setting> merged = new LinkedHashMap<>();

    private SettingSources() {}

    static Map<String, Setting> read(
            final Optional<Path> file,
            final Map<String, String> environment,
            final List<String> overrides,
            final List<String> warnings) {
        final SettingSources sources = new SettingSources();
        file.ifPresent(path -> sources.addFile(PropertiesFile.read(path), warnings));
        EnvironmentSettings.read(environment).forEach(sources::add);
        overrides.forEach(text -> sources.add(override(text)));
        return sources.merged;
    }

    private void addFile(final List<Setting> entries, final List<String> warnings) {
        final Map<String, Setting> seen = new HashMap<>();
        for (final Setting entry : entries) {
            final Setting earlier = seen.put(entry.name(), entry);
            if (earlier != null && !earlier.value().equals(entry.value())) {
                warnings.add(entry.name() + " is set twice, the later one counts (" + earlier.where() + " and "
                        + entry.where() + ")");
            }
            add(entry);
        }
    }

    private void add(final Setting setting) {
        merged.put(setting.name(), setting);
    }

    private static Setting override(final String text) {
        final int equals = text.indexOf('=');
        if (equals < 1) {
            throw new ConfigException("--set " + text + ": not of the form name=value");
        }
        return new Setting(
                text.substring(0, equals).strip(), text.substring(equals + 1).strip(), "--set");
    }
}
