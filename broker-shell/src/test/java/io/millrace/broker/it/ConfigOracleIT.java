package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.KafkaProcess;
import io.millrace.broker.it.support.MillraceProcess;
import io.millrace.broker.it.support.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

/** DescribeConfigs of a topic, a group and a broker says what Apache Kafka says, started with the same settings. */
final class ConfigOracleIT {
    private static final String TOPIC = "described";
    private static final ConfigResource BROKER = new ConfigResource(ConfigResource.Type.BROKER, "1");
    private static final List<ConfigResource> RESOURCES = List.of(
            new ConfigResource(ConfigResource.Type.TOPIC, TOPIC),
            new ConfigResource(ConfigResource.Type.GROUP, "any"),
            BROKER);

    /** Each broker has its own ports and directories, and Millrace sets what spares a single node waiting. */
    private static final Set<String> OF_THE_PROCESS = Set.of(
            "listeners",
            "advertised.listeners",
            "inter.broker.listener.name",
            "controller.quorum.voters",
            "log.dirs",
            "metadata.log.dir",
            "controller.quorum.append.linger.ms",
            "metadata.max.idle.interval.ms");

    /** What Kafka changes without a restart and Millrace refuses to. */
    private static final Set<String> NOT_LIVE =
            Set.of("listeners", "listener.security.protocol.map", "cordoned.log.dirs", "metric.reporters");

    @Test
    void saysWhatKafkaSays() throws IOException {
        Path work = Files.createTempDirectory("millrace-it-");
        Map<String, String> settings = Map.of(
                "log.retention.minutes", "90",
                "log.roll.hours", "48",
                "group.max.size", "77",
                "share.coordinator.state.topic.replication.factor", "1",
                "share.coordinator.state.topic.min.isr", "1");
        try {
            Map<ConfigResource, Map<String, String>> expected;
            Path kafka = Files.createDirectory(work.resolve("kafka"));
            int port = BrokerProcess.freePort();
            try (BrokerProcess process = new KafkaProcess(kafka, kafka.resolve("data"), port, settings)) {
                expected = describe(process);
            }
            Path millrace = Files.createDirectory(work.resolve("millrace"));
            try (BrokerProcess process = new MillraceProcess(millrace, millrace.resolve("data"), port, settings)) {
                Map<ConfigResource, Map<String, String>> actual = describe(process);
                for (ConfigResource resource : RESOURCES) {
                    assertEquals(text(expected.get(resource)), text(actual.get(resource)), resource.toString());
                }
            }
        } finally {
            TestFiles.deleteRecursively(work);
        }
    }

    private static Map<ConfigResource, Map<String, String>> describe(BrokerProcess process) {
        process.start();
        try (Admin admin = Clients.admin(process.bootstrap())) {
            Clients.createTopic(admin, TOPIC, 1, Map.of("retention.ms", "1234567", "cleanup.policy", "compact"));
            DescribeConfigsOptions options =
                    new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
            return Clients.get(admin.describeConfigs(RESOURCES, options).all()).entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, e -> lines(e.getKey(), e.getValue())));
        }
    }

    private static Map<String, String> lines(ConfigResource resource, Config config) {
        Map<String, String> lines = new TreeMap<>();
        for (ConfigEntry entry : config.entries()) {
            if (!entry.name().startsWith("millrace.")) {
                lines.put(entry.name(), line(resource, entry));
            }
        }
        OF_THE_PROCESS.forEach(lines::remove);
        return lines;
    }

    private static String line(ConfigResource resource, ConfigEntry entry) {
        boolean fixed = entry.isReadOnly() || (resource.equals(BROKER) && NOT_LIVE.contains(entry.name()));
        return entry.value() + " " + entry.source() + " " + entry.type() + (entry.isSensitive() ? " sensitive" : "")
                + (fixed ? " fixed " : " live ") + entry.synonyms() + " "
                + (entry.documentation() == null
                        ? "undocumented"
                        : entry.documentation().hashCode());
    }

    private static String text(Map<String, String> lines) {
        return lines.entrySet().stream()
                .map(e -> e.getKey() + " = " + e.getValue())
                .collect(Collectors.joining("\n"));
    }
}
