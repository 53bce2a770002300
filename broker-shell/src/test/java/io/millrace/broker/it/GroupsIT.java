package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.GroupMember;
import io.millrace.broker.it.support.LineChecker;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.Received;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Consumer groups of both protocols: members join and leave under load, offsets outlive restarts, admin sees it all. */
final class GroupsIT {
    private static final int PARTITIONS = 4;
    private static final Duration BOUND = Duration.ofSeconds(60);

    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with(
            "group.consumer.heartbeat.interval.ms", "500", "group.consumer.min.heartbeat.interval.ms", "500");

    private static Admin admin;

    @BeforeAll
    static void connect() {
        admin = Clients.admin(BROKER.bootstrap());
    }

    @AfterAll
    static void disconnect() {
        admin.close();
    }

    @ParameterizedTest
    @CsvSource({
        "classic, org.apache.kafka.clients.consumer.RangeAssignor",
        "classic, org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
        "consumer, ''"
    })
    void eachLineComesOnceWhileMembersJoinAndLeave(String protocol, String assignor) {
        String topic = "moving-" + protocol + assignor.length();
        Clients.createTopic(admin, topic, PARTITIONS, Map.of());
        Map<String, String> settings = assignor.isEmpty()
                ? Map.of("group.protocol", protocol)
                : Map.of(
                        "group.protocol", protocol,
                        "partition.assignment.strategy", assignor,
                        "heartbeat.interval.ms", "500");
        Queue<Received> sink = new ConcurrentLinkedQueue<>();
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(BROKER.bootstrap(), Map.of());
                GroupMember second = GroupMember.join(BROKER.bootstrap(), topic, topic, sink, settings)) {
            GroupMember first = GroupMember.join(BROKER.bootstrap(), topic, topic, sink, settings);
            try (first) {
                awaitAssigned(first, second);
                produce(producer, topic, 0, 2);
                awaitReceived(sink, 4_000);

                produce(producer, topic, 2, 4);
                try (GroupMember third = GroupMember.join(BROKER.bootstrap(), topic, topic, sink, settings)) {
                    awaitAssigned(first, second, third);
                    awaitReceived(sink, 8_000);

                    produce(producer, topic, 4, 6);
                    first.close();
                    awaitAssigned(second, third);
                    awaitReceived(sink, 12_000);
                }
            }
        }
        assertEquals(List.of(), LineChecker.once(LogLines.all()).faults(sink));
        assertEquals(12_000, committed(topic));
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void committedOffsetsOutliveAKillAndAStop(String protocol) {
        String topic = "kept-" + protocol;
        Clients.createTopic(admin, topic, PARTITIONS, Map.of());
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(BROKER.bootstrap(), Map.of())) {
            produce(producer, topic, 0, 1);
        }
        Queue<Received> sink = new ConcurrentLinkedQueue<>();
        consumeAll(topic, protocol, sink, 2_000);
        BROKER.process().kill();
        BROKER.process().start();
        produceOneFile(topic, 1);
        consumeAll(topic, protocol, sink, 4_000);
        BROKER.process().stop();
        BROKER.process().start();
        produceOneFile(topic, 2);
        consumeAll(topic, protocol, sink, 6_000);
        assertEquals(List.of(), LineChecker.once(lines(0, 3)).faults(sink));
        assertEquals(6_000, committed(topic));
    }

    @Test
    void adminSeesChangesAndDeletesGroups() {
        Clients.createTopic(admin, "admin", 2, Map.of());
        TopicPartition zero = new TopicPartition("admin", 0);
        TopicPartition one = new TopicPartition("admin", 1);
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Map.of(zero, new OffsetAndMetadata(7, "seven"), one, new OffsetAndMetadata(8));
        Clients.get(admin.alterConsumerGroupOffsets("admin-group", offsets).all());
        assertTrue(groupIds().contains("admin-group"));
        assertEquals(offsets, offsets("admin-group"));

        Clients.get(admin.deleteConsumerGroupOffsets("admin-group", Set.of(one)).all());
        assertEquals(Map.of(zero, offsets.get(zero)), offsets("admin-group"));

        Clients.get(admin.deleteConsumerGroups(List.of("admin-group")).all());
        assertTrue(!groupIds().contains("admin-group"));
        assertInstanceOf(
                GroupIdNotFoundException.class,
                Clients.failure(
                        admin.deleteConsumerGroups(List.of("admin-group")).all()));
    }

    @Test
    void aGroupWithMembersIsNotDeleted() {
        Clients.createTopic(admin, "busy", PARTITIONS, Map.of());
        Queue<Received> sink = new ConcurrentLinkedQueue<>();
        try (GroupMember member = GroupMember.join(BROKER.bootstrap(), "busy-group", "busy", sink, Map.of())) {
            awaitAssigned(member);
            assertInstanceOf(
                    GroupNotEmptyException.class,
                    Clients.failure(
                            admin.deleteConsumerGroups(List.of("busy-group")).all()));
        }
    }

    @Test
    void manualAssignmentCommitsWithoutMembers() {
        Clients.createTopic(admin, "manual", 1, Map.of());
        TopicPartition partition = new TopicPartition("manual", 0);
        try (KafkaConsumer<byte[], byte[]> consumer =
                Clients.consumer(BROKER.bootstrap(), Map.of("group.id", "manual-group"))) {
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(42, "note")));
            assertEquals(
                    42, consumer.committed(Set.of(partition)).get(partition).offset());
        }
        assertEquals("note", offsets("manual-group").get(partition).metadata());
    }

    private static void consumeAll(String topic, String protocol, Queue<Received> sink, int count) {
        Map<String, String> settings = Map.of("group.protocol", protocol);
        try (GroupMember first = GroupMember.join(BROKER.bootstrap(), topic, topic, sink, settings);
                GroupMember second = GroupMember.join(BROKER.bootstrap(), topic, topic, sink, settings)) {
            awaitAssigned(first, second);
            awaitReceived(sink, count);
        }
    }

    private static void produceOneFile(String topic, int file) {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(BROKER.bootstrap(), Map.of())) {
            produce(producer, topic, file, file + 1);
        }
    }

    private static void produce(KafkaProducer<byte[], byte[]> producer, String topic, int fromFile, int toFile) {
        Clients.produce(producer, topic, lines(fromFile, toFile));
    }

    private static List<LogLines.Line> lines(int fromFile, int toFile) {
        return LogLines.of(LogLines.FILES.subList(fromFile, toFile));
    }

    /** Every member has a part, no two the same, all together the whole. */
    private static void awaitAssigned(GroupMember... members) {
        Await.until(
                "all partitions spread over " + members.length + " members", BOUND, () -> assignments(members), () -> {
                    Set<TopicPartition> all = new HashSet<>();
                    int sum = 0;
                    boolean eachHasOne = true;
                    for (GroupMember member : members) {
                        all.addAll(member.assignment());
                        sum += member.assignment().size();
                        eachHasOne &= !member.assignment().isEmpty();
                    }
                    return eachHasOne && all.size() == PARTITIONS && sum == PARTITIONS;
                });
    }

    private static List<Set<TopicPartition>> assignments(GroupMember... members) {
        return List.of(members).stream().map(GroupMember::assignment).toList();
    }

    private static void awaitReceived(Queue<Received> sink, int count) {
        Await.until(count + " records", BOUND, sink::size, () -> sink.size() >= count);
    }

    private static long committed(String group) {
        return offsets(group).values().stream()
                .mapToLong(OffsetAndMetadata::offset)
                .sum();
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(String group) {
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        offsets.replaceAll((partition, offset) -> new OffsetAndMetadata(offset.offset(), offset.metadata()));
        return offsets;
    }

    private static List<String> groupIds() {
        try {
            return admin.listGroups().all().get(30, TimeUnit.SECONDS).stream()
                    .map(GroupListing::groupId)
                    .toList();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
