package io.millrace.broker.node;

import io.millrace.broker.config.ListenerSpec;
import io.millrace.broker.config.MillraceSettings;
import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.kraft.ControlPlane;
import io.millrace.broker.kraft.StartRefusal;
import io.millrace.broker.net.EventLoops;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.schema.RegistryService;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The schema registry of a node, where it has one. */
final class RegistryParts {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryParts.class);

    private RegistryParts() {}

    /**
     * Takes the registry's port.
     *
     * @return null where no listener is set, and where the default's port is taken
     * @throws StartRefusal where a port that was asked for is taken
     */
    static @Nullable RegistryService bind(
            NodeConfig config, ControlPlane plane, PartitionRegistry partitions, EventLoops loops, StopSequence stops) {
        Optional<ListenerSpec> listener = config.schemaRegistryListener();
        if (listener.isEmpty()) {
            return null;
        }
        RegistryService.Surroundings node = new RegistryService.Surroundings(
                () -> partitions.get(RegistryService.TOPIC, 0),
                () -> plane.metadata().contains(RegistryService.TOPIC),
                () -> plane.topicCreator().create(List.of(RegistryService.TOPIC), null),
                plane.clusterId());
        try {
            RegistryService service = RegistryService.bind(
                    node, listener.get().host(), listener.get().port(), loops);
            stops.add("schema registry", service::close);
            return service;
        } catch (IOException e) {
            if (config.configured(MillraceSettings.SCHEMA_REGISTRY_LISTENERS)) {
                throw new StartRefusal("schema registry: " + e.getMessage(), e);
            }
            LOG.warn("no schema registry: {}", e.getMessage());
            return null;
        }
    }
}
