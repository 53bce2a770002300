package io.millrace.broker.kraft;

import io.millrace.broker.kraft.FormatOptions.Voters;
import io.millrace.log.checkpoint.StoreMarker;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.metadata.storage.FormatterException;
import org.apache.kafka.raft.DynamicVoters;

/**
 * Makes empty directories into those of a node: {@code meta.properties}, {@code bootstrap.checkpoint}, and in the
 * metadata directory of a first voter the checkpoint that names the voters.
 *
 * <p>Kafka's formatter does not sync all it writes, and a directory whose {@code meta.properties} outlived a power cut
 * that {@code bootstrap.checkpoint} did not never starts again. So each directory is formatted in a subdirectory,
 * synced there, and moved into place with {@code meta.properties} last: whatever a power cut leaves is either a
 * formatted directory or one that is formatted anew. The caller holds the locks of the directories.
 */
public final class NodeFormatter {
    /** Where a directory's new files are made; a leftover of a crash is deleted. */
    static final String STAGING = ".millrace-format";

    private static final String META_PROPERTIES = MetaPropertiesEnsemble.META_PROPERTIES_NAME;
    private static final String METADATA_LOG = "__cluster_metadata-0";

    private final KraftConfig config;
    private final List<Endpoint> controllerEndpoints;
    private final FormatOptions options;

    private NodeFormatter(KraftConfig config, List<Endpoint> controllerEndpoints, FormatOptions options) {
        this.config = config;
        this.controllerEndpoints = controllerEndpoints;
        this.options = options;
    }

    /**
     * Formats those directories of the node that are empty.
     *
     * @param config the node's settings
     * @param controllerEndpoints where this node's controller is reached, for a first voter
     * @param options the choices left open
     * @return the cluster id
     * @throws StartRefusal in one line, where formatting could hide data or the settings do not say enough
     */
    public static String format(KraftConfig config, List<Endpoint> controllerEndpoints, FormatOptions options) {
        try {
            return new NodeFormatter(config, controllerEndpoints, options).run();
        } catch (IOException e) {
            throw new StartRefusal("Cannot format " + config.logDirs() + ": " + e, e);
        }
    }

    /** The same, with the controller reached where the settings say. */
    public static String format(KraftConfig config, FormatOptions options) {
        return format(config, config.advertisedControllerListeners(), options);
    }

    /** Whether some directory has no {@code meta.properties} yet. */
    static boolean isNeeded(KraftConfig config) {
        return directories(config).stream().anyMatch(NodeFormatter::isUnformatted);
    }

    private static Set<String> directories(KraftConfig config) {
        Set<String> directories = new LinkedHashSet<>(config.logDirs());
        directories.add(config.metadataLogDir());
        return directories;
    }

    private static boolean isUnformatted(String directory) {
        return !Files.exists(Path.of(directory, META_PROPERTIES));
    }

    private String run() throws IOException {
        List<String> empty = directories(config).stream()
                .filter(NodeFormatter::isUnformatted)
                .toList();
        String clusterId = clusterId(empty);
        for (String directory : empty) {
            if (!adoptsLogsOf(directory)) {
                refuseToHideData(
                        Path.of(directory), empty.size() < directories(config).size());
            }
        }
        if (!empty.isEmpty()) {
            formatEmpty(empty, clusterId);
        }
        return clusterId;
    }

    private String clusterId(List<String> empty) throws IOException {
        List<String> formatted = new ArrayList<>(directories(config));
        formatted.removeAll(empty);
        if (!formatted.isEmpty()) {
            return existingClusterId(formatted);
        }
        return options.clusterId().orElseGet(this::freshClusterId);
    }

    private String existingClusterId(List<String> formatted) throws IOException {
        if (!options.ignoreFormatted()) {
            throw new StartRefusal("Directory " + formatted.get(0) + " is already formatted");
        }
        MetaPropertiesEnsemble existing =
                new MetaPropertiesEnsemble.Loader().addLogDirs(formatted).load();
        String found = existing.clusterId()
                .orElseThrow(() -> new StartRefusal("No cluster.id in meta.properties of " + formatted));
        options.clusterId().filter(wanted -> !wanted.equals(found)).ifPresent(wanted -> {
            throw new StartRefusal(
                    "Directory " + formatted.get(0) + " belongs to cluster " + found + ", not " + wanted);
        });
        return found;
    }

    private String freshClusterId() {
        boolean soleVoter = config.isController() && config.quorum().voters().size() == 1;
        boolean alone = soleVoter || voters() == Voters.STANDALONE;
        if (!alone) {
            throw new StartRefusal("This node joins a cluster of several: set millrace.cluster.id to the cluster's id");
        }
        return Uuid.randomUuid().toString();
    }

    /** Formatting beside data could make a lost metadata disk look like a new cluster, whose topics are all unknown. */
    private void refuseToHideData(Path directory, boolean othersFormatted) throws IOException {
        if (!Files.isDirectory(directory)) {
            if (othersFormatted && directory.toString().equals(config.metadataLogDir()) && anyPartitionElsewhere()) {
                throw new StartRefusal("Metadata directory " + directory + " is missing while others hold partitions");
            }
            return;
        }
        try (Stream<Path> entries = Files.list(directory)) {
            entries.filter(NodeFormatter::isData).findFirst().ifPresent(found -> {
                throw new StartRefusal("Directory " + directory + " has " + found.getFileName() + " but no "
                        + META_PROPERTIES + ": it is not formatted over data");
            });
        }
    }

    /**
     * Whether the logs that the library left in a directory become topics: of a cluster that begins with this node alone, whose metadata and
     * logs are both in that directory.
     */
    private boolean adoptsLogsOf(String directory) {
        boolean soleVoter = config.quorum().voters().size() == 1 || voters() == Voters.STANDALONE;
        return config.isController()
                && soleVoter
                && config.isBroker()
                && directories(config).equals(Set.of(directory))
                && FoundLogs.areIn(Path.of(directory))
                && !hasMetadata(Path.of(directory, METADATA_LOG));
    }

    private static boolean hasMetadata(Path metadataLog) {
        return Files.exists(metadataLog) && hasSegment(metadataLog);
    }

    private boolean anyPartitionElsewhere() throws IOException {
        for (String directory : config.logDirs()) {
            if (!isUnformatted(directory)) {
                try (Stream<Path> entries = Files.list(Path.of(directory))) {
                    if (entries.anyMatch(NodeFormatter::isData)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static boolean isData(Path entry) {
        String name = entry.getFileName().toString();
        if (name.equals(METADATA_LOG)) {
            // The checkpoint of an interrupted format has no log beside it yet.
            return hasSegment(entry);
        }
        return Files.isDirectory(entry) && name.matches(".+-\\d+");
    }

    private static boolean hasSegment(Path metadataLog) {
        try (Stream<Path> files = Files.list(metadataLog)) {
            return files.anyMatch(file -> file.toString().endsWith(".log"));
        } catch (IOException e) {
            throw new StartRefusal("Cannot read " + metadataLog + ": " + e, e);
        }
    }

    private void formatEmpty(List<String> empty, String clusterId) throws IOException {
        List<String> staged = new ArrayList<>();
        for (String directory : empty) {
            staged.add(freshStaging(directory).toString());
        }
        boolean adopts = empty.size() == 1 && adoptsLogsOf(empty.get(0));
        FoundLogs found = adopts ? FoundLogs.read(Path.of(empty.get(0)), config.nodeId()) : null;
        runKafkasFormatter(staged, empty, clusterId);
        if (found != null && !found.isEmpty()) {
            addOrRefuse(found, Path.of(staged.get(0)));
        }
        for (String directory : empty) {
            publish(Path.of(directory), Path.of(directory, STAGING));
        }
        if (found != null) {
            StoreMarker.remove(Path.of(empty.get(0)), FileFaults.NONE);
        }
    }

    private static void addOrRefuse(FoundLogs found, Path staged) throws IOException {
        try {
            found.addTo(staged);
        } catch (IOException | StartRefusal e) {
            throw e;
        } catch (Exception e) {
            throw new StartRefusal("Cannot format: " + e, e);
        }
    }

    private static Path freshStaging(String directory) throws IOException {
        SyncedFiles.createDirectories(Path.of(directory));
        Path staging = Path.of(directory, STAGING);
        SyncedFiles.deleteTree(staging);
        return staging;
    }

    private void runKafkasFormatter(List<String> staged, List<String> targets, String clusterId) throws IOException {
        Formatter formatter = new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                .setNodeId(config.nodeId())
                .setClusterId(clusterId)
                .setControllerListenerName(config.controllerListenerNames().get(0))
                .setScramArguments(options.scram())
                .setDirectories(staged);
        int metadata = targets.indexOf(config.metadataLogDir());
        if (metadata >= 0) {
            formatter.setMetadataLogDirectory(staged.get(metadata));
        }
        options.release().ifPresent(formatter::setReleaseVersion);
        options.features().forEach(formatter::setFeatureLevel);
        setVoters(formatter);
        runOrRefuse(formatter);
    }

    private static void runOrRefuse(Formatter formatter) throws IOException {
        try {
            formatter.run();
        } catch (IOException e) {
            throw e;
        } catch (FormatterException | IllegalArgumentException e) {
            throw new StartRefusal("Cannot format: " + e.getMessage(), e);
        } catch (Exception e) {
            throw new StartRefusal("Cannot format: " + e, e);
        }
    }

    private void setVoters(Formatter formatter) {
        formatter.setHasDynamicQuorum(config.quorum().voters().isEmpty());
        switch (voters()) {
            case STANDALONE -> formatter.setInitialControllers(DynamicVoters.parse(thisNode()));
            case GIVEN -> formatter.setInitialControllers(DynamicVoters.parse(options.initialControllers()));
            default -> {
                // Static voters are read from the settings at each start; an observer learns the voters by fetching.
            }
        }
    }

    private Voters voters() {
        if (options.voters() != Voters.FROM_SETTINGS) {
            return options.voters();
        }
        boolean first = config.isController() && config.quorum().voters().isEmpty() && bootstrapsItself();
        return first ? Voters.STANDALONE : Voters.NONE;
    }

    /** Whether the bootstrap servers, where there are any, are all this node. */
    private boolean bootstrapsItself() {
        Set<String> own = new LinkedHashSet<>();
        for (Endpoint endpoint : config.advertisedControllerListeners()) {
            own.add(endpoint.host() + ":" + endpoint.port());
            own.add("localhost:" + endpoint.port());
            own.add("127.0.0.1:" + endpoint.port());
        }
        return own.containsAll(config.quorum().bootstrapServers());
    }

    private String thisNode() {
        Endpoint endpoint = controllerEndpoints.get(0);
        String host = endpoint.host() == null || endpoint.host().isEmpty() ? "localhost" : endpoint.host();
        String literal = host.contains(":") ? "[" + host + "]" : host;
        return config.nodeId() + "@" + literal + ":" + endpoint.port() + ":" + Uuid.randomUuid();
    }

    private static void publish(Path directory, Path staging) throws IOException {
        SyncedFiles.syncTree(staging);
        try (Stream<Path> made = Files.list(staging)) {
            for (Path file : made.filter(f -> !f.endsWith(META_PROPERTIES)).toList()) {
                SyncedFiles.move(file, directory.resolve(file.getFileName()));
            }
        }
        SyncedFiles.syncDirectory(directory);
        SyncedFiles.move(staging.resolve(META_PROPERTIES), directory.resolve(META_PROPERTIES));
        SyncedFiles.deleteTree(staging);
        SyncedFiles.syncDirectory(directory);
    }
}
