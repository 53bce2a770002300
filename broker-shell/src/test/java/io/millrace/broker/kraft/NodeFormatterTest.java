package io.millrace.broker.kraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.StoreMarker;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeFormatterTest {
    private static final List<Endpoint> CONTROLLER =
            List.of(new Endpoint("CONTROLLER", SecurityProtocol.PLAINTEXT, "127.0.0.1", 19093));
    private static final String CHECKPOINT = "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint";

    @TempDir
    Path temp;

    private Path directory;
    private KraftConfig config;

    @BeforeEach
    void chooseDirectory() {
        directory = temp.resolve("a/b");
        config = KraftConfigs.combined(directory);
    }

    @Test
    void freshDirectoryGetsAClusterAndItsFirstVoter() throws IOException {
        String clusterId = format(Optional.empty());
        assertEquals(clusterId, property("cluster.id"));
        assertEquals("1", property("node.id"));
        assertTrue(Files.exists(directory.resolve("bootstrap.checkpoint")));
        assertTrue(Files.exists(directory.resolve(CHECKPOINT)));
        assertFalse(Files.exists(directory.resolve(NodeFormatter.STAGING)));
    }

    @Test
    void wantedClusterIdIsUsed() {
        String wanted = Uuid.randomUuid().toString();
        assertEquals(wanted, format(Optional.of(wanted)));
    }

    @Test
    void identityIsReadBack() throws IOException {
        NodeDirectories first = NodeDirectories.open(config, Optional.empty(), CONTROLLER);
        NodeDirectories second = NodeDirectories.open(config, Optional.empty(), CONTROLLER);
        assertTrue(first.formatted());
        assertFalse(second.formatted());
        assertEquals(first.clusterId(), second.clusterId());
        assertEquals(first.metadataDirectoryId(), second.metadataDirectoryId());
        assertEquals(property("directory.id"), second.metadataDirectoryId().toString());
    }

    @Test
    void whatAnInterruptedFormatLeftIsFormattedAnew() throws IOException {
        format(Optional.empty());
        String interrupted = property("directory.id");
        Files.delete(directory.resolve("meta.properties"));
        Files.createDirectories(directory.resolve(NodeFormatter.STAGING).resolve("__cluster_metadata-0"));
        Files.writeString(directory.resolve("bootstrap.checkpoint"), "");

        format(Optional.empty());

        assertNotEquals(interrupted, property("directory.id"));
        assertTrue(Files.size(directory.resolve("bootstrap.checkpoint")) > 0);
        assertFalse(Files.exists(directory.resolve(NodeFormatter.STAGING)));
    }

    @Test
    void directoryWithPartitionsIsNotFormattedOver() throws IOException {
        Files.createDirectories(directory.resolve("logs-0"));
        refused("has logs-0 but no meta.properties", Optional.empty());
    }

    @Test
    void logsOfTheLibraryBecomeTopicsOfANewCluster() throws Exception {
        PartitionMetadata orders = new PartitionMetadata(5, 6);
        logOfTheLibrary("orders-0", orders);
        format(Optional.empty());
        Uuid directoryId = Uuid.fromString(property("directory.id"));
        Uuid topicId = new Uuid(5, 6);
        List<ApiMessage> records = new BootstrapDirectory(directory.toString())
                .read().records().stream().map(ApiMessageAndVersion::message).toList();
        assertTrue(records.contains(new TopicRecord().setName("orders").setTopicId(topicId)), records::toString);
        assertTrue(
                records.contains(new PartitionRecord()
                        .setTopicId(topicId)
                        .setPartitionId(0)
                        .setReplicas(List.of(1))
                        .setIsr(List.of(1))
                        .setLeader(1)
                        .setLeaderEpoch(0)
                        .setPartitionEpoch(0)
                        .setDirectories(List.of(directoryId))),
                records::toString);
        assertFalse(StoreMarker.isPresent(directory));
        assertFalse(NodeDirectories.open(config, Optional.empty(), CONTROLLER).formatted());
    }

    @Test
    void logsOfTheLibraryAreNotBroughtIntoAClusterOfOthers() throws IOException {
        logOfTheLibrary("orders-0", new PartitionMetadata(5, 6));
        config = KraftConfigs.combined(directory, "controller.quorum.bootstrap.servers", "elsewhere:9093");
        refused(
                "has orders-0 but no meta.properties",
                Optional.of(Uuid.randomUuid().toString()));
    }

    @Test
    void logsThatCannotBeTopicsAreRefused() throws IOException {
        logOfTheLibrary("orders-1", new PartitionMetadata(5, 6));
        refused("Partitions of orders are missing", Optional.empty());
        logOfTheLibrary("orders-0", new PartitionMetadata(7, 8));
        refused("different topic ids", Optional.empty());
        Files.delete(directory.resolve("orders-0").resolve(PartitionMetadata.FILE_NAME));
        refused("it cannot become a topic", Optional.empty());
        assertTrue(StoreMarker.isPresent(directory));
    }

    private void logOfTheLibrary(String name, PartitionMetadata metadata) throws IOException {
        Path log = Files.createDirectories(directory.resolve(name));
        metadata.write(log, FileFaults.NONE);
        StoreMarker.write(directory, FileFaults.NONE);
    }

    @Test
    void metadataLogIsNotFormattedOver() throws IOException {
        format(Optional.empty());
        Files.delete(directory.resolve("meta.properties"));
        Files.writeString(directory.resolve("__cluster_metadata-0/00000000000000000000.log"), "");
        refused("has __cluster_metadata-0 but no meta.properties", Optional.empty());
    }

    @Test
    void directoryOfAnotherClusterIsRefused() {
        format(Optional.empty());
        StartRefusal refusal = assertThrows(
                StartRefusal.class,
                () -> NodeDirectories.open(config, Optional.of(Uuid.randomUuid().toString()), CONTROLLER));
        assertTrue(refusal.getMessage().contains("different clusters"), refusal.getMessage());
    }

    @Test
    void directoryOfAnotherNodeIsRefused() {
        format(Optional.empty());
        KraftConfig other = KraftConfigs.combined(directory, "node.id", "2");
        StartRefusal refusal =
                assertThrows(StartRefusal.class, () -> NodeDirectories.open(other, Optional.empty(), CONTROLLER));
        assertTrue(refusal.getMessage().contains("belongs to node 1, not 2"), refusal.getMessage());
    }

    @Test
    void staticVotersHaveNoCheckpointOfVoters() {
        config = KraftConfigs.combined(directory, "controller.quorum.voters", "1@127.0.0.1:19093");
        format(Optional.empty());
        assertFalse(Files.exists(directory.resolve(CHECKPOINT)));
    }

    @Test
    void memberOfAClusterOfSeveralNeedsTheClustersId() {
        config = KraftConfigs.combined(directory, "controller.quorum.voters", "1@127.0.0.1:19093,2@127.0.0.1:19094");
        refused("set millrace.cluster.id", Optional.empty());
        config = KraftConfigs.combined(directory, "controller.quorum.bootstrap.servers", "elsewhere:9093");
        refused("set millrace.cluster.id", Optional.empty());
    }

    @Test
    void observerHasNoCheckpointOfVoters() {
        config = KraftConfigs.combined(directory, "controller.quorum.bootstrap.servers", "elsewhere:9093");
        format(Optional.of(Uuid.randomUuid().toString()));
        assertFalse(Files.exists(directory.resolve(CHECKPOINT)));
    }

    private String format(Optional<String> clusterId) {
        return NodeFormatter.format(config, CONTROLLER, FormatOptions.automatic(clusterId));
    }

    private void refused(String expected, Optional<String> clusterId) {
        StartRefusal refusal = assertThrows(StartRefusal.class, () -> format(clusterId));
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    }

    private String property(String name) throws IOException {
        Properties properties = new Properties();
        try (var in = Files.newInputStream(directory.resolve("meta.properties"))) {
            properties.load(in);
        }
        return properties.getProperty(name);
    }
}
