package io.millrace.broker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.kraft.TopicCreator;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;
import org.junit.jupiter.api.Test;

class MetadataHandlerTest {
    private static final Uuid ORDERS = new Uuid(1, 1);

    private final TestMetadata metadata = new TestMetadata()
            .broker(1, false)
            .broker(2, true)
            .topic("orders", ORDERS, 2, 1, 2)
            .topic("__consumer_offsets", new Uuid(1, 2), 1, 2);
    private final List<String> created = new ArrayList<>();
    private boolean autoCreate = true;

    @Test
    void allTopicsWithLeadersReplicasAndOfflineReplicas() {
        MetadataResponseData response =
                ask(new MetadataRequestData().setTopics(null), ApiKeys.METADATA.latestVersion());

        assertEquals("the-cluster", response.clusterId());
        assertEquals(1, response.controllerId());
        assertEquals(1, response.brokers().size(), "fenced brokers are not told");
        assertEquals("host1", response.brokers().find(1).host());
        assertEquals(2, response.topics().size());
        MetadataResponseTopic orders = response.topics().find("orders");
        assertEquals(ORDERS, orders.topicId());
        MetadataResponsePartition partition = orders.partitions().get(0);
        assertEquals(1, partition.leaderId());
        assertEquals(3, partition.leaderEpoch());
        assertEquals(List.of(1, 2), partition.replicaNodes());
        assertEquals(List.of(2), partition.offlineReplicas());
        assertTrue(response.topics().find("__consumer_offsets").isInternal());
    }

    @Test
    void everyVersionIsAnswered() {
        for (short version = ApiKeys.METADATA.oldestVersion(); version <= ApiKeys.METADATA.latestVersion(); version++) {
            MetadataResponseData response = ask(named("orders"), version);
            assertEquals(1, response.topics().size(), "version " + version);
        }
    }

    @Test
    void noTopicsMeansBrokersOnly() {
        MetadataResponseData response = ask(new MetadataRequestData().setTopics(List.of()), (short) 12);
        assertEquals(0, response.topics().size());
        assertEquals(1, response.brokers().size());
    }

    @Test
    void byTopicIdKnownAndUnknown() {
        Uuid unknown = new Uuid(9, 9);
        MetadataRequestData data = new MetadataRequestData()
                .setTopics(List.of(
                        new MetadataRequestTopic().setName(null).setTopicId(ORDERS),
                        new MetadataRequestTopic().setName(null).setTopicId(unknown)));
        List<MetadataResponseTopic> topics = List.copyOf(ask(data, (short) 12).topics());

        assertEquals(2, topics.size());
        MetadataResponseTopic missing =
                topics.stream().filter(t -> t.name() == null).findFirst().orElseThrow();
        assertEquals(unknown, missing.topicId());
        assertEquals(Errors.UNKNOWN_TOPIC_ID.code(), missing.errorCode());
        assertTrue(topics.stream().anyMatch(t -> "orders".equals(t.name()) && t.errorCode() == 0));
    }

    @Test
    void unknownTopicIsCreatedWhenAllowed() {
        MetadataResponseTopic topic = ask(named("fresh").setAllowAutoTopicCreation(true), (short) 12)
                .topics()
                .find("fresh");
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), topic.errorCode());
        assertEquals(List.of("fresh"), created);
    }

    @Test
    void unknownTopicIsNotCreatedWhenTheClientOrTheBrokerForbids() {
        ask(named("fresh").setAllowAutoTopicCreation(false), (short) 12);
        autoCreate = false;
        MetadataResponseTopic topic = ask(named("fresh").setAllowAutoTopicCreation(true), (short) 12)
                .topics()
                .find("fresh");
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), topic.errorCode());
        assertEquals(
                Errors.INVALID_TOPIC_EXCEPTION.code(),
                ask(named("not/valid"), (short) 12).topics().find("not/valid").errorCode());
        assertEquals(List.of(), created);
    }

    @Test
    void namesAreRequiredBeforeVersion12() {
        MetadataRequestData data = new MetadataRequestData()
                .setTopics(List.of(new MetadataRequestTopic().setName(null).setTopicId(ORDERS)));
        MetadataResponseTopic refused =
                ask(data, (short) 11).topics().iterator().next();
        assertEquals(Errors.INVALID_REQUEST.code(), refused.errorCode());
        assertEquals("", refused.name());
    }

    @Test
    void authorizedOperationsOnlyWhenAskedFor() {
        assertEquals(Integer.MIN_VALUE, ask(named("orders"), (short) 9).clusterAuthorizedOperations());
        MetadataResponseData response = ask(
                named("orders").setIncludeClusterAuthorizedOperations(true).setIncludeTopicAuthorizedOperations(true),
                (short) 9);
        assertTrue(response.clusterAuthorizedOperations() > 0);
        assertTrue(response.topics().find("orders").topicAuthorizedOperations() > 0);
    }

    private static MetadataRequestData named(String topic) {
        return new MetadataRequestData().setTopics(List.of(new MetadataRequestTopic().setName(topic)));
    }

    private MetadataResponseData ask(MetadataRequestData data, short version) {
        TopicCreator creator = (names, context) -> {
            created.addAll(names);
            return names.stream()
                    .map(name -> new MetadataResponseTopic()
                            .setName(name)
                            .setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code()))
                    .toList();
        };
        MetadataHandler handler = new MetadataHandler(metadata.cache(), creator, "the-cluster", () -> autoCreate);
        return TestRequest.ask(
                handler::registerOn, new MetadataRequest(data, version), version, MetadataResponseData.class);
    }
}
