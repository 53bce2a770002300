package io.millrace.broker.kraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.raft.MetadataLogConfig;
import org.junit.jupiter.api.Test;

class KraftConfigTest {
    private static final Path DIRECTORY = Path.of("/data");

    @Test
    void singleNodeNeitherLingersNorWritesWhileIdle() {
        KraftConfig config = KraftConfigs.combined(DIRECTORY);
        assertEquals(0, config.quorum().appendLingerMs());
        assertEquals(0, config.getInt(MetadataLogConfig.METADATA_MAX_IDLE_INTERVAL_MS_CONFIG));
    }

    @Test
    void memberOfAQuorumKeepsKafkasDefaults() {
        KraftConfig config = KraftConfigs.combined(DIRECTORY, "controller.quorum.voters", "1@a:9093,2@b:9093");
        assertEquals(25, config.quorum().appendLingerMs());
        assertEquals(500, config.getInt(MetadataLogConfig.METADATA_MAX_IDLE_INTERVAL_MS_CONFIG));
    }

    @Test
    void nodeThatJoinsAQuorumKeepsKafkasDefaults() {
        KraftConfig config = KraftConfigs.combined(DIRECTORY, "controller.quorum.bootstrap.servers", "elsewhere:9093");
        assertEquals(25, config.quorum().appendLingerMs());
    }

    @Test
    void whatIsSetIsKept() {
        assertEquals(
                7,
                KraftConfigs.combined(DIRECTORY, "controller.quorum.append.linger.ms", "7")
                        .quorum()
                        .appendLingerMs());
    }

    @Test
    void listenersAreToldApartByRole() {
        KraftConfig config = KraftConfigs.combined(DIRECTORY);
        assertEquals("CONTROLLER", config.controllerListeners().get(0).listener());
        assertEquals("PLAINTEXT", config.brokerListeners().get(0).listener());
        assertEquals("CONTROLLER", config.advertisedControllerListeners().get(0).listener());
        assertEquals("PLAINTEXT", config.advertisedBrokerListeners().get(0).listener());
    }

    @Test
    void staticVoterAddressIsAdvertisedForAWildcardListener() {
        KraftConfig config = KraftConfigs.combined(
                DIRECTORY,
                "listeners",
                "PLAINTEXT://:9092,CONTROLLER://:9093",
                "controller.quorum.voters",
                "1@first.example:9093,2@second.example:9093");
        assertEquals(
                "first.example", config.advertisedControllerListeners().get(0).host());
    }

    @Test
    void coarserUnitsHoldWhereMillisecondsAreNotSet() {
        Map<String, Object> defaults = KraftConfigs.combined(
                        DIRECTORY, "log.retention.hours", "48", "log.retention.minutes", "3", "log.roll.hours", "2")
                .logDefaults();
        assertEquals(180_000L, defaults.get(TopicConfig.RETENTION_MS_CONFIG));
        assertEquals(7_200_000L, defaults.get(TopicConfig.SEGMENT_MS_CONFIG));
    }

    @Test
    void negativeRetentionIsForEver() {
        assertEquals(
                -1L,
                KraftConfigs.combined(DIRECTORY, "log.retention.hours", "-1")
                        .logDefaults()
                        .get(TopicConfig.RETENTION_MS_CONFIG));
    }

    @Test
    void contradictionsAreRefusedInOneLine() {
        refused("must be one of controller.quorum.voters", "controller.quorum.voters", "2@b:9093");
        refused(
                "must all appear in listeners",
                "controller.listener.names",
                "OTHER",
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        refused("process.roles", "process.roles", "broker,zookeeper");
        refused("must only have controller listeners", "process.roles", "controller");
        refused("cannot be 0.0.0.0", "advertised.listeners", "PLAINTEXT://0.0.0.0:9092");
    }

    @Test
    void brokerMustFindItsControllers() {
        refused(
                "so that this broker finds its controllers",
                "process.roles",
                "broker",
                "listeners",
                "PLAINTEXT://127.0.0.1:0");
    }

    @Test
    void rolesAreKnown() {
        KraftConfig config = KraftConfigs.combined(DIRECTORY);
        assertTrue(config.isBroker() && config.isController());
        assertFalse(config.processRoles().isEmpty());
    }

    private static void refused(String expected, String... namesAndValues) {
        ConfigException refusal =
                assertThrows(ConfigException.class, () -> KraftConfigs.combined(DIRECTORY, namesAndValues));
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
        assertFalse(refusal.getMessage().contains("\n"), refusal.getMessage());
    }
}
