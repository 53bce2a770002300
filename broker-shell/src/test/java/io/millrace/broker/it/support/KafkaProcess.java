package io.millrace.broker.it.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Apache Kafka, the peer, from the class path of the tests: formatted by its own tool, run by its own main class. */
public final class KafkaProcess extends BrokerProcess {
    /** What its directories are formatted with. */
    public static final String CLUSTER_ID = "cIDmTE8wRVWaKx3uTt1a0g";

    public KafkaProcess(Path workDirectory, Path dataDirectory, int controllerPort, Map<String, String> settings) {
        super(workDirectory, dataDirectory, controllerPort, settings);
    }

    @Override
    protected void format() {
        writeProperties();
        if (!Files.exists(dataDirectory().resolve("meta.properties"))) {
            int code = tool(
                    "kafka.tools.StorageTool",
                    "format",
                    "-t",
                    CLUSTER_ID,
                    "-c",
                    properties().toString());
            if (code != 0) {
                throw new IllegalStateException("kafka-storage format: exit code " + code);
            }
        }
    }

    @Override
    protected List<String> command() {
        return List.of(
                MillraceProcess.java(),
                "-Xmx512m",
                "-cp",
                classPath(),
                "kafka.Kafka",
                properties().toString());
    }

    private int tool(String mainClass, String... arguments) {
        return KafkaTool.run(workDirectory(), mainClass, List.of(arguments), Duration.ofSeconds(60))
                .exitCode();
    }

    private Path properties() {
        return workDirectory().resolve("kafka.properties");
    }

    private void writeProperties() {
        String text = settings().entrySet().stream()
                .filter(e -> !e.getKey().startsWith("millrace."))
                .map(e -> e.getKey() + "=" + e.getValue() + "\n")
                .collect(Collectors.joining());
        try {
            Files.writeString(properties(), text);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + properties(), e);
        }
    }

    static String classPath() {
        return System.getProperty("java.class.path");
    }
}
