package io.millrace.broker.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every client command takes: which cluster, how to connect, how long to wait, how to answer. */
final class ClientOptions {
    @Option(
            names = "--bootstrap-server",
            paramLabel = "HOST:PORT",
            defaultValue = "localhost:9092",
            description = "Brokers to connect to, separated by commas (default: ${DEFAULT-VALUE}).")
    private String bootstrapServers = "localhost:9092";

    @Option(
            names = {"--command-config", "--consumer.config", "--producer.config"},
            paramLabel = "FILE",
            description = "Properties for the client: security and the like.")
    private @Nullable Path configFile;

    @Option(
            names = {"--command-property", "--consumer-property", "--producer-property"},
            paramLabel = "NAME=VALUE",
            description = "One property for the client; may be repeated, wins over the file.")
    private List<String> properties = new ArrayList<>();

    @Option(
            names = "--timeout",
            paramLabel = "MS",
            defaultValue = "10000",
            description = "How long to wait for the cluster's answer (default: ${DEFAULT-VALUE}).")
    private int timeoutMs = 10_000;

    @Option(names = "--json", description = "Answer as JSON, one object a line.")
    private boolean json;

    @Mixin
    private final LogOptions log = new LogOptions();

    boolean json() {
        return json;
    }

    int timeoutMs() {
        return timeoutMs;
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    /**
     * Checks the addresses, the properties and that somebody listens, so that a typing error is not a minute of retries.
     *
     * @return properties for any client, without serializers.
     */
    Map<String, Object> connect() {
        log.applyToClient();
        final Map<String, Object> config = properties();
        Reachability.check(String.valueOf(config.get("bootstrap.servers")), timeoutMs);
        return config;
    }

    /** An admin client whose every call ends within the timeout. */
    Admin admin() {
        final Map<String, Object> config = connect();
        config.putIfAbsent("default.api.timeout.ms", Integer.toString(timeoutMs));
        config.putIfAbsent("request.timeout.ms", Integer.toString(timeoutMs));
        return Admin.create(config);
    }

    private Map<String, Object> properties() {
        final Map<String, Object> config = new HashMap<>();
        if (configFile != null) {
            read(configFile).forEach((name, value) -> config.put(name.toString(), value));
        }
        for (final String property : properties) {
            final NameValue parsed = NameValue.parse("--command-property", property);
            Nearest.require("client property", parsed.name(), "--command-property", knownProperties());
            config.put(parsed.name(), parsed.value());
        }
        config.put("bootstrap.servers", bootstrapServers);
        config.putIfAbsent("client.id", "millrace-cli");
        return config;
    }

    private static Properties read(final Path file) {
        final Properties read = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            read.load(reader);
            return read;
        } catch (final NoSuchFileException e) {
            throw new UsageException("--command-config " + file + ": no such file");
        } catch (final IOException | IllegalArgumentException e) {
            throw new UsageException("--command-config " + file + ": " + e.getMessage());
        }
    }

    private static Set<String> knownProperties() {
        final Set<String> names = new TreeSet<>(AdminClientConfig.configNames());
        names.addAll(ProducerConfig.configNames());
        names.addAll(ConsumerConfig.configNames());
        return names;
    }
}
