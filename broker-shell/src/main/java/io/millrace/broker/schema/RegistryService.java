package io.millrace.broker.schema;

import io.millrace.broker.kraft.CoordinatorElections;
import io.millrace.broker.net.EventLoops;
import io.millrace.broker.net.http.HttpListener;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.schema.registry.SchemaRegistry;
import io.millrace.broker.schema.registry.SchemaStore;
import io.millrace.broker.schema.rest.RestApi;
import io.millrace.broker.schema.store.SchemaLog;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schema registry of a node: its port, its threads, and the topic {@code _schemas} as the control plane sees it.
 *
 * <p>Owned by the node, which opens the port when clients may come. Nothing of the languages of schemas is loaded before the
 * first schema, and no thread lives while nothing is asked for half a minute.
 */
public final class RegistryService implements CoordinatorElections, AutoCloseable {
    /** The topic that everything is kept in. */
    public static final String TOPIC = "_schemas";

    private static final Logger LOG = LoggerFactory.getLogger(RegistryService.class);
    private static final int BODY_BYTES_MAX = 16 << 20;
    private static final int THREADS = 4;
    private static final int WAITING_MAX = 1024;
    private static final long IDLE_S = 30;
    private static final long CREATE_TIMEOUT_MS = 15_000;
    /** Parsers go down once a level of a schema: deep ones are refused by Jackson's bound before this ends. */
    private static final long STACK_BYTES = 8 << 20;

    private static final short REPLICATION_FACTOR = 3;

    private final Supplier<@Nullable Partition> partition;
    private final BooleanSupplier topicExists;
    private final Runnable createTopic;
    private final ThreadPoolExecutor executor;
    private final SchemaStore store;
    private final HttpListener listener;
    private final Object elected = new Object();

    /**
     * What the registry needs of its node.
     *
     * @param partition of {@link #TOPIC} where this node has it
     * @param topicExists whether any node has it
     * @param createTopic asks the controller for it, without waiting
     */
    public record Surroundings(
            Supplier<@Nullable Partition> partition,
            BooleanSupplier topicExists,
            Runnable createTopic,
            String clusterId) {}

    private RegistryService(Surroundings node, String host, int port, EventLoops loops) throws IOException {
        this.partition = node.partition();
        this.topicExists = node.topicExists();
        this.createTopic = node.createTopic();
        this.executor = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_S,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING_MAX),
                RegistryService::thread);
        this.executor.allowCoreThreadTimeOut(true);
        this.store =
                new SchemaStore(new SchemaLog(partition), topicExists, this::createAndWait, System::currentTimeMillis);
        this.listener = HttpListener.bind(
                host, port, BODY_BYTES_MAX, loops, new RestApi(new SchemaRegistry(store), executor, node.clusterId()));
    }

    /**
     * Takes the port; nobody is served before {@link #open()}.
     *
     * @throws IOException when the address cannot be bound
     */
    public static RegistryService bind(Surroundings node, String host, int port, EventLoops loops) throws IOException {
        return new RegistryService(node, host, port, loops);
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(null, task, "millrace-schemas", STACK_BYTES);
        thread.setDaemon(true);
        return thread;
    }

    /** The metadata is known: answers from now on. */
    public void open() {
        listener.open();
    }

    /** The port, also where the system chose it. */
    public int boundPort() {
        return listener.boundPort();
    }

    /** What it knows, for those in this process. */
    public SchemaStore store() {
        return store;
    }

    private void createAndWait() {
        createTopic.run();
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CREATE_TIMEOUT_MS);
        synchronized (elected) {
            while (!isUsable() && System.nanoTime() < deadlineNs) {
                try {
                    elected.wait(100); // the topic may also come to another node, which nobody tells here
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    private boolean isUsable() {
        Partition here = partition.get();
        return here != null ? here.isLeader() && here.isOnline() : topicExists.getAsBoolean();
    }

    // The topic

    @Override
    public String topic() {
        return TOPIC;
    }

    @Override
    public InternalTopic internalTopic() {
        return new InternalTopic(
                1, REPLICATION_FACTOR, Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    }

    @Override
    public void startup(IntSupplier partitionCount) {}

    /** Reads the log ahead of the first question. */
    @Override
    public void onElection(int partitionNumber, int leaderEpoch) {
        synchronized (elected) {
            elected.notifyAll();
        }
        try {
            executor.execute(this::readAhead);
        } catch (RejectedExecutionException e) {
            LOG.debug("read by the first question", e);
        }
    }

    private void readAhead() {
        try {
            store.catchUp();
        } catch (RuntimeException e) {
            LOG.debug("read by the first question", e);
        }
    }

    @Override
    public void onResignation(int partitionNumber, OptionalInt leaderEpoch) {}

    @Override
    public void onMetadataUpdate(MetadataDelta delta, MetadataImage image) {}

    /** Closes the port; requests in the works are answered or cut. */
    @Override
    public void close() {
        listener.close();
        executor.shutdownNow();
        try {
            if (!executor.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("a request to the schema registry is still in the works");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
