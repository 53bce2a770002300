package io.millrace.broker.kraft;

import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.checkpoint.StoreMarker;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.metadata.LeaderRecoveryState;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the logs that a program wrote with the engine as a library (a directory with {@link StoreMarker}) topics of the cluster that is made on
 * their directory: what its empty metadata log begins with names them, with the ids that they have, as partitions that this node leads. The
 * node is not registered then; when it is let to serve, the controller elects it again, as after the only replica was killed.
 *
 * <p>They keep everything until somebody says otherwise, as they did before: {@code retention.ms} and {@code retention.bytes} are -1.
 */
final class FoundLogs {
    private static final Logger LOG = LoggerFactory.getLogger(FoundLogs.class);
    private static final String UNLIMITED = "-1";

    private final Path directory;
    private final int nodeId;
    private final Map<String, Uuid> ids = new TreeMap<>();
    private final Map<PartitionName, Integer> epochs = new TreeMap<>();

    private FoundLogs(Path directory, int nodeId) {
        this.directory = directory;
        this.nodeId = nodeId;
    }

    /** Whether the directory has the library's marker. */
    static boolean areIn(Path directory) {
        return StoreMarker.isPresent(directory);
    }

    /**
     * Looks at the logs of a directory.
     *
     * @throws StartRefusal where one of them cannot be a topic as it is
     */
    static FoundLogs read(Path directory, int nodeId) throws IOException {
        FoundLogs found = new FoundLogs(directory, nodeId);
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.filter(Files::isDirectory).sorted().toList()) {
                PartitionName name = PartitionName.parse(entry.getFileName().toString());
                if (name != null) {
                    found.add(entry, name);
                }
            }
        }
        found.requireWhole();
        return found;
    }

    private void add(Path log, PartitionName name) {
        @Nullable PartitionMetadata metadata = PartitionMetadata.read(log);
        if (metadata == null) {
            throw new StartRefusal(
                    "Log " + log + " has no " + PartitionMetadata.FILE_NAME + ": it cannot become a topic");
        }
        Uuid id = new Uuid(metadata.topicIdMsb(), metadata.topicIdLsb());
        @Nullable Uuid known = ids.put(name.topic(), id);
        if (known != null && !known.equals(id)) {
            throw new StartRefusal("Partitions of " + name.topic() + " in " + directory + " have different topic ids");
        }
        int epoch = LeaderEpochs.open(log, () -> 0, FileFaults.NONE).latestEpoch();
        epochs.put(name, Math.max(0, epoch));
    }

    /** The partitions of a topic are numbered from 0 without a gap. */
    private void requireWhole() {
        for (String topic : ids.keySet()) {
            long count = epochs.keySet().stream()
                    .filter(name -> name.topic().equals(topic))
                    .count();
            if (!epochs.containsKey(new PartitionName(topic, 0))
                    || !epochs.containsKey(new PartitionName(topic, (int) count - 1))) {
                throw new StartRefusal("Partitions of " + topic + " are missing in " + directory);
            }
        }
    }

    boolean isEmpty() {
        return ids.isEmpty();
    }

    /** Adds the logs to what the metadata log begins with, in a directory that was just formatted. */
    void addTo(Path formatted) throws Exception {
        BootstrapDirectory bootstrap = new BootstrapDirectory(formatted.toString());
        BootstrapMetadata before = bootstrap.read();
        List<ApiMessageAndVersion> records = new ArrayList<>(before.records());
        ids.forEach((topic, id) -> {
            records.add(
                    new ApiMessageAndVersion(new TopicRecord().setName(topic).setTopicId(id), (short) 0));
            records.add(setting(topic, TopicConfig.RETENTION_MS_CONFIG));
            records.add(setting(topic, TopicConfig.RETENTION_BYTES_CONFIG));
        });
        Uuid directoryId = directoryId(formatted);
        MetadataVersion version = before.metadataVersion();
        epochs.forEach((name, epoch) -> records.add(partition(name, epoch, directoryId, version)));
        bootstrap.writeBinaryFile(BootstrapMetadata.fromRecords(records, before.source()));
        LOG.info("the logs found in {} become topics: {}", directory, ids.keySet());
    }

    private static ApiMessageAndVersion setting(String topic, String name) {
        ConfigRecord config = new ConfigRecord()
                .setResourceType(ConfigResource.Type.TOPIC.id())
                .setResourceName(topic)
                .setName(name)
                .setValue(UNLIMITED);
        return new ApiMessageAndVersion(config, (short) 0);
    }

    private ApiMessageAndVersion partition(PartitionName name, int epoch, Uuid directoryId, MetadataVersion version) {
        Uuid id = ids.getOrDefault(name.topic(), Uuid.ZERO_UUID);
        PartitionRecord partition = new PartitionRecord()
                .setTopicId(id)
                .setPartitionId(name.partition())
                .setReplicas(List.of(nodeId))
                .setIsr(List.of(nodeId))
                .setLeader(nodeId)
                .setLeaderRecoveryState(LeaderRecoveryState.RECOVERED.value())
                .setLeaderEpoch(epoch)
                .setPartitionEpoch(0);
        if (version.isDirectoryAssignmentSupported()) {
            partition.setDirectories(List.of(directoryId));
        }
        return new ApiMessageAndVersion(partition, version.partitionRecordVersion());
    }

    private static Uuid directoryId(Path formatted) throws IOException {
        @Nullable
        MetaProperties properties = new MetaPropertiesEnsemble.Loader()
                .addLogDirs(List.of(formatted.toString()))
                .load()
                .logDirProps()
                .get(formatted.toString());
        if (properties == null) {
            throw new StartRefusal("No meta.properties in " + formatted);
        }
        return properties.directoryId().orElseThrow();
    }
}
