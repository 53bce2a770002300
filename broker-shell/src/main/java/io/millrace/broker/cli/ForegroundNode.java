package io.millrace.broker.cli;

import io.millrace.broker.config.NodeConfig;
import io.millrace.broker.node.Node;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A node that lives as long as its process: started by {@link #run}, which returns when it has stopped; SIGTERM and Ctrl-C
 * stop it in good order from the shutdown hook.
 */
final class ForegroundNode {
    /** A stop that takes longer is cut off: the next start recovers what a kill would leave. */
    private static final long STOP_SECONDS_MAX = 60;
    /** How long after the start what it left behind is given back: not under the first requests. */
    private static final Duration TIDY_AFTER = Duration.ofSeconds(2);

    private final NodeConfig config;
    private final Node node;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean ended;

    ForegroundNode(final NodeConfig config) {
        this.config = config;
        this.node = Node.of(config);
    }

    /** Starts the node, says so on standard output, and waits. */
    int run() throws InterruptedException {
        final Thread hook = new Thread(this::stop, "millrace-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            node.start();
            report();
            if (!node.awaitTermination(TIDY_AFTER)) {
                // Schemas, settings and the first image are garbage now; a node without load would keep their pages for
                // ever.
                System.gc();
            }
            node.awaitTermination();
            return node.fault().isPresent() ? Failures.FAILED : 0;
        } finally {
            ended = true;
            remove(hook);
        }
    }

    private void report() {
        try (Output out = Output.standard()) {
            StartReport.of(config, node.facts()).forEach(out::line);
        }
    }

    private static void remove(final Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (final IllegalStateException e) {
            // The process is ending: the hook is what brought us here.
        }
    }

    /** The shutdown hook. Standard error is written directly: the process may end with the last line. */
    private void stop() {
        if (ended) {
            return;
        }
        final long startNs = System.nanoTime();
        final Thread closer = new Thread(this::close, "millrace-stop");
        closer.setDaemon(true);
        closer.start();
        try {
            final boolean done = stopped.await(STOP_SECONDS_MAX, TimeUnit.SECONDS);
            final double seconds = (System.nanoTime() - startNs) / 1e9;
            System.err.printf(
                    Locale.ROOT,
                    done ? "millrace stopped in good order after %.1f s%n" : "millrace gave up stopping after %.1f s%n",
                    seconds);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void close() {
        try {
            node.close();
        } finally {
            stopped.countDown();
        }
    }
}
