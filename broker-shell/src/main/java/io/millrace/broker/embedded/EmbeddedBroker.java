package io.millrace.broker.embedded;

import io.millrace.broker.config.ConfigException;
import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.kraft.StartRefusal;
import io.millrace.broker.node.Node;
import io.millrace.broker.node.NodeEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * A broker in this JVM, for tests.
 *
 * <pre>{@code
 * try (EmbeddedBroker broker = EmbeddedBroker.start()) {
 *     broker.createTopic("orders", 3);
 *     // any client, at broker.bootstrapServers()
 *     broker.advance(Duration.ofDays(8)); // what is older than the week of retention is gone when this returns
 * }
 * }</pre>
 *
 * <p>It listens on loopback alone. {@link #close} stops it and removes what it made; a directory that was given stays. Used by one
 * thread at a time; its clients by any.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private final Builder options;
    private final Path directory;
    private final VirtualClock clock = new VirtualClock();
    private final StorageFaults faults = new StorageFaults();
    private int port;
    private Node node;
    private boolean running;

    private EmbeddedBroker(Builder options) {
        this.options = options;
        this.port = options.port;
        this.directory = options.directory.orElseGet(EmbeddedBroker::temporary);
        try {
            this.node = startNode();
        } catch (RuntimeException e) {
            removeDirectory();
            throw e;
        }
    }

    /** A broker with default settings on a free port, with a temporary directory. */
    public static EmbeddedBroker start() {
        return builder().start();
    }

    /** Settings first. */
    public static Builder builder() {
        return new Builder();
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("millrace-embedded-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Node startNode() {
        List<String> settings = new ArrayList<>(List.of(
                "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:0",
                "log.dirs=" + directory,
                // A test is alone with its group: nobody else is waited for.
                "group.initial.rebalance.delay.ms=0",
                "offsets.topic.num.partitions=1"));
        options.settings.forEach((name, value) -> settings.add(name + "=" + value));
        Node starting = Node.of(
                NodeConfig.load(Optional.empty(), settings, Map.of()), new NodeEnvironment(clock, faults.injection()));
        starting.start();
        running = true;
        port = starting.boundPorts().getOrDefault("PLAINTEXT", port);
        return starting;
    }

    /** For {@code bootstrap.servers}. The same after a {@link #restart}. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** The port that clients connect to. */
    public int port() {
        return port;
    }

    /** Where {@code millrace.metrics.listeners} has been bound, as {@code http://host:port}; empty where it is not set. */
    public Optional<String> metricsUrl() {
        return node.facts().metrics().map(spec -> "http://" + spec.host() + ":" + spec.port());
    }

    /** Where the logs are. */
    public Path directory() {
        return directory;
    }

    /**
     * Makes a topic.
     *
     * @throws IllegalStateException with the broker's reason when it refuses
     */
    public void createTopic(String name, int partitions) {
        createTopic(name, partitions, Map.of());
    }

    /** Makes a topic with settings of its own. */
    public void createTopic(String name, int partitions, Map<String, String> settings) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(settings)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("topic " + name + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /**
     * Sets the clock of the logs forward and does what is due then before it returns: retention, rolls by age, compaction, the removal of
     * deleted files. The clients, and with them the timestamps that they give, stay in the present.
     */
    public void advance(Duration by) {
        clock.advance(by);
        node.keepHouse();
        // What has just been given up is removed after file.delete.delay.ms, which a test has not got.
        clock.advance(Duration.ofMinutes(2));
        node.keepHouse();
    }

    /** What the disk under the logs does. */
    public StorageFaults faults() {
        return faults;
    }

    /** Stops in good order; the directory and the port are kept for {@link #restart}. */
    public void stop() {
        if (running) {
            running = false;
            node.close();
        }
    }

    /** Ends as a kill -9 would end it: what was written is in the page cache, nothing was told to anybody. */
    public void crash() {
        if (running) {
            running = false;
            node.crash();
        }
    }

    /** Starts again on what the directory holds, on the same port. Stops first where it still runs. */
    public void restart() {
        stop();
        node = startNode();
    }

    /** Stops, and removes the directory unless it was given. */
    @Override
    public void close() {
        try {
            stop();
        } finally {
            removeDirectory();
        }
    }

    private void removeDirectory() {
        if (options.directory.isPresent()) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a broker is started with. Used by one thread. */
    public static final class Builder {
        private final Map<String, String> settings = new TreeMap<>();
        private Optional<Path> directory = Optional.empty();
        private int port;

        private Builder() {}

        /** Listens on this port instead of a free one. */
        public Builder port(int value) {
            port = value;
            return this;
        }

        /** Keeps its data here, and leaves it there. */
        public Builder directory(Path value) {
            directory = Optional.of(value);
            return this;
        }

        /** A setting of {@code server.properties}. */
        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /**
         * Starts the broker; returns when it serves.
         *
         * @throws ConfigException with one line about a setting that it cannot start with
         * @throws StartRefusal with one line where the port or the directory does not allow it
         */
        public EmbeddedBroker start() {
            return new EmbeddedBroker(this);
        }
    }
}
