package io.millrace.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.config.ListenerSpec;
import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.node.NodeFacts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartReportTest {
    @TempDir
    Path directory;

    @Test
    void saysInAboutTenLinesWhatAnOperatorNeeds() {
        final NodeConfig config = with("num.io.threads=2");
        final NodeFacts facts = new NodeFacts(
                "cluster",
                true,
                List.of(
                        new ListenerSpec("PLAINTEXT", "", 9092, false),
                        new ListenerSpec("CONTROLLER", "127.0.0.1", 41, true)),
                List.of(new ListenerSpec("PLAINTEXT", "localhost", 9092, false)),
                new NodeFacts.RecoverySummary(3, false, 2, 1_500_000, List.of("t-0: 61 bytes from offset 17, bad CRC")),
                Optional.of(new ListenerSpec("HTTP", "", 8081, false)),
                Optional.empty(),
                Duration.ofMillis(1234));
        final List<String> report = StartReport.of(config, facts);
        final String text = String.join("\n", report);
        assertEquals(11, report.size(), text);
        assertTrue(text.contains("schemas     http://localhost:8081 (registry, no authentication)"), text);
        assertEquals("millrace development is ready after 1.2 s", report.get(0));
        assertTrue(text.contains("node        1 (broker and controller) of cluster cluster, formatted now"), text);
        assertTrue(
                text.contains("clients     localhost:9092 (PLAINTEXT, no authentication, listening on every address of"
                        + " this machine)"),
                text);
        assertTrue(text.contains("controller  127.0.0.1:41 (CONTROLLER)"), text);
        assertTrue(text.contains("data        " + directory + ", "), text);
        assertTrue(text.contains(" free of "), text);
        assertTrue(
                text.contains(
                        "recovered   2 of 3 partitions checked after an unclean stop, 1.5 MB read, torn tails cut:"),
                text);
        assertTrue(text.contains("cut         t-0: 61 bytes from offset 17, bad CRC"), text);
        assertTrue(text.contains("no effect   num.io.threads"), text);
    }

    @Test
    void durabilityIsSaidInPlainWords() {
        assertTrue(StartReport.durability(with()).startsWith("page cache, as Kafka: acknowledged records outlive"));
        assertEquals(
                "sync: a record is on the disk before it is acknowledged",
                StartReport.durability(with("millrace.sync.acks=true", "log.flush.interval.ms=5")));
        assertEquals(
                "interval: on the disk after at most 100 ms or 10 records; a power cut may take what was acknowledged"
                        + " since",
                StartReport.durability(with("log.flush.interval.ms=100", "log.flush.interval.messages=10")));
    }

    @Test
    void bytesAreReadable() {
        assertEquals("999 B", StartReport.bytes(999));
        assertEquals("1.5 kB", StartReport.bytes(1_500));
        assertEquals("85.0 GB", StartReport.bytes(85_000_000_000L));
        assertEquals("271 GB", StartReport.bytes(271_000_000_000L));
    }

    private NodeConfig with(final String... settings) {
        final List<String> all = new ArrayList<>(List.of(settings));
        all.add("log.dirs=" + directory);
        return NodeConfig.load(Optional.empty(), all, Map.of());
    }
}
