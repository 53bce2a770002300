package io.millrace.broker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The table in docs/configuration.md is what the code says. {@code -Dmillrace.docs.write=true} writes it anew.
 */
class ConfigurationDocTest {
    private static final String BEGIN = "<!-- settings: begin, written by ConfigurationDocTest -->\n";
    private static final String END = "<!-- settings: end -->\n";
    private static final Path DOCUMENT = Path.of(System.getProperty("basedir", "."), "..", "docs", "configuration.md");

    @TempDir
    Path directory;

    @Test
    void everySettingWithEffectIsOneThatIsKnown() {
        for (final String name : EffectiveSettings.all().keySet()) {
            assertNotNull(KnownSettings.key(name), name);
        }
    }

    @Test
    void everySettingOfOursHasAnEffect() {
        MillraceSettings.CONFIG_DEF
                .names()
                .forEach(name -> assertNotNull(EffectiveSettings.all().get(name), name));
    }

    @Test
    void theTableIsWhatTheCodeSays() throws IOException {
        final String text = Files.readString(DOCUMENT);
        final int begin = text.indexOf(BEGIN) + BEGIN.length();
        final int end = text.indexOf(END);
        if (Boolean.getBoolean("millrace.docs.write")) {
            Files.writeString(DOCUMENT, text.substring(0, begin) + table() + text.substring(end));
            return;
        }
        assertEquals(table(), text.substring(begin, end), "run with -Dmillrace.docs.write=true");
    }

    private String table() throws IOException {
        final Map<String, String> firstTry =
                NodeConfig.load(Optional.empty(), List.of(), Map.of()).properties();
        final Path empty = Files.createFile(directory.resolve("empty.properties"));
        final Map<String, String> always =
                NodeConfig.load(Optional.of(empty), List.of(), Map.of()).properties();
        final StringBuilder table = new StringBuilder("| name | default | effect |\n|---|---|---|\n");
        EffectiveSettings.all()
                .forEach((name, effect) -> table.append("| `")
                        .append(name)
                        .append("` | ")
                        .append(defaults(name, firstTry, always))
                        .append(" | ")
                        .append(effect)
                        .append(" |\n"));
        return table.toString();
    }

    /** Kafka's default, and in brackets what a start without a file has instead. */
    private static String defaults(
            final String name, final Map<String, String> firstTry, final Map<String, String> always) {
        final ConfigKey key = KnownSettings.key(name);
        final String kafkas = key.hasDefault() ? shown(key.defaultValue) : "";
        final boolean derived = name.equals("advertised.listeners") || name.equals("inter.broker.listener.name");
        final String ours = derived ? null : firstTry.get(name);
        if (ours == null || code(ours).equals(kafkas)) {
            return kafkas;
        }
        if (always.containsKey(name)) {
            return code(ours) + (kafkas.isEmpty() ? "" : " (Kafka: " + kafkas + ")");
        }
        return (kafkas.isEmpty() ? "" : kafkas + " ") + "(without a file " + code(ours) + ")";
    }

    private static String shown(final Object value) {
        if (value == null) {
            return "";
        }
        if (value.equals(Long.MAX_VALUE)) {
            return "never";
        }
        if (value.equals(Integer.MAX_VALUE)) {
            return "no limit";
        }
        return value instanceof Collection<?> list
                ? list.isEmpty()
                        ? ""
                        : code(String.join(
                                ",", list.stream().map(String::valueOf).toList()))
                : code(String.valueOf(value));
    }

    private static String code(final String text) {
        return "`" + text + "`";
    }
}
