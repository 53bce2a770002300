package io.millrace.broker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.apache.kafka.clients.admin.EndpointType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.junit.jupiter.api.Test;

class ClusterHandlersTest {
    private final TestMetadata metadata = new TestMetadata()
            .broker(1, false)
            .broker(2, true)
            .topic("a", new Uuid(1, 1), 3, 1)
            .topic("b", new Uuid(1, 2), 3, 1)
            .topic("c", new Uuid(1, 3), 1, 1);
    private int partitionsMax = 2000;

    @Test
    void clusterWithItsLiveBrokers() {
        DescribeClusterResponseData cluster = cluster(new DescribeClusterRequestData(), (short) 2);
        assertEquals("the-cluster", cluster.clusterId());
        assertEquals(1, cluster.controllerId());
        assertEquals(1, cluster.brokers().size());
        assertEquals(Integer.MIN_VALUE, cluster.clusterAuthorizedOperations());
    }

    @Test
    void fencedBrokersWhenAskedFor() {
        DescribeClusterResponseData cluster =
                cluster(new DescribeClusterRequestData().setIncludeFencedBrokers(true), (short) 2);
        assertEquals(2, cluster.brokers().size());
        assertEquals(true, cluster.brokers().find(2).isFenced());
    }

    @Test
    void controllerEndpointIsRefused() {
        DescribeClusterRequestData data =
                new DescribeClusterRequestData().setEndpointType(EndpointType.CONTROLLER.id());
        assertEquals(
                Errors.MISMATCHED_ENDPOINT_TYPE.code(), cluster(data, (short) 1).errorCode());
        data.setEndpointType((byte) 17);
        assertEquals(
                Errors.UNSUPPORTED_ENDPOINT_TYPE.code(),
                cluster(data, (short) 1).errorCode());
    }

    @Test
    void pagesFollowTheCursorToTheEnd() {
        DescribeTopicPartitionsResponseData first = page(List.of(), 4, null);
        assertEquals(2, first.topics().size());
        assertEquals(3, first.topics().find("a").partitions().size());
        assertEquals(1, first.topics().find("b").partitions().size());
        assertEquals("b", first.nextCursor().topicName());
        assertEquals(1, first.nextCursor().partitionIndex());
        assertNotEquals(Integer.MIN_VALUE, first.topics().find("a").topicAuthorizedOperations());

        DescribeTopicPartitionsResponseData second =
                page(List.of(), 4, new Cursor().setTopicName("b").setPartitionIndex(1));
        assertEquals(2, second.topics().size());
        assertEquals(2, second.topics().find("b").partitions().size());
        assertEquals(1, second.topics().find("c").partitions().size());
        assertNull(second.nextCursor());
    }

    @Test
    void brokerLimitBoundsThePage() {
        partitionsMax = 2;
        assertEquals(
                2, page(List.of(), 1000, null).topics().find("a").partitions().size());
    }

    @Test
    void unknownTopicIsTold() {
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                page(List.of("nope"), 10, null).topics().find("nope").errorCode());
    }

    private DescribeClusterResponseData cluster(DescribeClusterRequestData data, short version) {
        return TestRequest.ask(
                handlers()::registerOn,
                new DescribeClusterRequest(data, version),
                version,
                DescribeClusterResponseData.class);
    }

    private DescribeTopicPartitionsResponseData page(List<String> topics, int limit, Cursor cursor) {
        DescribeTopicPartitionsRequestData data = new DescribeTopicPartitionsRequestData()
                .setTopics(
                        topics.stream().map(t -> new TopicRequest().setName(t)).toList())
                .setResponsePartitionLimit(limit)
                .setCursor(cursor);
        return TestRequest.ask(
                handlers()::registerOn,
                new DescribeTopicPartitionsRequest(data, (short) 0),
                (short) 0,
                DescribeTopicPartitionsResponseData.class);
    }

    private ClusterHandlers handlers() {
        return new ClusterHandlers(metadata.cache(), "the-cluster", () -> partitionsMax);
    }
}
