package io.millrace.broker.cli;

import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.kraft.FormatOptions;
import io.millrace.broker.kraft.FormatOptions.Voters;
import io.millrace.broker.kraft.KraftConfig;
import io.millrace.broker.kraft.NodeFormatter;
import io.millrace.log.checkpoint.DirectoryInUseException;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code millrace format}: makes empty directories into those of a node, with the flags of kafka-storage format. A node
 * does this by itself at its first start; this is for those who want the step apart, or a first quorum of several.
 */
@Command(
        name = "format",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Format the directories of a node; start does so by itself.")
public final class FormatCommand implements Callable<Integer> {
    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Option(
            names = {"-t", "--cluster-id"},
            paramLabel = "ID",
            description = "The cluster's id; a new one if absent, which is printed.")
    private @Nullable String clusterId;

    @ArgGroup
    private @Nullable FirstVoters voters;

    @Option(
            names = {"-g", "--ignore-formatted"},
            description = "Leave directories alone that are formatted already.")
    private boolean ignoreFormatted;

    @Option(
            names = {"-f", "--feature"},
            paramLabel = "NAME=LEVEL",
            description = "Level of a feature; may be repeated.")
    private List<String> features = new ArrayList<>();

    /** At most one of them. */
    static final class FirstVoters {
        @Option(
                names = {"-s", "--standalone"},
                required = true,
                description = "This node is the first and only voter of its quorum.")
        private boolean standalone;

        @Option(
                names = {"-I", "--initial-controllers"},
                required = true,
                paramLabel = "ID@HOST:PORT:DIRID,...",
                description = "The first voters.")
        private @Nullable String initialControllers;

        @Option(
                names = {"-N", "--no-initial-controllers"},
                required = true,
                description = "This node joins a quorum that exists.")
        private boolean none;
    }

    @Override
    public Integer call() throws Exception {
        final FormatOptions options = options();
        final NodeConfig config = server.load();
        final Set<Path> directories = new LinkedHashSet<>(config.logDirs());
        directories.add(config.metadataLogDir());
        final String id = formatLocked(config, directories, options);
        try (Output out = Output.standard()) {
            directories.forEach(directory ->
                    out.line("formatted " + directory + " for node " + config.nodeId() + " of cluster " + id));
        }
        return 0;
    }

    private static String formatLocked(
            final NodeConfig config, final Set<Path> directories, final FormatOptions options) throws IOException {
        final List<DirectoryLock> locks = new ArrayList<>();
        try {
            for (final Path directory : directories) {
                Files.createDirectories(directory);
                locks.add(DirectoryLock.acquire(directory, FileFaults.NONE));
            }
            return NodeFormatter.format(KraftConfig.of(properties(config)), options);
        } catch (final DirectoryInUseException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        } finally {
            locks.forEach(DirectoryLock::close);
        }
    }

    private static Map<String, String> properties(final NodeConfig config) {
        final Map<String, String> properties = new HashMap<>(config.properties());
        properties.put(
                "log.dirs",
                String.join(",", config.logDirs().stream().map(Path::toString).toList()));
        properties.put("metadata.log.dir", config.metadataLogDir().toString());
        return properties;
    }

    private FormatOptions options() {
        final Map<String, Short> levels = new HashMap<>();
        for (final String feature : features) {
            final NameValue parsed = NameValue.parse("--feature", feature);
            levels.put(parsed.name(), level(feature, parsed.value()));
        }
        return new FormatOptions(
                Optional.ofNullable(clusterId),
                firstVoters(),
                initialControllers(),
                Optional.empty(),
                levels,
                List.of(),
                ignoreFormatted);
    }

    private Voters firstVoters() {
        if (voters == null) {
            return Voters.FROM_SETTINGS;
        }
        if (voters.standalone) {
            return Voters.STANDALONE;
        }
        return voters.none ? Voters.NONE : Voters.GIVEN;
    }

    private String initialControllers() {
        return voters == null || voters.initialControllers == null ? "" : voters.initialControllers;
    }

    private static short level(final String feature, final String value) {
        try {
            return Short.parseShort(value);
        } catch (final NumberFormatException e) {
            throw new UsageException("--feature " + feature + ": the level is not a number");
        }
    }
}
