package io.millrace.broker.kraft;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Settings for tests: one node that is controller and broker, on a directory of its own. */
final class KraftConfigs {
    private KraftConfigs() {}

    static Map<String, String> settings(Path directory) {
        Map<String, String> properties = new HashMap<>();
        properties.put("process.roles", "broker,controller");
        properties.put("node.id", "1");
        properties.put("listeners", "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0");
        properties.put("controller.listener.names", "CONTROLLER");
        properties.put("log.dirs", directory.toString());
        return properties;
    }

    static KraftConfig combined(Path directory, String... namesAndValues) {
        Map<String, String> properties = settings(directory);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            properties.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return KraftConfig.of(properties);
    }
}
