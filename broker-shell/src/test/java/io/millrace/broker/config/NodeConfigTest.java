package io.millrace.broker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeConfigTest {
    @TempDir
    Path directory;

    @Test
    void nothingConfiguredStartsACombinedNodeOnThisMachine() {
        final NodeConfig config = with();
        assertEquals(Set.of("broker", "controller"), config.processRoles());
        assertEquals(1, config.nodeId());
        assertEquals(
                "[PLAINTEXT://:9092, CONTROLLER://127.0.0.1:0]",
                config.listeners().toString());
        assertEquals(
                "[PLAINTEXT://localhost:9092, CONTROLLER://127.0.0.1:0]",
                config.advertisedListeners().toString());
        assertEquals("PLAINTEXT", config.interBrokerListenerName());
        assertEquals("CONTROLLER", config.controllerListenerName());
        assertEquals(
                List.of(Path.of("millrace-data").toAbsolutePath()), config.logDirs(), "beside where it was started");
        assertEquals(config.logDirs().get(0), config.metadataLogDir());
        assertTrue(config.standalone());
        assertEquals(1, config.getInt("offsets.topic.replication.factor"));
        assertEquals(0, config.getInt("group.initial.rebalance.delay.ms"));
        assertFalse(config.getBoolean(MillraceSettings.SYNC_ACKS));
        assertEquals(List.of(), config.warnings());
        assertFalse(config.configured("listeners"));
    }

    @Test
    void aFileLeavesKafkasDefaultsInForce() throws IOException {
        final NodeConfig config = file("node.id=7");
        assertEquals(7, config.nodeId());
        assertEquals(3, config.getInt("offsets.topic.replication.factor"));
        assertEquals(3000, config.getInt("group.initial.rebalance.delay.ms"));
        assertEquals(1 << 30, config.getInt("log.segment.bytes"));
        assertEquals(Optional.empty(), config.getString("log.retention.ms"));
    }

    @Test
    void commandLineWinsOverEnvironmentOverFile() throws IOException {
        final Path file = write("num.partitions=2", "log.retention.ms=20", "log.segment.bytes=2000000");
        final NodeConfig config = NodeConfig.load(
                Optional.of(file),
                List.of("num.partitions=4"),
                Map.of("KAFKA_NUM_PARTITIONS", "3", "KAFKA_LOG_RETENTION_MS", "30"));
        assertEquals(4, config.getInt("num.partitions"));
        assertEquals(30, config.getLong("log.retention.ms"));
        assertEquals(2_000_000, config.getInt("log.segment.bytes"));
    }

    @Test
    void environmentHasTheFormOfKafkasImage() {
        final NodeConfig config = NodeConfig.load(
                Optional.empty(),
                List.of(),
                Map.of(
                        "KAFKA_OFFSET_METADATA_MAX_BYTES", "17",
                        "MILLRACE_SYNC_ACKS", "true",
                        "CLUSTER_ID", "5L6g3nShT-eMCtK--X86sw",
                        "KAFKA_HEAP_OPTS", "-Xmx1g",
                        "KAFKA_PORT", "tcp://10.0.0.1:9092",
                        "KAFKA_LISTENER_NAME_A__B___C_SSL_PROTOCOL", "x"));
        assertEquals(17, config.getInt("offset.metadata.max.bytes"));
        assertTrue(config.getBoolean(MillraceSettings.SYNC_ACKS));
        assertEquals(Optional.of("5L6g3nShT-eMCtK--X86sw"), config.clusterId());
        assertEquals(List.of("listener.name.a_b-c.ssl.protocol"), config.withoutEffect());
    }

    @Test
    void unknownNamesAreWarnedWithTheNearestKnownOne() throws IOException {
        final NodeConfig config = file(
                "# comment",
                "num.partitons=3",
                "retention.ms=5",
                "log_segment_bytes=5",
                "zookeeper.connect=a:1",
                "frobnicate=1");
        final String at = directory.resolve("server.properties") + ":";
        assertEquals(
                Set.of(
                        "unknown setting num.partitons, did you mean num.partitions? (" + at + "2)",
                        "unknown setting retention.ms: a topic's setting; for the whole server it is log.retention.ms"
                                + " or log.retention.minutes or log.retention.hours (" + at + "3)",
                        "unknown setting log_segment_bytes, did you mean log.segment.bytes? (" + at + "4)",
                        "unknown setting zookeeper.connect: Kafka has done without ZooKeeper since 4.0 (" + at + "5)",
                        "unknown setting frobnicate (" + at + "6)"),
                Set.copyOf(config.warnings()));
    }

    @Test
    void namesWithoutEffectAreSaidInOneLine() {
        final NodeConfig config = with("ssl.protocol=TLSv1.3", "controller.quota.window.num=5", "num.partitions=2");
        assertEquals(List.of("controller.quota.window.num", "ssl.protocol"), config.withoutEffect());
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void badValuesSayWhatAndWhere() throws IOException {
        final String place = directory.resolve("server.properties") + ":3";
        assertEquals(
                "num.partitions=abc: not a number of type INT (" + place + ")",
                assertThrows(ConfigException.class, () -> file("", "a\\", "  b=1", "num.partitions=abc"))
                        .getMessage()
                        .replace(":4)", ":3)"));
        refused("num.partitions=0: value must be at least 1 (--set)", "num.partitions=0");
        refused(
                "auto.create.topics.enable=maybe: expected value to be either true or false (--set)",
                "auto.create.topics.enable=maybe");
        refused("--set num.partitions: not of the form name=value", "num.partitions");
        assertEquals(
                "cannot read /no/such/file: no such file",
                assertThrows(
                                ConfigException.class,
                                () -> NodeConfig.load(Optional.of(Path.of("/no/such/file")), List.of(), Map.of()))
                        .getMessage());
        assertEquals(
                "node.id=x: not a number of type INT (environment variable KAFKA_NODE_ID)",
                assertThrows(
                                ConfigException.class,
                                () -> NodeConfig.load(Optional.empty(), List.of(), Map.of("KAFKA_NODE_ID", "x")))
                        .getMessage());
    }

    @Test
    void listenersAreCheckedAgainstEachOther() {
        refused("listeners=9092: '9092' is not of the form NAME://host:port (--set)", "listeners=9092");
        refused("listeners=PLAINTEXT://:99999: port 99999 is above 65535 (--set)", "listeners=PLAINTEXT://:99999");
        refused(
                "listeners=SSL://:9093: listener SSL asks for SSL, only PLAINTEXT is served yet" + " (--set)",
                "listeners=SSL://:9093");
        refused(
                "advertised.listeners=EXTERNAL://a:1: listener EXTERNAL is not one of listeners (--set)",
                "advertised.listeners=EXTERNAL://a:1");
        refused("log.dirs=a,b: names 2 directories, one is served yet (--set)", "log.dirs=a,b");
        refused(
                "authorizer.class.name=x.Y: access control is not built yet, the node would be open to everybody (--set)",
                "authorizer.class.name=x.Y");
        refused(
                "process.roles=broker: a broker needs controller.quorum.bootstrap.servers or controller.quorum.voters"
                        + " (--set)",
                "process.roles=broker");
        refused(
                "controller.quorum.voters=2@a:1: this node's id 1 is not among the voters, but its roles name controller"
                        + " (--set)",
                "process.roles=broker,controller",
                "controller.quorum.voters=2@a:1",
                "listeners=PLAINTEXT://:9092,CONTROLLER://:9093");
    }

    @Test
    void anotherClientAddressKeepsTheControllerListener() {
        final NodeConfig config = with("listeners=PLAINTEXT://[::1]:0");
        assertEquals(
                "[PLAINTEXT://[::1]:0, CONTROLLER://127.0.0.1:0]",
                config.listeners().toString());
        assertEquals("::1", config.advertisedListeners().get(0).host());
    }

    @Test
    void kafkasOwnExampleFileStartsAlone() throws IOException {
        final NodeConfig config = file(
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.bootstrap.servers=localhost:9093",
                "listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
                "inter.broker.listener.name=PLAINTEXT",
                "advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
                "controller.listener.names=CONTROLLER",
                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL",
                "num.network.threads=3",
                "num.io.threads=8",
                "log.dirs=" + directory);
        assertTrue(config.standalone());
        assertEquals(List.of("num.io.threads"), config.withoutEffect());
        assertEquals(directory.toAbsolutePath(), config.logDirs().get(0));
    }

    private static void refused(final String message, final String... overrides) {
        assertEquals(
                message,
                assertThrows(ConfigException.class, () -> with(overrides)).getMessage());
    }

    private static NodeConfig with(final String... overrides) {
        return NodeConfig.load(Optional.empty(), List.of(overrides), Map.of());
    }

    private NodeConfig file(final String... lines) throws IOException {
        return NodeConfig.load(Optional.of(write(lines)), List.of(), Map.of());
    }

    private Path write(final String... lines) throws IOException {
        return Files.write(directory.resolve("server.properties"), List.of(lines));
    }
}
