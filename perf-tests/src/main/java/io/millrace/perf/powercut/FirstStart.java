package io.millrace.perf.powercut;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;

/** Cuts the power within the first moments of a broker's first start in an empty directory; the next start has to succeed. */
final class FirstStart {
    private static final int PATIENCE_SECONDS = 90;
    private static final long STACKS_MS = 2_000;

    private final LoopMount mount;
    private final Path jar;
    private final Path scratch;
    private final Random random;

    FirstStart(LoopMount mount, Path jar, Path scratch, Random random) {
        this.mount = mount;
        this.jar = jar;
        this.scratch = scratch;
        this.random = random;
    }

    /** One round on a new file system: {@code delayMsMax} after the directory has appeared, at the latest, the power goes. */
    void round(int delayMsMax) throws IOException, InterruptedException {
        mount.format();
        mount.mount();
        int port = freePort();
        Path properties = writeProperties(port);
        Path output = Files.createTempFile(scratch, "broker-", ".txt");
        Path data = mount.point().resolve("data");
        try (Child broker = Child.broker(jar, properties, output)) {
            while (!Files.exists(data) && broker.process().isAlive()) {
                Thread.sleep(1);
            }
            Thread.sleep(random.nextInt(delayMsMax));
            FileSystemShutdown.of(mount.point());
        }
        mount.unmount();
        mount.mount();
        try (Child broker = Child.broker(jar, properties, output)) {
            awaitAnswer(port, broker, output);
        } finally {
            mount.unmount();
        }
    }

    private Path writeProperties(int port) throws IOException {
        int controllerPort = freePort();
        return Files.write(
                scratch.resolve("server.properties"),
                List.of(
                        "process.roles=broker,controller",
                        "node.id=1",
                        "controller.quorum.voters=1@127.0.0.1:" + controllerPort,
                        "controller.listener.names=CONTROLLER",
                        "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                        "log.dirs=" + mount.point().resolve("data"),
                        "offsets.topic.replication.factor=1"));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitAnswer(int port, Child broker, Path output) throws IOException, InterruptedException {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", "127.0.0.1:" + port,
                "default.api.timeout.ms", "2000",
                "request.timeout.ms", "2000");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        try (Admin admin = Admin.create(settings)) {
            while (System.nanoTime() < deadline) {
                Violation.unless(
                        broker.process().isAlive(),
                        "the node does not start after a cut during its first start:\n" + Files.readString(output));
                try {
                    if (admin.describeCluster().nodes().get(2, TimeUnit.SECONDS).size() == 1) {
                        return;
                    }
                } catch (ExecutionException | TimeoutException e) {
                    Thread.sleep(50); // not yet
                }
            }
        }
        broker.printStacks();
        Thread.sleep(STACKS_MS);
        throw new Violation("no answer within " + PATIENCE_SECONDS + " s:\n" + Files.readString(output));
    }
}
