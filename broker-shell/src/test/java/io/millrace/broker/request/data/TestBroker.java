package io.millrace.broker.request.data;

import io.millrace.broker.net.EventLoops;
import io.millrace.broker.net.MemoryBudget;
import io.millrace.broker.net.NettyServer;
import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.PartitionState;
import io.millrace.broker.partition.TopicDirectory;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import io.millrace.broker.stat.NodeTimes;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * The data path over a real log directory and a real socket, with metadata that a test writes by hand. One node, id
 * 1.
 */
public final class TestBroker implements AutoCloseable, TopicDirectory {
    public static final int NODE_ID = 1;

    private final LogRuntime runtime = LogRuntime.start();
    private final LogDirectory directory;
    private final PartitionRegistry registry;
    private final EventLoops loops = EventLoops.start(2);
    private final NettyServer server;
    private final DataPlane dataPlane;
    private final Map<String, Uuid> topicIds = new ConcurrentHashMap<>();
    private final Map<String, Integer> partitionCounts = new ConcurrentHashMap<>();
    private final Map<String, TopicSettings> settings = new ConcurrentHashMap<>();

    public TestBroker(Path dataDirectory) throws IOException {
        this(dataDirectory, DataPlaneSettings.DEFAULTS);
    }

    public TestBroker(Path dataDirectory, DataPlaneSettings dataPlaneSettings) throws IOException {
        this(dataDirectory, dataPlaneSettings, true);
    }

    /** {@code inPlace} false takes the ordinary way for every request. */
    TestBroker(Path dataDirectory, DataPlaneSettings dataPlaneSettings, boolean inPlace) throws IOException {
        directory = LogDirectory.open(
                dataDirectory, runtime, topic -> settings(topic).log(), 2, LogListener.NONE);
        registry = new PartitionRegistry(NODE_ID, List.of(directory), this::settings);
        RequestRouter router = new RequestRouter().register(ApiKeys.METADATA, this::metadata);
        AtomicLong producerIds = new AtomicLong(1000);
        dataPlane = DataPlane.register(
                router,
                registry,
                this,
                () -> CompletableFuture.completedFuture(producerIds.getAndIncrement()),
                dataPlaneSettings);
        RequestRouter outer = inPlace ? router : ordinary(router);
        server = new NettyServer.Builder("PLAINTEXT", "127.0.0.1", 0, outer, new MemoryBudget(64 << 20), loops).bind();
        server.open();
    }

    public Uuid createTopic(String name, int partitions) {
        return createTopic(name, partitions, TopicSettings.DEFAULTS);
    }

    private static RequestRouter ordinary(RequestRouter router) {
        RequestRouter outer = new RequestRouter();
        router.served().forEach(api -> outer.register(api, router::route));
        return outer;
    }

    public Uuid createTopic(String name, int partitions, TopicSettings topicSettings) {
        return createTopic(name, Uuid.randomUuid(), partitions, topicSettings);
    }

    Uuid createTopic(String name, Uuid id, int partitions, TopicSettings topicSettings) {
        settings.put(name, topicSettings);
        topicIds.put(name, id);
        partitionCounts.put(name, partitions);
        for (int i = 0; i < partitions; i++) {
            registry.becomeLeader(state(name, i, NODE_ID, 0, List.of(NODE_ID)));
        }
        return id;
    }

    public PartitionState state(String topic, int partition, int leader, int epoch, List<Integer> replicas) {
        return new PartitionState(topic, topicIds.get(topic), partition, leader, epoch, epoch, replicas, replicas);
    }

    public PartitionRegistry registry() {
        return registry;
    }

    public Partition partition(String topic, int partition) {
        return registry.get(topic, partition);
    }

    public Uuid id(String topic) {
        return topicIds.get(topic);
    }

    public WireClient connect() throws IOException {
        return new WireClient(server.boundPort());
    }

    NodeTimes times() {
        return loops.times();
    }

    public String bootstrap() {
        return "127.0.0.1:" + server.boundPort();
    }

    private TopicSettings settings(String topic) {
        return settings.getOrDefault(topic, TopicSettings.DEFAULTS);
    }

    private void metadata(Request request) {
        MetadataRequestData asked = request.data(MetadataRequestData.class);
        List<String> names = new ArrayList<>();
        if (asked.topics() == null) {
            names.addAll(topicIds.keySet());
        } else {
            asked.topics()
                    .forEach(topic -> names.add(topic.name() == null ? topicName(topic.topicId()) : topic.name()));
        }
        MetadataResponseData response =
                new MetadataResponseData().setClusterId("test").setControllerId(NODE_ID);
        response.brokers()
                .add(new MetadataResponseBroker()
                        .setNodeId(NODE_ID)
                        .setHost("127.0.0.1")
                        .setPort(server.boundPort()));
        names.forEach(name -> response.topics().add(row(name)));
        request.respond(response);
    }

    private MetadataResponseTopic row(String name) {
        MetadataResponseTopic row = new MetadataResponseTopic().setName(name);
        if (!topicIds.containsKey(name)) {
            return row.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        }
        row.setTopicId(id(name));
        for (int i = 0; i < partitionCounts.get(name); i++) {
            row.partitions()
                    .add(new MetadataResponsePartition()
                            .setPartitionIndex(i)
                            .setLeaderId(NODE_ID)
                            .setLeaderEpoch(partition(name, i).leaderEpoch())
                            .setReplicaNodes(List.of(NODE_ID))
                            .setIsrNodes(List.of(NODE_ID)));
        }
        return row;
    }

    @Override
    public String topicName(Uuid topicId) {
        return topicIds.entrySet().stream()
                .filter(entry -> entry.getValue().equals(topicId))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    @Override
    public Uuid topicId(String topic) {
        return topicIds.getOrDefault(topic, Uuid.ZERO_UUID);
    }

    @Override
    public boolean hasPartition(String topic, int partition) {
        return partition < partitionCounts.getOrDefault(topic, 0);
    }

    @Override
    public Leader leader(String topic, int partition, ListenerName listener) {
        return new Leader(2, 5, new Node(2, "elsewhere", 9092));
    }

    @Override
    public void close() {
        server.stopAccepting();
        registry.close();
        server.close();
        dataPlane.close();
        directory.close();
        loops.close();
        runtime.close();
    }
}
