package io.millrace.broker.cli;

import io.millrace.log.checkpoint.SyncedDirectories;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code millrace cluster}: several nodes on this machine, each in a process of its own, until Ctrl-C. For a first look at replication, and
 * for tests; a cluster to rely on has a machine for each node.
 */
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Start several nodes of one cluster on this machine, each in a process of its own.")
public final class ClusterCommand implements Callable<Integer> {
    private static final long START_SECONDS_MAX = 120;
    private static final long STOP_SECONDS_MAX = 60;
    private static final long LOOK_MS = 100;

    @Option(names = "--nodes", paramLabel = "N", defaultValue = "3", description = "How many (${DEFAULT-VALUE}).")
    private int nodes;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = "millrace-cluster",
            description = "Holds the data of each node and what each prints (./${DEFAULT-VALUE}).")
    private Path directory = Path.of("");

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "9092",
            description = "Of the first node; the next ones follow, the controllers lie 1000 above (${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "Where all listen (${DEFAULT-VALUE}).")
    private String host = "";

    @Option(names = "--heap", defaultValue = "512m", description = "Java heap of each node (${DEFAULT-VALUE}).")
    private String heap = "";

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "A setting of every node; may be repeated.")
    private List<String> settings = new ArrayList<>();

    private final List<NodeProcess> running = new ArrayList<>();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    @Override
    public Integer call() throws Exception {
        final ClusterLayout layout = new ClusterLayout(nodes, directory, host, port);
        final List<String> jvm = jvm();
        final Thread hook = new Thread(this::onSignal, "millrace-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            start(layout, jvm);
            if (awaitServing()) {
                report(layout);
            }
            return awaitEnd();
        } finally {
            stop();
            stopped.countDown();
        }
    }

    /** The way in which this program itself was started. */
    private List<String> jvm() {
        final Path jar = ClassDataArchive.runningJar();
        if (jar == null) {
            throw new CommandException(
                    "the nodes of a cluster are started from the jar: java -jar millrace.jar cluster");
        }
        final String java =
                Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return List.of(java, "-Xmx" + heap, "-jar", jar.toString());
    }

    private void start(final ClusterLayout layout, final List<String> jvm) throws IOException {
        SyncedDirectories.create(directory.toAbsolutePath(), FileFaults.NONE);
        final String clusterId = layout.clusterId();
        for (final int id : layout.ids().toArray()) {
            final List<String> all = layout.settings(id, clusterId);
            all.removeIf(ours -> settings.stream().anyMatch(given -> given.startsWith(nameOf(ours))));
            all.addAll(settings);
            running.add(NodeProcess.start(layout, id, jvm, all));
        }
    }

    private static String nameOf(final String setting) {
        return setting.substring(0, setting.indexOf('=') + 1);
    }

    /** Returns whether all serve; false where the end was asked for before. */
    private boolean awaitServing() throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
        while (!running.stream().allMatch(NodeProcess::isServing)) {
            requireAlive();
            if (System.nanoTime() - deadlineNs > 0) {
                throw new CommandException(
                        "not all nodes serve after " + START_SECONDS_MAX + " s; see " + directory + "/node-*.log");
            }
            if (asked.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return true;
    }

    private void requireAlive() {
        for (final NodeProcess node : running) {
            if (!node.isAlive()) {
                throw new CommandException("node " + node.id() + " ended: " + node.lastLine());
            }
        }
    }

    private void report(final ClusterLayout layout) {
        try (Output out = Output.standard()) {
            out.line("cluster of " + nodes + " nodes is ready, replication factor " + Math.min(nodes, 3));
            for (final NodeProcess node : running) {
                out.line("  node " + node.id() + "      process " + node.pid() + ", clients "
                        + host + ":" + layout.clientPort(node.id()) + ", data " + layout.dataDirectory(node.id())
                        + ", prints to " + layout.logFile(node.id()));
            }
            out.line("  connect     --bootstrap-server " + layout.bootstrapServers());
            out.line("  try         kill -9 a process: what it led is led by another one; Ctrl-C stops all");
        }
    }

    /** A node that dies is part of the game; the cluster is over with the last one. */
    private int awaitEnd() throws InterruptedException {
        while (!asked.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
            if (running.stream().noneMatch(NodeProcess::isAlive)) {
                throw new CommandException("no node is left; see " + directory + "/node-*.log");
            }
        }
        return 0;
    }

    /** The shutdown hook: the process may end when all nodes have. */
    private void onSignal() {
        asked.countDown();
        try {
            if (!stopped.await(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                System.err.println("not all nodes have stopped within " + STOP_SECONDS_MAX + " s");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All at once: with each one by one the last ones would be without a quorum for long. */
    private void stop() throws InterruptedException {
        running.forEach(NodeProcess::terminate);
        for (final NodeProcess node : running) {
            if (!node.awaitEnd(STOP_SECONDS_MAX)) {
                System.err.println("node " + node.id() + " was killed: it did not stop");
            }
        }
    }
}
