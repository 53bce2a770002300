package io.millrace.broker.node;

import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.kraft.ConfigChanges;
import io.millrace.broker.kraft.ControlPlane;
import io.millrace.broker.kraft.PartitionChanges;
import io.millrace.broker.kraft.StartRefusal;
import io.millrace.broker.request.RequestRouter;
import io.millrace.log.checkpoint.DirectoryLock;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.metadata.PartitionRegistration;

final class BrokerParts {
    private final ControlPlane plane;

    private BrokerParts(ControlPlane plane) {
        this.plane = plane;
    }

    static BrokerParts start(
            NodeConfig config,
            ControlPlane plane,
            Map<Path, DirectoryLock> locks,
            RequestRouter router,
            StopSequence stops) {
        router.register(ApiKeys.CREATE_TOPICS, plane.forwarder());
        router.register(ApiKeys.DESCRIBE_QUORUM, plane.forwarder());
        return new BrokerParts(plane);
    }

    CompletableFuture<Void> applyMetadata() {
        try {
            return plane.apply(
                    new PartitionChanges() {
                        @Override
                        public void lead(TopicPartition partition, Uuid topicId, PartitionRegistration state) {}

                        @Override
                        public void follow(TopicPartition partition, Uuid topicId, PartitionRegistration state) {}

                        @Override
                        public void stop(TopicPartition partition, boolean delete) {}
                    },
                    List.of(),
                    new ConfigChanges() {
                        @Override
                        public void onTopicConfigs(String topic) {}

                        @Override
                        public void onDefaultConfigs() {}
                    });
        } catch (Exception e) {
            throw new StartRefusal("Cannot apply the metadata: " + e.getMessage(), e);
        }
    }
}
