package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every call of the Java admin client that a single broker can answer, good and bad. */
final class AdminClientIT {
    private static final Duration BOUND = Duration.ofSeconds(60);

    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with();

    private static Admin admin;

    @BeforeAll
    static void connect() {
        admin = Clients.admin(BROKER.bootstrap());
    }

    @AfterAll
    static void disconnect() {
        admin.close();
    }

    @Test
    void topicsAreMadeDescribedGrownAndDeleted() {
        Clients.get(
                admin.createTopics(List.of(new NewTopic("t1", 2, (short) 1))).all());
        TopicDescription byName =
                Clients.get(admin.describeTopics(List.of("t1")).allTopicNames()).get("t1");
        assertEquals(2, byName.partitions().size());
        assertEquals(1, byName.partitions().get(0).leader().id());
        TopicDescription byId = Clients.get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(byName.topicId())))
                        .allTopicIds())
                .get(byName.topicId());
        assertEquals("t1", byId.name());
        Clients.get(admin.createPartitions(Map.of("t1", NewPartitions.increaseTo(3)))
                .all());
        Await.until(
                "three partitions",
                BOUND,
                () -> Clients.get(admin.describeTopics(List.of("t1")).allTopicNames())
                                .get("t1")
                                .partitions()
                                .size()
                        == 3);
        assertTrue(Clients.get(admin.listTopics().names()).contains("t1"));
        Clients.get(admin.deleteTopics(List.of("t1")).all());
        Await.until(
                "gone", BOUND, () -> !Clients.get(admin.listTopics().names()).contains("t1"));
    }

    @Test
    void badTopicRequestsAreToldWhy() {
        Clients.createTopic(admin, "exists", 1, Map.of());
        assertInstanceOf(TopicExistsException.class, createFailure(new NewTopic("exists", 1, (short) 1)));
        assertInstanceOf(InvalidTopicException.class, createFailure(new NewTopic("a/b", 1, (short) 1)));
        assertInstanceOf(InvalidPartitionsException.class, createFailure(new NewTopic("p0", 0, (short) 1)));
        assertInstanceOf(InvalidReplicationFactorException.class, createFailure(new NewTopic("rf", 1, (short) 3)));
        assertInstanceOf(
                InvalidConfigurationException.class,
                createFailure(new NewTopic("cfg", 1, (short) 1).configs(Map.of("no.such.setting", "1"))));
        assertInstanceOf(
                InvalidPartitionsException.class,
                Clients.failure(admin.createPartitions(Map.of("exists", NewPartitions.increaseTo(1)))
                        .all()));
        assertInstanceOf(
                UnknownTopicOrPartitionException.class,
                Clients.failure(admin.deleteTopics(List.of("none")).all()));
        assertInstanceOf(
                UnknownTopicOrPartitionException.class,
                Clients.failure(admin.describeTopics(List.of("none")).allTopicNames()));
    }

    private static Throwable createFailure(NewTopic topic) {
        return Clients.failure(admin.createTopics(List.of(topic)).all());
    }

    @Test
    void clusterQuorumAndFeatures() {
        DescribeClusterResult cluster =
                admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
        assertEquals(1, Clients.get(cluster.nodes()).size());
        assertNotNull(Clients.get(cluster.clusterId()));
        assertEquals(1, Clients.get(cluster.controller()).id());
        assertFalse(Clients.get(cluster.authorizedOperations()).isEmpty());
        QuorumInfo quorum = Clients.get(admin.describeMetadataQuorum().quorumInfo());
        assertEquals(1, quorum.leaderId());
        assertEquals(1, quorum.voters().size());
        FeatureMetadata features = Clients.get(admin.describeFeatures().featureMetadata());
        assertTrue(features.finalizedFeatures().containsKey("metadata.version"));
        assertTrue(features.supportedFeatures().containsKey("group.version"));
        assertNotNull(Clients.failure(admin.updateFeatures(
                        Map.of("no.such.feature", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE)),
                        new UpdateFeaturesOptions())
                .all()));
        assertNotNull(Clients.failure(admin.unregisterBroker(99).all()));
    }

    @Test
    void topicConfigurationIsDescribedAndChanged() {
        Clients.createTopic(admin, "configured", 1, Map.of("retention.ms", "3600000"));
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "configured");
        ConfigEntry retention = describe(topic).get("retention.ms");
        assertEquals("3600000", retention.value());
        assertEquals(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, retention.source());
        assertEquals(ConfigEntry.ConfigType.LONG, retention.type());
        assertNotNull(retention.documentation());
        assertEquals(
                ConfigEntry.ConfigSource.DEFAULT_CONFIG,
                describe(topic).get("segment.bytes").source());

        alter(topic, new AlterConfigOp(new ConfigEntry("segment.bytes", "2097152"), OpType.SET));
        alter(topic, new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), OpType.APPEND));
        alter(topic, new AlterConfigOp(new ConfigEntry("retention.ms", null), OpType.DELETE));
        Await.until("changed", BOUND, () -> describe(topic).get("retention.ms").isDefault());
        assertEquals("2097152", describe(topic).get("segment.bytes").value());
        assertEquals(
                Set.of("delete", "compact"),
                Set.of(describe(topic).get("cleanup.policy").value().split(",")));

        assertInstanceOf(InvalidConfigurationException.class, alterFailure(topic, "retention.ms", "soon"));
        assertInstanceOf(InvalidConfigurationException.class, alterFailure(topic, "no.such.setting", "1"));
        ConfigResource none = new ConfigResource(ConfigResource.Type.TOPIC, "none");
        assertInstanceOf(UnknownTopicOrPartitionException.class, alterFailure(none, "retention.ms", "1"));
        assertInstanceOf(
                UnknownTopicOrPartitionException.class,
                Clients.failure(admin.describeConfigs(List.of(none)).all()));
    }

    @Test
    void brokerConfigurationIsDescribedAndChanged() {
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        ConfigResource all = new ConfigResource(ConfigResource.Type.BROKER, "");
        assertEquals(
                ConfigEntry.ConfigSource.STATIC_BROKER_CONFIG,
                describe(broker).get("log.dirs").source());
        assertTrue(describe(broker).get("log.dirs").isReadOnly());
        assertTrue(describe(broker).get("ssl.keystore.password").isSensitive());

        alter(all, new AlterConfigOp(new ConfigEntry("log.message.timestamp.after.max.ms", "7200000"), OpType.SET));
        Await.until(
                "default in force",
                BOUND,
                () -> describe(broker).get("log.message.timestamp.after.max.ms").source()
                        == ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
        alter(broker, new AlterConfigOp(new ConfigEntry("log.message.timestamp.after.max.ms", "8200000"), OpType.SET));
        Await.until(
                "own value in force",
                BOUND,
                () -> describe(broker)
                        .get("log.message.timestamp.after.max.ms")
                        .value()
                        .equals("8200000"));

        assertInstanceOf(InvalidRequestException.class, alterFailure(broker, "log.retention.ms", "soon"));
        assertInstanceOf(InvalidRequestException.class, alterFailure(broker, "node.id", "7"));
    }

    @ParameterizedTest
    @CsvSource({
        "log.cleaner.threads, 3, Log cleaner threads cannot be increased to more than double the current value 1",
        "log.cleaner.threads, 0, Log cleaner threads should be at least 1",
        "num.io.threads, 17, 'Dynamic thread count update validation failed for num.io.threads=17, "
                + "value should not be greater than double the current value 8'",
        "num.io.threads, 3, 'Dynamic thread count update validation failed for num.io.threads=3, "
                + "value should be at least half the current value 8'"
    })
    void threadsAreNotChangedTooFarAtOnce(String name, String value, String error) {
        Throwable refused = alterFailure(new ConfigResource(ConfigResource.Type.BROKER, "1"), name, value);
        assertInstanceOf(InvalidRequestException.class, refused);
        assertEquals(error, refused.getMessage());
    }

    @Test
    void groupConfigurationIsDescribedAndChanged() {
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "configured-group");
        assertEquals("45000", describe(group).get("consumer.session.timeout.ms").value());
        alter(group, new AlterConfigOp(new ConfigEntry("consumer.session.timeout.ms", "46000"), OpType.SET));
        Await.until(
                "changed",
                BOUND,
                () -> describe(group).get("consumer.session.timeout.ms").value().equals("46000"));
        Collection<ConfigResource> listed =
                Clients.get(admin.listConfigResources().all());
        assertTrue(listed.contains(group), listed.toString());
        assertTrue(listed.contains(new ConfigResource(ConfigResource.Type.BROKER, "1")), listed.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void groupsAreListedDescribedChangedAndDeleted(String protocol) {
        String topic = "groups-" + protocol;
        String group = "group-" + protocol;
        TopicPartition partition = new TopicPartition(topic, 0);
        Clients.createTopic(admin, topic, 1, Map.of());
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(
                BROKER.bootstrap(), Map.of("group.id", group, "group.protocol", protocol, "client.id", "member"))) {
            consumer.subscribe(List.of(topic));
            Await.until("assigned", BOUND, () -> {
                consumer.poll(Duration.ofMillis(100));
                return !consumer.assignment().isEmpty();
            });
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(7, Optional.of(0), "note")));
            ConsumerGroupDescription described = Clients.get(
                            admin.describeConsumerGroups(List.of(group)).all())
                    .get(group);
            assertEquals(GroupState.STABLE, described.groupState());
            assertEquals(GroupType.parse(protocol), described.type());
            assertEquals(1, described.members().size());
            assertEquals(
                    Set.of(partition),
                    described.members().iterator().next().assignment().topicPartitions());
            assertInstanceOf(
                    GroupNotEmptyException.class,
                    Clients.failure(admin.deleteConsumerGroups(List.of(group)).all()));
        }
        assertEquals(7, committed(group, partition).offset());
        assertEquals("note", committed(group, partition).metadata());
        Await.until(
                "empty",
                BOUND,
                () -> Clients.get(admin.describeConsumerGroups(List.of(group)).all())
                                .get(group)
                                .groupState()
                        == GroupState.EMPTY);
        Clients.get(admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(3)))
                .all());
        assertEquals(3, committed(group, partition).offset());
        Clients.get(admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all());
        Collection<GroupListing> listed = Clients.get(admin.listGroups().all());
        assertTrue(listed.stream().anyMatch(l -> l.groupId().equals(group)), listed.toString());
        Clients.get(admin.deleteConsumerGroups(List.of(group)).all());
        assertInstanceOf(
                GroupIdNotFoundException.class,
                Clients.failure(admin.describeConsumerGroups(List.of(group)).all()));
    }

    private static OffsetAndMetadata committed(String group, TopicPartition partition) {
        return Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                .get(partition);
    }

    @Test
    void logsProducersAndElections() {
        String topic = "logs";
        TopicPartition partition = new TopicPartition(topic, 0);
        Clients.createTopic(admin, topic, 1, Map.of());
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(BROKER.bootstrap(), Map.of("enable.idempotence", "true"))) {
            Clients.get(producer.send(new ProducerRecord<>(topic, new byte[1000])));
        }
        List<ProducerState> producers = Clients.get(
                        admin.describeProducers(List.of(partition)).partitionResult(partition))
                .activeProducers();
        assertEquals(1, producers.size());
        assertEquals(0, producers.get(0).lastSequence());
        assertTrue(producers.get(0).lastTimestamp() > 0);

        Map<String, LogDirDescription> dirs =
                Clients.get(admin.describeLogDirs(List.of(1)).allDescriptions()).get(1);
        LogDirDescription dir = dirs.values().iterator().next();
        assertTrue(dir.replicaInfos().get(partition).size() > 1000);
        assertTrue(dir.totalBytes().getAsLong() >= dir.usableBytes().getAsLong());

        assertInstanceOf(
                ElectionNotNeededException.class,
                Clients.get(admin.electLeaders(ElectionType.PREFERRED, Set.of(partition))
                                .partitions())
                        .get(partition)
                        .orElseThrow());
        assertTrue(
                Clients.get(admin.listPartitionReassignments().reassignments()).isEmpty());
        assertTrue(Clients.get(admin.listTransactions().all()).isEmpty());
    }

    @Test
    void whatIsNotBuiltSaysSo() {
        Assumptions.assumeFalse(BrokerUnderTest.isKafka(), "Apache Kafka has built it");
        assertInstanceOf(
                UnsupportedVersionException.class,
                Clients.failure(admin.describeUserScramCredentials().all()));
        assertInstanceOf(
                UnsupportedVersionException.class,
                Clients.failure(admin.describeTransactions(List.of("t")).all()));
    }

    private static Map<String, ConfigEntry> describe(ConfigResource resource) {
        DescribeConfigsOptions options =
                new DescribeConfigsOptions().includeDocumentation(true).includeSynonyms(true);
        Config config = Clients.get(
                        admin.describeConfigs(List.of(resource), options).all())
                .get(resource);
        return config.entries().stream().collect(Collectors.toMap(ConfigEntry::name, entry -> entry));
    }

    private static void alter(ConfigResource resource, AlterConfigOp change) {
        Clients.get(
                admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all());
    }

    private static Throwable alterFailure(ConfigResource resource, String name, String value) {
        AlterConfigOp change = new AlterConfigOp(new ConfigEntry(name, value), OpType.SET);
        return Clients.failure(
                admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all());
    }
}
