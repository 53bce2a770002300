package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.ExternalClient;
import io.millrace.broker.it.support.KafkaTool;
import io.millrace.broker.it.support.LineChecker;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.Received;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The six logs, line by line, through every client: what comes out is what went in, and keyed records lie in the partition
 * that Kafka's murmur2 names.
 */
final class ClientsIT {
    private static final int PARTITIONS = 3;
    private static final Duration BOUND = Duration.ofSeconds(60);

    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with();

    private static List<LogLines.Line> lines;
    private static Admin admin;

    @BeforeAll
    static void connect() {
        lines = LogLines.all();
        admin = Clients.admin(BROKER.bootstrap());
    }

    @AfterAll
    static void disconnect() {
        admin.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void idempotentJavaProducer(String codec) {
        String topic = "java-" + codec;
        Clients.createTopic(admin, topic, PARTITIONS, Map.of());
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(BROKER.bootstrap(), Map.of("compression.type", codec))) {
            Clients.produce(producer, topic, lines);
        }
        assertComplete(Clients.readAll(BROKER.bootstrap(), topic));
    }

    @ParameterizedTest
    @EnumSource(ExternalClient.class)
    void producesAndConsumesInAGroupOfTwo(ExternalClient client) {
        client.assumeInstalled();
        String topic = "of-" + client;
        String group = "group-" + client;
        Clients.createTopic(admin, topic, PARTITIONS, Map.of());
        Path file = LogLines.writeKeyed(lines, BROKER.workDirectory());
        try (ExternalClient.Member first = client.join(BROKER.bootstrap(), topic, group);
                ExternalClient.Member second = client.join(BROKER.bootstrap(), topic, group)) {
            awaitStable(group, 2, first, second);
            client.produce(BROKER.bootstrap(), topic, file);
            Await.until(
                    "all lines",
                    BOUND,
                    () -> first.output() + second.output(),
                    () -> first.received().size() + second.received().size() >= lines.size());
            first.leave();
            awaitStable(group, 1, second);
            second.leave();
            List<Received> received = new ArrayList<>(first.received());
            received.addAll(second.received());
            assertComplete(received);
        }
        assertComplete(Clients.readAll(BROKER.bootstrap(), topic));
        assertEquals(lines.size(), committed(group));
    }

    @Test
    void kcatReturnsTheBytesOfAFile() throws Exception {
        ExternalClient.KCAT.assumeInstalled();
        Clients.createTopic(admin, "plain", 1, Map.of());
        for (String file : LogLines.FILES) {
            kcat(
                    "-P",
                    "-b",
                    BROKER.bootstrap(),
                    "-t",
                    "plain",
                    "-l",
                    LogLines.path(file).toString());
        }
        KafkaTool.Result out = kcat("-q", "-C", "-b", BROKER.bootstrap(), "-t", "plain", "-o", "beginning", "-e");
        StringBuilder all = new StringBuilder();
        lines.forEach(line -> all.append(line.text()).append('\n'));
        assertArrayEquals(all.toString().getBytes(StandardCharsets.UTF_8), Clients.bytes(out.output()));
        assertEquals(sizeOfAllFiles(), out.output().length() - missingLineFeeds());
    }

    private static KafkaTool.Result kcat(String... arguments) {
        List<String> command = new ArrayList<>(List.of("kcat"));
        command.addAll(List.of(arguments));
        KafkaTool.Result result = ExternalClient.run(command);
        assertEquals(0, result.exitCode(), result::output);
        return result;
    }

    private static long sizeOfAllFiles() throws Exception {
        long size = 0;
        for (String file : LogLines.FILES) {
            size += Files.size(LogLines.path(file));
        }
        return size;
    }

    /** kcat ends every record with a line feed; four of the files do not. */
    private static long missingLineFeeds() throws Exception {
        long missing = 0;
        for (String file : LogLines.FILES) {
            missing += Files.readString(LogLines.path(file)).endsWith("\n") ? 0 : 1;
        }
        return missing;
    }

    private static void assertComplete(List<Received> received) {
        assertEquals(List.of(), LineChecker.once(lines).faults(received));
        for (Received record : received) {
            int named = Utils.toPositive(Utils.murmur2(Clients.bytes(record.key()))) % PARTITIONS;
            assertEquals(named, record.partition(), record::key);
        }
    }

    private static long committed(String group) {
        return Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).values().stream()
                .mapToLong(offset -> offset.offset())
                .sum();
    }

    private static void awaitStable(String group, int members, ExternalClient.Member... running) {
        Await.until(
                members + " members in " + group,
                BOUND,
                () -> List.of(running).stream()
                        .map(ExternalClient.Member::output)
                        .toList()
                        .toString(),
                () -> {
                    var description = admin.describeConsumerGroups(List.of(group))
                            .describedGroups()
                            .get(group)
                            .get(10, TimeUnit.SECONDS);
                    return description.groupState() == GroupState.STABLE
                            && description.members().size() == members
                            && description.members().stream()
                                    .noneMatch(m ->
                                            m.assignment().topicPartitions().isEmpty());
                });
    }
}
