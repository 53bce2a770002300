package io.millrace.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.config.NodeConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterLayoutTest {
    @TempDir
    Path temp;

    @Test
    void everyNodeHasSettingsThatItCanStartWith() {
        ClusterLayout layout = new ClusterLayout(5, temp, "127.0.0.1", 9092);
        for (int id = 1; id <= 5; id++) {
            NodeConfig config = NodeConfig.load(Optional.empty(), layout.settings(id, "cluster"), Map.of());
            assertEquals(id, config.nodeId());
            assertEquals(id <= 3, config.isController());
            assertEquals(List.of(), config.warnings());
            assertEquals("3", config.getString("default.replication.factor").orElse(""));
        }
        assertTrue(layout.bootstrapServers().endsWith("127.0.0.1:9096"));
    }

    @Test
    void oneNodeAsksForNoMoreThanItself() {
        List<String> settings = new ClusterLayout(1, temp, "127.0.0.1", 9092).settings(1, "cluster");
        assertTrue(settings.containsAll(Set.of("default.replication.factor=1", "min.insync.replicas=1")));
    }

    @Test
    void idOfTheClusterStays() throws Exception {
        ClusterLayout layout = new ClusterLayout(3, temp, "127.0.0.1", 9092);
        assertEquals(layout.clusterId(), layout.clusterId());
    }

    @Test
    void impossibleNumbersAreRefused() {
        assertThrows(UsageException.class, () -> new ClusterLayout(0, temp, "127.0.0.1", 9092));
        assertThrows(UsageException.class, () -> new ClusterLayout(10, temp, "127.0.0.1", 9092));
        assertThrows(UsageException.class, () -> new ClusterLayout(3, temp, "127.0.0.1", 65_000));
    }
}
