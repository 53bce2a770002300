package io.millrace.perf.scenario;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Scenario files: the options of a load under its name, as Java properties. {@code kind} names the command, {@code settings.<broker>}
 * lines of that broker's properties, separated by blanks; every other key is an option. Stateless.
 */
public final class NamedScenarios {
    private static final String FOLDER = "/io/millrace/perf/scenarios/";
    private static final String KIND = "kind";
    private static final String SETTINGS = "settings.";

    private NamedScenarios() {}

    /**
     * What a file says.
     *
     * @param name of the scenario
     * @param kind of load
     * @param options that differ from the kind's own
     * @param settings of brokers, by {@code millrace} or {@code kafka}
     */
    public record Named(String name, Kind kind, Map<String, String> options, Map<String, List<String>> settings) {
        public Named {
            options = Map.copyOf(options);
            settings = Map.copyOf(settings);
        }
    }

    /** The names of those that come with this program, in the order of the table of figures. */
    public static List<String> names() {
        return List.of(read("index", text("index.txt")).getProperty("names", "").split(" "));
    }

    /**
     * A scenario by its name, or from a file.
     *
     * @throws IllegalArgumentException with the reason why there is none
     */
    public static Named load(String name) {
        boolean known = names().contains(name);
        if (!known && !Files.isRegularFile(Path.of(name))) {
            throw new IllegalArgumentException(
                    "no scenario is called " + name + " and no file is; there are " + String.join(", ", names()));
        }
        Properties properties = read(name, known ? text(name + ".properties") : file(Path.of(name)));
        Map<String, String> options = new TreeMap<>();
        Map<String, List<String>> settings = new TreeMap<>();
        for (String key : properties.stringPropertyNames()) {
            String value = properties.getProperty(key).trim();
            if (key.startsWith(SETTINGS)) {
                settings.put(key.substring(SETTINGS.length()), List.of(value.split(" +")));
            } else if (!key.equals(KIND)) {
                options.put(key, value);
            }
        }
        return new Named(name, Kind.named(properties.getProperty(KIND, "produce")), options, settings);
    }

    private static Properties read(String name, Reader text) {
        Properties properties = new Properties();
        try (text) {
            properties.load(text);
            return properties;
        } catch (IOException e) {
            throw new IllegalArgumentException("scenario " + name + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Reader text(String file) {
        InputStream stream = NamedScenarios.class.getResourceAsStream(FOLDER + file);
        if (stream == null) {
            throw new IllegalArgumentException("this program was built without its scenario " + file);
        }
        return new InputStreamReader(stream, StandardCharsets.UTF_8);
    }

    private static Reader file(Path path) {
        try {
            return Files.newBufferedReader(path);
        } catch (IOException e) {
            throw new IllegalArgumentException("scenario " + path + " cannot be read: " + e.getMessage(), e);
        }
    }
}
