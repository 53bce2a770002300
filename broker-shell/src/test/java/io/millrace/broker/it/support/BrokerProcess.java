package io.millrace.broker.it.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;

/**
 * A broker and controller in one child JVM, on loopback, that can be killed, stopped and started again on the same ports and
 * directory. Owned by one test class; used by one thread. The two subclasses only say what their program's command line is.
 */
public abstract class BrokerProcess implements AutoCloseable {
    /** Generous: the machine that runs the tests may be busy. Normally a start takes two or three seconds. */
    private static final Duration START_BOUND = Duration.ofSeconds(90);

    private static final Duration STOP_BOUND = Duration.ofSeconds(60);

    private final Path workDirectory;
    private final Path dataDirectory;
    private final int brokerPort;
    private final int controllerPort;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private ChildProcess child;

    protected BrokerProcess(Path workDirectory, Path dataDirectory, int controllerPort, Map<String, String> settings) {
        this.workDirectory = workDirectory;
        this.dataDirectory = dataDirectory;
        this.brokerPort = freePort();
        this.controllerPort = controllerPort;
        this.settings.putAll(defaults());
        this.settings.putAll(settings);
        if ("broker".equals(this.settings.get("process.roles"))) {
            this.settings.put("listeners", "PLAINTEXT://127.0.0.1:" + brokerPort);
        }
        this.settings.values().removeIf(String::isEmpty);
    }

    /** What is done once before the first start, on the settings' directory. */
    protected abstract void format();

    /** The command that runs the broker in the foreground. */
    protected abstract List<String> command();

    /** Brings the child up and returns when it answers a client. */
    public void start() {
        launch();
        awaitServing();
    }

    /** Starts the child without waiting for it. */
    public void launch() {
        format();
        child = ChildProcess.start(command(), workDirectory, outputFile(), Map.of());
    }

    /** The signal 9 of a power cut for processes: no handler runs. */
    public void kill() {
        child.kill();
    }

    /** SIGTERM, and the end of the controlled shutdown. A JVM that obeys the signal ends with 128 + 15. */
    public void stop() {
        int code = child.terminate(STOP_BOUND);
        if (code != 0 && code != 143) {
            throw new AssertionError("exit code " + code + " after SIGTERM\n" + child.outputTail());
        }
    }

    @Override
    public void close() {
        if (isAlive()) {
            child.kill();
        }
    }

    public final boolean isAlive() {
        return child != null && child.isAlive();
    }

    public final ChildProcess child() {
        return child;
    }

    public final String bootstrap() {
        return "127.0.0.1:" + brokerPort;
    }

    public final int brokerPort() {
        return brokerPort;
    }

    public final int controllerPort() {
        return controllerPort;
    }

    public final Path workDirectory() {
        return workDirectory;
    }

    public final Path dataDirectory() {
        return dataDirectory;
    }

    protected final Map<String, String> settings() {
        return settings;
    }

    protected final Path outputFile() {
        return workDirectory.resolve("output-" + getClass().getSimpleName() + ".txt");
    }

    /** Waits until a client's describeCluster names a broker; a child that exited meanwhile fails at once. */
    public final void awaitServing() {
        Map<String, String> impatient = Map.of(
                "request.timeout.ms", "2000", "default.api.timeout.ms", "3000", "reconnect.backoff.max.ms", "100");
        try (Admin client = Clients.admin(bootstrap(), impatient)) {
            Await.until("broker serves at " + bootstrap(), START_BOUND, () -> child.outputTail(), () -> serves(client));
        }
    }

    private boolean serves(Admin client) throws Exception {
        if (!child.isAlive()) {
            throw new AssertionError("the broker exited:\n" + child.outputTail());
        }
        return !client.describeCluster().nodes().get(3, TimeUnit.SECONDS).isEmpty();
    }

    private Map<String, String> defaults() {
        Map<String, String> map = new LinkedHashMap<>();
        map.put("process.roles", "broker,controller");
        map.put("node.id", "1");
        map.put("controller.listener.names", "CONTROLLER");
        map.put("listeners", "PLAINTEXT://127.0.0.1:" + brokerPort + ",CONTROLLER://127.0.0.1:" + controllerPort);
        map.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        map.put("log.dirs", dataDirectory.toString());
        map.put("offsets.topic.replication.factor", "1");
        map.put("offsets.topic.num.partitions", "4");
        map.put("transaction.state.log.replication.factor", "1");
        map.put("transaction.state.log.min.isr", "1");
        // A killed broker comes back when its old session has ended: not after nine seconds as by default.
        map.put("broker.session.timeout.ms", "2000");
        map.put("broker.heartbeat.interval.ms", "500");
        map.put("group.initial.rebalance.delay.ms", "0");
        map.put("num.partitions", "3");
        return map;
    }

    /** A port nobody listens on at this moment. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException("no free port", e);
        }
    }
}
