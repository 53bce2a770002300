package io.millrace.broker.cli;

import io.millrace.broker.config.ListenerSpec;
import io.millrace.broker.config.MillraceSettings;
import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.node.NodeFacts;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * What a node says once when it is ready: in about ten lines who it is, where it listens, what an acknowledgement means,
 * where the data are, what was recovered, and which settings do nothing.
 */
final class StartReport {
    private final List<String> lines = new ArrayList<>();

    private StartReport() {}

    static List<String> of(final NodeConfig config, final NodeFacts facts) {
        final StartReport report = new StartReport();
        report.lines.add(String.format(
                Locale.ROOT,
                "millrace %s is ready after %.1f s",
                Version.millrace(),
                facts.startTook().toMillis() / 1e3));
        report.add("node", node(config, facts));
        report.addListeners(config, facts);
        facts.schemaRegistry().ifPresent(report::addRegistry);
        facts.metrics().ifPresent(report::addMetrics);
        report.add("durability", durability(config));
        config.logDirs().forEach(directory -> report.add("data", directory + ", " + space(directory)));
        HostCheck.warnings(config).forEach(warning -> report.add("warning", warning));
        report.add("recovered", recovered(facts.recovery()));
        facts.recovery().truncations().forEach(line -> report.add("cut", line));
        if (!config.withoutEffect().isEmpty()) {
            report.add("no effect", String.join(", ", config.withoutEffect()));
        }
        report.add(
                "runs as",
                "process " + ProcessHandle.current().pid() + ", Java " + Runtime.version() + ", heap up to "
                        + bytes(Runtime.getRuntime().maxMemory()));
        return report.lines;
    }

    private void add(final String title, final String text) {
        lines.add(String.format(Locale.ROOT, "  %-11s %s", title, text));
    }

    private static String node(final NodeConfig config, final NodeFacts facts) {
        return config.nodeId() + " (" + String.join(" and ", new TreeSet<>(config.processRoles())) + ") of cluster "
                + facts.clusterId() + (facts.formattedNow() ? ", formatted now" : "");
    }

    private void addListeners(final NodeConfig config, final NodeFacts facts) {
        for (final ListenerSpec spec : facts.listeners()) {
            if (!spec.controller()) {
                add("clients", clients(spec, facts.advertised()));
            }
        }
        for (final ListenerSpec spec : facts.listeners()) {
            if (spec.controller()) {
                add("controller", address(spec) + " (" + spec.name() + ")");
            }
        }
        if (!config.isController()) {
            add("controllers", String.join(", ", quorum(config)));
        }
    }

    private void addRegistry(final ListenerSpec spec) {
        final String told = address(spec.onAllAddresses() ? spec.at("localhost", spec.port()) : spec);
        add("schemas", "http://" + told + " (registry, no authentication)");
    }

    private void addMetrics(final ListenerSpec spec) {
        final String told = address(spec.onAllAddresses() ? spec.at("localhost", spec.port()) : spec);
        add("metrics", "http://" + told + "/metrics (Prometheus, no authentication)");
    }

    /** What a client is to be given, and in brackets who may connect. */
    private static String clients(final ListenerSpec bound, final List<ListenerSpec> advertised) {
        final String told = advertised.stream()
                .filter(spec -> spec.name().equals(bound.name()))
                .map(StartReport::address)
                .findFirst()
                .orElse("not advertised");
        final String reach = bound.onAllAddresses() ? "every address of this machine" : address(bound);
        return told + " (" + bound.name() + ", no authentication, listening on " + reach + ")";
    }

    /** Host and port, without the listener's name. */
    private static String address(final ListenerSpec spec) {
        return spec.toString().substring(spec.name().length() + "://".length());
    }

    private static List<String> quorum(final NodeConfig config) {
        final List<String> voters = config.getList("controller.quorum.voters");
        return voters.isEmpty() ? config.getList("controller.quorum.bootstrap.servers") : voters;
    }

    /** The promise of an acknowledgement by this node, in plain words. */
    static String durability(final NodeConfig config) {
        if (config.getBoolean(MillraceSettings.SYNC_ACKS)) {
            return "sync: a record is on the disk before it is acknowledged";
        }
        final List<String> limits = new ArrayList<>();
        config.getString("log.flush.interval.ms").ifPresent(ms -> limits.add(ms + " ms"));
        final long messages = config.getLong("log.flush.interval.messages");
        if (messages != Long.MAX_VALUE) {
            limits.add(messages + " records");
        }
        if (!limits.isEmpty()) {
            return "interval: on the disk after at most " + String.join(" or ", limits)
                    + "; a power cut may take what was acknowledged since";
        }
        return "page cache, as Kafka: acknowledged records outlive the process, not a power cut"
                + " (millrace.sync.acks=true waits for the disk)";
    }

    private static String recovered(final NodeFacts.RecoverySummary recovery) {
        if (recovery.partitions() == 0) {
            return "nothing, no partitions yet";
        }
        if (recovery.clean()) {
            return recovery.partitions() + " partitions after a clean stop, nothing had to be checked";
        }
        final String cut = recovery.truncations().isEmpty() ? "nothing cut" : "torn tails cut:";
        return recovery.recoveredPartitions() + " of " + recovery.partitions()
                + " partitions checked after an unclean stop, " + bytes(recovery.scannedBytes()) + " read, " + cut;
    }

    private static String space(final Path directory) {
        try {
            final FileStore store = Files.getFileStore(directory);
            return bytes(store.getUsableSpace()) + " free of " + bytes(store.getTotalSpace())
                    + (StorageFile.reservationHolds(directory)
                            ? ""
                            : ", " + store.type() + ": no mapped appends, its reservations do not hold");
        } catch (final IOException e) {
            return "free space unknown: " + e.getMessage();
        }
    }

    /** In powers of 1000, three digits. */
    static String bytes(final long count) {
        final String[] units = {"B", "kB", "MB", "GB", "TB", "PB"};
        double value = count;
        int unit = 0;
        while (value >= 1000 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        final String form = unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s";
        return String.format(Locale.ROOT, form, value, units[unit]);
    }
}
