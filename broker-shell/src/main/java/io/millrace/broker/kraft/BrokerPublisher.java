package io.millrace.broker.kraft;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.image.LocalReplicaChanges;
import org.apache.kafka.image.LocalReplicaChanges.PartitionInfo;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicDelta;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.image.TopicsDelta;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns changes of the metadata into what this broker has to do about them.
 *
 * <p>In this order: settings, so that a log opens with the right ones; partitions; the image that clients are told, which
 * must not name this broker the leader of a partition that it has not opened; elections and resignations of the
 * coordinators whose partitions those are; the whole change for the coordinators. Runs on the metadata loader's thread; partitions
 * whose logs found no room are tried again on the housekeeper's, one of the two at a time.
 * Nothing escapes: an exception out of a publisher would end the node, and one partition is not worth it.
 */
final class BrokerPublisher implements MetadataPublisher {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerPublisher.class);

    private final int nodeId;
    private final KRaftMetadataCache published;
    private final PublishedOffset publishedOffset;
    private final PartitionChanges partitions;
    private final List<CoordinatorElections> coordinators;
    private final ConfigChanges configs;
    /** Partitions for whose logs the disk had no room. */
    private final Map<TopicPartition, PartitionInfo> unopened = new HashMap<>();

    private final CompletableFuture<Void> firstPublish = new CompletableFuture<>();

    BrokerPublisher(
            int nodeId,
            KRaftMetadataCache published,
            PublishedOffset publishedOffset,
            PartitionChanges partitions,
            List<CoordinatorElections> coordinators,
            ConfigChanges configs) {
        this.nodeId = nodeId;
        this.published = published;
        this.publishedOffset = publishedOffset;
        this.partitions = partitions;
        this.coordinators = coordinators;
        this.configs = configs;
    }

    /** Completes when the metadata that was there at the start has been applied. */
    CompletableFuture<Void> firstPublish() {
        return firstPublish.copy();
    }

    @Override
    public String name() {
        return "millrace-broker";
    }

    @Override
    public synchronized void onMetadataUpdate(MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
        apply("settings", () -> applyConfigs(delta, image));
        @Nullable TopicsDelta topics = delta.topicsDelta();
        if (topics != null) {
            apply("partitions", () -> applyPartitions(topics));
        }
        published.setImage(image);
        if (!firstPublish.isDone()) {
            coordinators.forEach(this::startUp);
        }
        if (topics != null) {
            coordinators.forEach(c -> apply("elections of " + c.topic(), () -> applyElections(c, topics, image)));
        }
        coordinators.forEach(c -> apply("metadata of " + c.topic(), () -> c.onMetadataUpdate(delta, image)));
        publishedOffset.advance(image.highestOffsetAndEpoch().offset());
        firstPublish.complete(null);
    }

    private void startUp(CoordinatorElections coordinator) {
        int otherwise = coordinator.internalTopic().partitions();
        apply(
                "start of " + coordinator.topic(),
                () -> coordinator.startup(
                        () -> published.numPartitions(coordinator.topic()).orElse(otherwise)));
    }

    private void applyPartitions(TopicsDelta topics) {
        LocalReplicaChanges changes = topics.localChanges(nodeId);
        changes.deletes().forEach(p -> {
            unopened.remove(p);
            apply("deletion of " + p, () -> partitions.stop(p, true));
        });
        apply("logs of partitions", () -> partitions.prepare(changes.leaders()));
        changes.leaders().forEach((p, info) -> apply("leadership of " + p, () -> applyPartition(p, info)));
        apply("logs of partitions", () -> partitions.prepare(changes.followers()));
        changes.followers().forEach((p, info) -> apply("following of " + p, () -> applyPartition(p, info)));
    }

    private void applyPartition(TopicPartition partition, PartitionInfo info) {
        boolean opened = info.partition().leader == nodeId
                ? partitions.lead(partition, info.topicId(), info.partition())
                : partitions.follow(partition, info.topicId(), info.partition());
        if (!opened) {
            if (unopened.put(partition, info) == null) {
                LOG.error("no room on the disk for {}: it is opened as soon as there is", partition);
            }
        } else if (unopened.remove(partition) != null) {
            LOG.info("there is room again: opened {}", partition);
            coordinators.stream()
                    .filter(c -> c.topic().equals(partition.topic()) && info.partition().leader == nodeId)
                    .forEach(c -> c.onElection(partition.partition(), info.partition().leaderEpoch));
        }
    }

    /** Opens what had no room, where there is some now. Any thread. */
    synchronized void retryUnopened() {
        Map.copyOf(unopened).forEach((p, info) -> apply("opening of " + p, () -> applyPartition(p, info)));
    }

    private void applyElections(CoordinatorElections coordinator, TopicsDelta topics, MetadataImage image) {
        if (topics.topicWasDeleted(coordinator.topic())) {
            ledOf(
                    topics.image().getTopic(coordinator.topic()),
                    partition -> coordinator.onResignation(partition, OptionalInt.empty()));
        }
        @Nullable TopicImage topic = image.topics().getTopic(coordinator.topic());
        @Nullable TopicDelta changed = topic == null ? null : topics.changedTopic(topic.id());
        if (changed == null) {
            return;
        }
        LocalReplicaChanges changes = changed.localChanges(nodeId);
        changes.deletes().forEach(p -> coordinator.onResignation(p.partition(), OptionalInt.empty()));
        changes.electedLeaders()
                .forEach((p, info) -> coordinator.onElection(p.partition(), info.partition().leaderEpoch));
        changes.followers()
                .forEach((p, info) ->
                        coordinator.onResignation(p.partition(), OptionalInt.of(info.partition().leaderEpoch)));
    }

    private void ledOf(TopicImage topic, Consumer<Integer> resign) {
        topic.partitions().forEach((partition, state) -> {
            if (state.leader == nodeId) {
                resign.accept(partition);
            }
        });
    }

    private void applyConfigs(MetadataDelta delta, MetadataImage image) {
        if (delta.configsDelta() == null) {
            return;
        }
        for (ConfigResource resource : delta.configsDelta().changes().keySet()) {
            apply("settings of " + resource, () -> applyConfig(resource, image));
        }
    }

    private void applyConfig(ConfigResource resource, MetadataImage image) {
        switch (resource.type()) {
            case TOPIC -> configs.onTopicConfigs(resource.name());
            case BROKER -> {
                if (resource.name().isEmpty() || resource.name().equals(Integer.toString(nodeId))) {
                    configs.onDefaultConfigs();
                }
            }
            case GROUP ->
                coordinators.forEach(
                        c -> c.onGroupConfigs(resource.name(), image.configs().configProperties(resource)));
            default -> LOG.debug("no use for the settings of {}", resource);
        }
    }

    private static void apply(String what, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | AssertionError e) {
            LOG.error("could not apply {}", what, e);
        }
    }

    @Override
    public synchronized void close() {
        unopened.clear();
        firstPublish.cancel(false);
    }
}
