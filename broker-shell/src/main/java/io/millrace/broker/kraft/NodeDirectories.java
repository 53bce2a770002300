package io.millrace.broker.kraft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble.VerificationFlag;

/**
 * The identity of a node as its directories tell it: cluster, node, and an id for each directory.
 *
 * @param clusterId the cluster that the directories belong to
 * @param directoryIds the id of each log directory, by path as configured
 * @param metadataDirectoryId the id of the directory with the metadata log
 * @param bootstrap what an empty metadata log starts with
 * @param formatted whether this start formatted a directory
 */
public record NodeDirectories(
        String clusterId,
        Map<String, Uuid> directoryIds,
        Uuid metadataDirectoryId,
        BootstrapMetadata bootstrap,
        boolean formatted) {

    /**
     * Formats what is empty and reads the identity. The caller holds the locks of the directories.
     *
     * @param config the node's settings
     * @param wantedClusterId {@code millrace.cluster.id}
     * @param controllerEndpoints where this node's controller is reached
     * @throws StartRefusal in one line, where the directories are another node's, another cluster's, or unreadable
     */
    public static NodeDirectories open(
            KraftConfig config, Optional<String> wantedClusterId, List<Endpoint> controllerEndpoints) {
        try {
            boolean format = NodeFormatter.isNeeded(config);
            if (format && "false".equals(config.originals().get("millrace.auto.format"))) {
                throw new StartRefusal("Directory of " + config.logDirs()
                        + " is not formatted, and millrace.auto.format=false: run millrace format");
            }
            if (format) {
                NodeFormatter.format(config, controllerEndpoints, FormatOptions.automatic(wantedClusterId));
            }
            return read(config, wantedClusterId, format);
        } catch (StartRefusal e) {
            throw e;
        } catch (Exception e) {
            throw new StartRefusal("Cannot use directories " + config.logDirs() + ": " + oneLine(e), e);
        }
    }

    private static String oneLine(Exception e) {
        return String.valueOf(e.getMessage()).replace('\n', ' ');
    }

    private static NodeDirectories read(KraftConfig config, Optional<String> wantedClusterId, boolean formatted)
            throws Exception {
        MetaPropertiesEnsemble found = new MetaPropertiesEnsemble.Loader()
                .addMetadataLogDir(config.metadataLogDir())
                .addLogDirs(config.logDirs())
                .load();
        checkNode(found, config.nodeId());
        checkCluster(found, wantedClusterId);
        found.verify(
                Optional.empty(),
                OptionalInt.of(config.nodeId()),
                EnumSet.of(VerificationFlag.REQUIRE_AT_LEAST_ONE_VALID, VerificationFlag.REQUIRE_METADATA_LOG_DIR));
        MetaPropertiesEnsemble complete = withDirectoryIds(found);
        checkMetadataLogIsWhereExpected(complete, config.metadataLogDir());
        Map<String, Uuid> ids = directoryIds(complete);
        Uuid metadataId = Objects.requireNonNull(ids.get(config.metadataLogDir()), config.metadataLogDir());
        ids.keySet().retainAll(config.logDirs());
        return new NodeDirectories(
                complete.clusterId().orElseThrow(),
                Map.copyOf(ids),
                metadataId,
                new BootstrapDirectory(config.metadataLogDir()).read(),
                formatted);
    }

    private static void checkNode(MetaPropertiesEnsemble found, int nodeId) {
        found.logDirProps().forEach((directory, properties) -> {
            int owner = properties.nodeId().orElse(nodeId);
            if (owner != nodeId) {
                throw new StartRefusal("Directory " + directory + " belongs to node " + owner + ", not " + nodeId);
            }
        });
    }

    private static void checkCluster(MetaPropertiesEnsemble found, Optional<String> wanted) {
        Map<String, String> clusters = new TreeMap<>();
        found.logDirProps()
                .forEach(
                        (directory, properties) -> properties.clusterId().ifPresent(id -> clusters.put(id, directory)));
        wanted.ifPresent(id -> clusters.putIfAbsent(id, "millrace.cluster.id"));
        if (clusters.size() > 1) {
            throw new StartRefusal("Directories and settings name different clusters: " + clusters);
        }
    }

    private static MetaPropertiesEnsemble withDirectoryIds(MetaPropertiesEnsemble found) throws IOException {
        MetaPropertiesEnsemble.Copier copier = new MetaPropertiesEnsemble.Copier(found);
        Iterator<Map.Entry<String, Optional<MetaProperties>>> directories = found.nonFailedDirectoryProps();
        while (directories.hasNext()) {
            Map.Entry<String, Optional<MetaProperties>> directory = directories.next();
            MetaProperties properties = directory
                    .getValue()
                    .orElseThrow(() -> new StartRefusal("No meta.properties in " + directory.getKey()));
            if (properties.directoryId().isEmpty()) {
                copier.setLogDirProps(
                        directory.getKey(),
                        new MetaProperties.Builder(properties)
                                .setDirectoryId(copier.generateValidDirectoryId())
                                .build());
            }
        }
        copier.setPreWriteHandler((directory, isNew, properties) -> {});
        copier.writeLogDirChanges();
        return copier.copy();
    }

    private static void checkMetadataLogIsWhereExpected(MetaPropertiesEnsemble found, String metadataDirectory) {
        for (String directory : found.logDirProps().keySet()) {
            Path stray = Path.of(directory, "__cluster_metadata-0");
            if (!directory.equals(metadataDirectory) && Files.exists(stray)) {
                throw new StartRefusal("Found " + stray + ", but metadata.log.dir is " + metadataDirectory);
            }
        }
    }

    private static Map<String, Uuid> directoryIds(MetaPropertiesEnsemble complete) {
        Map<String, Uuid> ids = new TreeMap<>();
        complete.logDirProps()
                .forEach((directory, properties) ->
                        ids.put(directory, properties.directoryId().orElseThrow()));
        return ids;
    }
}
