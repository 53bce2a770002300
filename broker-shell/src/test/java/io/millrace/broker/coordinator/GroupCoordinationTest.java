package io.millrace.broker.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.broker.admin.FindCoordinatorHandler;
import io.millrace.broker.admin.GroupAdminHandlers;
import io.millrace.broker.admin.OffsetHandlers;
import io.millrace.broker.admin.TestMetadata;
import io.millrace.broker.admin.TestRequest;
import io.millrace.broker.it.support.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The handlers of groups over Kafka's coordinator over our logs; the node dies, and another reads what it left. */
class GroupCoordinationTest {
    private static final int PARTITIONS = 2;
    private static final Uuid ORDERS = new Uuid(1, 5);
    private static final short BY_NAME = 9;
    private static final short BY_ID = 10;

    @TempDir
    Path directory;

    private final TestMetadata metadata = new TestMetadata().broker(1, false).topic("orders", ORDERS, 1, 1);
    private final List<String> created = new ArrayList<>();
    private TestLogs logs;
    private GroupCoordination groups;

    @BeforeEach
    void open() throws IOException {
        logs = new TestLogs(directory);
        AbstractConfig config = new AbstractConfig(
                AbstractKafkaConfig.CONFIG_DEF,
                Map.of(
                        "offsets.topic.num.partitions",
                        String.valueOf(PARTITIONS),
                        "node.id",
                        "1",
                        "process.roles",
                        "broker",
                        "controller.listener.names",
                        "CONTROLLER"),
                false);
        groups = GroupCoordination.create(1, config, logs::find, logs::config);
        groups.startup(() -> PARTITIONS);
        for (int p = 0; p < PARTITIONS; p++) {
            logs.lead(p, 1);
            groups.onElection(p, 1);
        }
        groups.onMetadataUpdate(metadata.lastDelta(), metadata.image());
        awaitLoaded();
    }

    /** Two groups whose names hash to the two partitions. */
    private void awaitLoaded() {
        Await.until(
                "partitions loaded",
                Duration.ofSeconds(30),
                () -> List.of("a", "b").stream()
                        .noneMatch(group ->
                                ask(group, BY_NAME).errorCode() == Errors.COORDINATOR_LOAD_IN_PROGRESS.code()));
    }

    @AfterEach
    void close() {
        groups.close();
        logs.close();
    }

    @Test
    void commitsAreFetchedByNameAndById() {
        assertEquals(Errors.NONE, commit("g", topic("orders", Uuid.ZERO_UUID, 0, 42), BY_NAME));
        assertEquals(42, fetch("g", BY_NAME));
        assertEquals(Errors.NONE, commit("g", topic("", ORDERS, 0, 43), BY_ID));
        assertEquals(43, fetch("g", BY_ID));
    }

    @Test
    void whatDoesNotExistIsRefusedByItself() {
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, commit("g", topic("nope", Uuid.ZERO_UUID, 0, 1), BY_NAME));
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, commit("g", topic("orders", Uuid.ZERO_UUID, 9, 1), BY_NAME));
        assertEquals(Errors.UNKNOWN_TOPIC_ID, commit("g", topic("", new Uuid(8, 8), 0, 1), BY_ID));
    }

    @Test
    void commitsSurviveANewTermOfLeadership() {
        for (int g = 0; g < 10; g++) {
            assertEquals(Errors.NONE, commit("g" + g, topic("orders", Uuid.ZERO_UUID, 0, g), BY_NAME));
        }
        for (int p = 0; p < PARTITIONS; p++) {
            logs.follow(p, 2);
            groups.onResignation(p, OptionalInt.of(2));
            logs.lead(p, 3);
            groups.onElection(p, 3);
        }
        awaitLoaded();
        for (int g = 0; g < 10; g++) {
            assertEquals(g, fetch("g" + g, BY_NAME));
        }
    }

    @Test
    void commitsSurviveARestart() throws IOException {
        assertEquals(Errors.NONE, commit("g", topic("orders", Uuid.ZERO_UUID, 0, 42), BY_NAME));
        close();
        open();
        assertEquals(42, fetch("g", BY_NAME));
    }

    @Test
    void groupsAreListedAndDeleted() {
        assertEquals(Errors.NONE, commit("g", topic("orders", Uuid.ZERO_UUID, 0, 42), BY_NAME));
        assertEquals(List.of("g"), list());
        GroupAdminHandlers handlers = new GroupAdminHandlers(groups.coordinator(), () -> true);
        DeleteGroupsResponseData deleted = TestRequest.ask(
                handlers::registerOn,
                new DeleteGroupsRequest.Builder(new DeleteGroupsRequestData().setGroupsNames(List.of("g", "none"))),
                DeleteGroupsResponseData.class);
        assertEquals(Errors.NONE.code(), deleted.results().find("g").errorCode());
        assertEquals(
                Errors.GROUP_ID_NOT_FOUND.code(), deleted.results().find("none").errorCode());
        assertEquals(List.of(), list());
    }

    @Test
    void firstQuestionForTheCoordinatorCreatesItsTopic() {
        FindCoordinatorResponseData first = find(FindCoordinatorRequest.CoordinatorType.GROUP);
        assertEquals(
                Errors.COORDINATOR_NOT_AVAILABLE.code(),
                first.coordinators().get(0).errorCode());
        assertEquals(List.of("__consumer_offsets"), created);

        metadata.topic("__consumer_offsets", TestLogs.TOPIC_ID, PARTITIONS, 1);
        FindCoordinatorResponseData second = find(FindCoordinatorRequest.CoordinatorType.GROUP);
        assertEquals(Errors.NONE.code(), second.coordinators().get(0).errorCode());
        assertEquals(1, second.coordinators().get(0).nodeId());
    }

    @Test
    void thereIsNoCoordinatorOfTransactionsOrShareGroups() {
        for (var type : List.of(
                FindCoordinatorRequest.CoordinatorType.TRANSACTION, FindCoordinatorRequest.CoordinatorType.SHARE)) {
            assertEquals(
                    Errors.UNSUPPORTED_VERSION.code(),
                    find(type).coordinators().get(0).errorCode());
        }
        assertEquals(List.of(), created);
    }

    private static OffsetCommitRequestTopic topic(String name, Uuid id, int partition, long offset) {
        return new OffsetCommitRequestTopic()
                .setName(name)
                .setTopicId(id)
                .setPartitions(List.of(new OffsetCommitRequestPartition()
                        .setPartitionIndex(partition)
                        .setCommittedOffset(offset)));
    }

    private Errors commit(String group, OffsetCommitRequestTopic topic, short version) {
        OffsetCommitRequestData data =
                new OffsetCommitRequestData().setGroupId(group).setTopics(List.of(topic));
        OffsetCommitResponseData response = TestRequest.ask(
                offsets()::registerOn, new OffsetCommitRequest(data, version), version, OffsetCommitResponseData.class);
        return Errors.forCode(response.topics().get(0).partitions().get(0).errorCode());
    }

    private long fetch(String group, short version) {
        OffsetFetchResponseData.OffsetFetchResponseGroup response = ask(group, version);
        assertEquals(Errors.NONE.code(), response.errorCode());
        return response.topics().get(0).partitions().get(0).committedOffset();
    }

    private OffsetFetchResponseData.OffsetFetchResponseGroup ask(String group, short version) {
        OffsetFetchRequestTopics topic = new OffsetFetchRequestTopics().setPartitionIndexes(List.of(0));
        OffsetFetchRequestData data = new OffsetFetchRequestData()
                .setGroups(List.of(new OffsetFetchRequestGroup()
                        .setGroupId(group)
                        .setTopics(List.of(version >= BY_ID ? topic.setTopicId(ORDERS) : topic.setName("orders")))));
        OffsetFetchRequest.Builder builder = version >= BY_ID
                ? OffsetFetchRequest.Builder.forTopicIdsOrNames(data, true)
                : OffsetFetchRequest.Builder.forTopicNames(data, true);
        return TestRequest.ask(offsets()::registerOn, builder.build(version), version, OffsetFetchResponseData.class)
                .groups()
                .get(0);
    }

    private OffsetHandlers offsets() {
        return new OffsetHandlers(groups.coordinator(), metadata.cache());
    }

    private List<String> list() {
        GroupAdminHandlers handlers = new GroupAdminHandlers(groups.coordinator(), () -> true);
        return TestRequest.ask(
                        handlers::registerOn,
                        new ListGroupsRequest.Builder(new ListGroupsRequestData()),
                        ListGroupsResponseData.class)
                .groups()
                .stream()
                .map(g -> g.groupId())
                .toList();
    }

    private FindCoordinatorResponseData find(FindCoordinatorRequest.CoordinatorType type) {
        FindCoordinatorHandler handler =
                new FindCoordinatorHandler(groups.coordinator(), metadata.cache(), (names, context) -> {
                    created.addAll(names);
                    return List.of();
                });
        FindCoordinatorRequestData data =
                new FindCoordinatorRequestData().setKeyType(type.id()).setCoordinatorKeys(List.of("k"));
        return TestRequest.ask(
                handler::registerOn, new FindCoordinatorRequest.Builder(data), FindCoordinatorResponseData.class);
    }
}
