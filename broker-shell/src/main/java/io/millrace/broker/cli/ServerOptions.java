package io.millrace.broker.cli;

import io.millrace.broker.config.NodeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a node is told on the command line: a file and single settings. */
final class ServerOptions {
    private static final Logger LOG = Logger.getLogger("io.millrace.config");

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Settings in the form of Kafka's server.properties.")
    private @Nullable Path file;

    @Option(
            names = {"--set", "--override"},
            paramLabel = "NAME=VALUE",
            description = "One setting; may be repeated, wins over environment variables (KAFKA_LOG_RETENTION_MS, "
                    + "MILLRACE_SYNC_ACKS) and these over the file.")
    private List<String> overrides = new ArrayList<>();

    @Mixin
    private final LogOptions log = new LogOptions();

    /** Sets up logging, reads all settings, and logs what should be known about them. */
    NodeConfig load() {
        log.applyToNode();
        final NodeConfig config = NodeConfig.load(Optional.ofNullable(file), overrides, System.getenv());
        config.warnings().forEach(LOG::warning);
        return config;
    }
}
