package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.BrokerApiVersionsCommand;
import org.apache.kafka.tools.ClusterTool;
import org.apache.kafka.tools.DeleteRecordsCommand;
import org.apache.kafka.tools.FeatureCommand;
import org.apache.kafka.tools.GetOffsetShell;
import org.apache.kafka.tools.GroupsCommand;
import org.apache.kafka.tools.LeaderElectionCommand;
import org.apache.kafka.tools.LogDirsCommand;
import org.apache.kafka.tools.MetadataQuorumCommand;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.TransactionsCommand;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Apache Kafka's command-line tools, run by their main methods in this JVM against the broker. */
final class KafkaToolsIT {
    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with();

    private static final int RECORDS = 10;
    private static final String TOPIC = "tools";
    private static final String GROUP = "tools-group";

    private static Integer exitCode;

    /** Ends a tool that wants to end the JVM. */
    private static final class Exited extends Error {
        private static final long serialVersionUID = 1L;

        Exited(int code) {
            super("exit " + code);
        }
    }

    private interface Main {
        void run(String... arguments) throws Exception;
    }

    @BeforeAll
    static void prepare() {
        Exit.setExitProcedure(KafkaToolsIT::exit);
        Exit.setHaltProcedure(KafkaToolsIT::exit);
        try (Admin admin = Clients.admin(BROKER.bootstrap())) {
            Clients.createTopic(admin, TOPIC, 1, Map.of());
        }
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(BROKER.bootstrap(), Map.of())) {
            for (int i = 0; i < RECORDS; i++) {
                Clients.get(producer.send(new ProducerRecord<>(TOPIC, Clients.bytes("value " + i))));
            }
        }
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(BROKER.bootstrap(), Map.of("group.id", GROUP))) {
            consumer.commitSync(Map.of(new TopicPartition(TOPIC, 0), new OffsetAndMetadata(4)));
        }
    }

    @AfterAll
    static void restore() {
        Exit.resetExitProcedure();
        Exit.resetHaltProcedure();
    }

    /** A tool may catch what ends it here and end again: its first word counts. */
    private static void exit(int code, String message) {
        if (exitCode == null) {
            exitCode = code;
        }
        throw new Exited(code);
    }

    @Test
    void topics() {
        good(TopicCommand::main, "--create", "--topic", "made", "--partitions", "2", "--config", "retention.ms=1000");
        assertTrue(good(TopicCommand::main, "--list").contains("made"));
        String described = good(TopicCommand::main, "--describe", "--topic", "made");
        assertTrue(described.contains("PartitionCount: 2"), described);
        assertTrue(described.contains("retention.ms=1000"), described);
        good(TopicCommand::main, "--alter", "--topic", "made", "--partitions", "4");
        assertTrue(good(TopicCommand::main, "--describe", "--topic", "made").contains("PartitionCount: 4"));
        good(TopicCommand::main, "--describe", "--under-replicated-partitions");
        good(TopicCommand::main, "--delete", "--topic", "made");
        assertFalse(good(TopicCommand::main, "--list").contains("made"));
        assertEquals(1, run(TopicCommand::main, "--describe", "--topic", "made").code());
    }

    @Test
    void configs() {
        Main main = kafka.admin.ConfigCommand::main;
        good(
                main,
                "--alter",
                "--entity-type",
                "topics",
                "--entity-name",
                TOPIC,
                "--add-config",
                "segment.bytes=1048576");
        String topic = good(main, "--describe", "--entity-type", "topics", "--entity-name", TOPIC);
        assertTrue(topic.contains("segment.bytes=1048576"), topic);
        assertTrue(good(main, "--describe", "--all", "--entity-type", "topics", "--entity-name", TOPIC)
                .contains("retention.ms=604800000"));
        good(main, "--alter", "--entity-type", "topics", "--entity-name", TOPIC, "--delete-config", "segment.bytes");
        assertTrue(good(main, "--describe", "--all", "--entity-type", "brokers", "--entity-name", "1")
                .contains("log.retention.hours"));
        good(
                main,
                "--alter",
                "--entity-type",
                "brokers",
                "--entity-name",
                "1",
                "--add-config",
                "log.retention.ms=500000000");
        good(
                main,
                "--alter",
                "--entity-type",
                "brokers",
                "--entity-default",
                "--add-config",
                "log.segment.bytes=2097152");
        assertTrue(good(main, "--describe", "--entity-type", "brokers", "--entity-default")
                .contains("log.segment.bytes"));
        good(
                main,
                "--alter",
                "--entity-type",
                "groups",
                "--entity-name",
                "g",
                "--add-config",
                "consumer.session.timeout.ms=46000");
        assertTrue(good(main, "--describe", "--entity-type", "groups", "--entity-name", "g")
                .contains("consumer.session.timeout.ms=46000"));
        assertTrue(good(main, "--describe", "--entity-type", "broker-loggers", "--entity-name", "1")
                .contains("root="));
        Result bad = run(
                main,
                "--alter",
                "--entity-type",
                "topics",
                "--entity-name",
                TOPIC,
                "--add-config",
                "retention.ms=soon");
        assertEquals(1, bad.code(), bad.output());
    }

    @Test
    void consumerGroups() {
        assertTrue(good(ConsumerGroupCommand::main, "--list").contains(GROUP));
        assertTrue(good(ConsumerGroupCommand::main, "--list", "--state").contains("Empty"));
        String described = good(ConsumerGroupCommand::main, "--describe", "--group", GROUP);
        assertTrue(described.contains(TOPIC), described);
        good(ConsumerGroupCommand::main, "--describe", "--group", GROUP, "--members");
        good(ConsumerGroupCommand::main, "--describe", "--group", GROUP, "--state");
        good(
                ConsumerGroupCommand::main,
                "--reset-offsets",
                "--group",
                "other",
                "--topic",
                TOPIC,
                "--to-earliest",
                "--execute");
        good(ConsumerGroupCommand::main, "--delete-offsets", "--group", "other", "--topic", TOPIC);
        good(ConsumerGroupCommand::main, "--delete", "--group", "other");
        assertTrue(good(GroupsCommand::main, "--list").contains(GROUP));
    }

    @Test
    void cluster() {
        assertTrue(goodWith(ClusterTool::main, List.of("cluster-id", "--bootstrap-server", BROKER.bootstrap()))
                .contains("Cluster ID"));
        assertTrue(goodWith(ClusterTool::main, List.of("list-endpoints", "--bootstrap-server", BROKER.bootstrap()))
                .contains("127.0.0.1"));
        assertTrue(good(BrokerApiVersionsCommand::main).contains("Fetch(1)"));
        assertTrue(good(MetadataQuorumCommand::main, "describe", "--status").contains("LeaderId"));
        assertTrue(
                good(MetadataQuorumCommand::main, "describe", "--replication").contains("Leader"));
        assertTrue(good(FeatureCommand::main, "describe").contains("metadata.version"));
        assertTrue(good(LogDirsCommand::main, "--describe").contains("\"partition\":\"" + TOPIC + "-0\""));
        good(LeaderElectionCommand::main, "--election-type", "preferred", "--all-topic-partitions");
    }

    @Test
    void transactions() {
        good(TransactionsCommand::main, "list");
        assertTrue(good(TransactionsCommand::main, "describe-producers", "--topic", TOPIC, "--partition", "0")
                .contains("ProducerId"));
        assertEquals(
                1,
                run(TransactionsCommand::main, "describe", "--transactional-id", "none")
                        .code());
    }

    @Test
    void offsets() throws IOException {
        assertTrue(
                good(GetOffsetShell::main, "--topic", TOPIC, "--time", "latest").contains(TOPIC + ":0:" + RECORDS));
        Path file = Files.createTempFile(BROKER.workDirectory(), "delete", ".json");
        Files.writeString(
                file, "{\"partitions\":[{\"topic\":\"" + TOPIC + "\",\"partition\":0,\"offset\":3}],\"version\":1}");
        assertTrue(good(DeleteRecordsCommand::main, "--offset-json-file", file.toString())
                .contains("low_watermark: 3"));
        assertTrue(good(GetOffsetShell::main, "--topic", TOPIC, "--time", "earliest")
                .contains(TOPIC + ":0:3"));
    }

    private record Result(int code, String output) {}

    private static String good(Main tool, String... arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", BROKER.bootstrap()));
        all.addAll(List.of(arguments));
        return goodWith(tool, all);
    }

    private static String goodWith(Main tool, List<String> arguments) {
        Result result = runWith(tool, arguments);
        assertEquals(0, result.code(), () -> arguments + "\n" + result.output());
        return result.output();
    }

    private static Result run(Main tool, String... arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", BROKER.bootstrap()));
        all.addAll(List.of(arguments));
        return runWith(tool, all);
    }

    private static Result runWith(Main tool, List<String> arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        PrintStream both = new PrintStream(captured, true, StandardCharsets.UTF_8);
        System.setOut(both);
        System.setErr(both);
        exitCode = null;
        try {
            tool.run(arguments.toArray(String[]::new));
        } catch (Exited e) {
            both.flush(); // the code is kept
        } catch (Exception e) {
            e.printStackTrace(both);
            exitCode = 1;
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        return new Result(exitCode == null ? 0 : exitCode, captured.toString(StandardCharsets.UTF_8));
    }
}
