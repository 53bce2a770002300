package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.ChildProcess;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.KafkaTool;
import io.millrace.broker.it.support.MillraceProcess;
import io.millrace.broker.it.support.RawConnection;
import io.millrace.broker.it.support.TestFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code log tail} in a process beside a broker that rolls and deletes, and {@code log repair} on a terminal. */
final class LogToolsIT {
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final TopicPartition FOLLOWED = new TopicPartition("followed", 0);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path work;

    @BeforeEach
    void onlyHere() {
        assumeFalse(BrokerUnderTest.isKafka(), "Apache Kafka has no such tools");
    }

    @Test
    void tailFollowsABrokerAcrossRollsAndSaysWhatRetentionHasTaken() throws Exception {
        Map<String, String> settings =
                Map.of("log.retention.check.interval.ms", "200", "log.segment.delete.delay.ms", "0");
        try (BrokerProcess broker =
                        BrokerUnderTest.create(work, work.resolve("data"), BrokerProcess.freePort(), settings);
                Admin admin = started(broker)) {
            Clients.createTopic(admin, FOLLOWED.topic(), 1, Map.of("segment.bytes", "1048576"));
            Path directory = work.resolve("data").resolve(FOLLOWED.toString());
            ChildProcess tail = tail(directory);
            try (RawConnection connection = RawConnection.open(broker.brokerPort())) {
                append(connection, 35);
                Await.until("35 records are seen", BOUND, () -> records(tail) == 35);
                signal("STOP", tail);
                append(connection, 40);
                keepOneSegment(admin);
                Await.until("retention has overtaken it", BOUND, () -> firstOffset(directory) > 40);
                signal("CONT", tail);
                append(connection, 5);
                Await.until("the last record is seen", BOUND, () -> lastOffset(tail) == 79);
            }
            assertTrue(tail.isAlive(), "it follows until it is told to end");
            tail.terminate(BOUND);
            assertTrue(assertNothingPassedOverInSilence(lines(tail)) > 0, "nothing was deleted before it was read");
            broker.stop();
        }
    }

    private Admin started(BrokerProcess broker) {
        broker.start();
        return Clients.admin(broker.bootstrap());
    }

    private ChildProcess tail(Path directory) {
        List<String> command = List.of(
                MillraceProcess.java(),
                "-Xmx128m",
                "-jar",
                MillraceProcess.jar().toString(),
                "log",
                "tail",
                "--json",
                "--from",
                "earliest",
                directory.toString());
        return ChildProcess.start(command, work, work.resolve("tail.txt"), Map.of());
    }

    private void signal(String name, ChildProcess to) {
        assertEquals(0, run("kill", "-" + name, Long.toString(to.pid())).exitCode());
    }

    private static void keepOneSegment(Admin admin) {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, FOLLOWED.topic());
        AlterConfigOp keep = new AlterConfigOp(new ConfigEntry("retention.bytes", "1000000"), AlterConfigOp.OpType.SET);
        Clients.get(admin.incrementalAlterConfigs(Map.of(topic, List.of(keep))).all());
    }

    private static long firstOffset(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(each -> each.getFileName().toString())
                    .filter(each -> each.endsWith(".log"))
                    .mapToLong(each -> Long.parseLong(each.substring(0, 20)))
                    .min()
                    .orElse(-1);
        }
    }

    /** Each offset is that of a record or within a note; returns how many notes there are. */
    private static int assertNothingPassedOverInSilence(List<JsonNode> lines) {
        long next = 0;
        int notes = 0;
        for (JsonNode line : lines) {
            boolean note = line.path("type").asText().equals("note");
            assertEquals(next, line.path(note ? "fromOffset" : "offset").asLong());
            next = line.path(note ? "toOffset" : "offset").asLong() + 1;
            notes += note ? 1 : 0;
        }
        return notes;
    }

    private static long records(ChildProcess tail) {
        return lines(tail).stream()
                .filter(each -> each.path("type").asText().equals("record"))
                .count();
    }

    private static long lastOffset(ChildProcess tail) {
        List<JsonNode> lines = lines(tail);
        return lines.isEmpty() ? -1 : lines.get(lines.size() - 1).path("offset").asLong();
    }

    private static List<JsonNode> lines(ChildProcess tail) {
        String output = tail.output();
        return output.substring(0, output.lastIndexOf('\n') + 1)
                .lines()
                .map(LogToolsIT::parse)
                .toList();
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException("no JSON: " + line, e);
        }
    }

    private static void append(RawConnection connection, int records) {
        byte[] value = new byte[100_000];
        Arrays.fill(value, (byte) 'x');
        for (int i = 0; i < records; i++) {
            SimpleRecord record = new SimpleRecord(System.currentTimeMillis(), null, value);
            ByteBuffer batch =
                    MemoryRecords.withRecords(Compression.NONE, record).buffer();
            assertEquals(
                    Errors.NONE,
                    Errors.forCode(connection.produce(FOLLOWED, batch).errorCode()));
        }
    }

    @Test
    void repairAsksOnATerminal() throws IOException {
        assumeTrue(hasScript(), "script, which makes a pseudo terminal, is not installed");
        TestFiles.unpack(TestFiles.golden("data-clean.tar.gz"), work);
        Path log = work.resolve("data/logs-none-0/00000000000000000000.log");
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            file.seek(200_000);
            int old = file.read();
            file.seek(200_000);
            file.write(old ^ 1);
        }
        long length = Files.size(log);
        for (String no : List.of("n", "", "yesterday")) {
            KafkaTool.Result refused = answer(no);
            assertEquals(1, refused.exitCode(), refused.output());
            assertTrue(refused.output().contains("Do this? [y/N] "), refused.output());
            assertTrue(refused.output().contains("repaired applied=false"), refused.output());
            assertEquals(length, Files.size(log));
        }
        KafkaTool.Result done = answer("y");
        assertEquals(0, done.exitCode(), done.output());
        assertTrue(done.output().contains("repaired applied=true"), done.output());
        assertTrue(Files.size(log) < 200_000);
        KafkaTool.Result nothingLeft = answer("y");
        assertEquals(0, nothingLeft.exitCode(), nothingLeft.output());
        assertFalse(nothingLeft.output().contains("Do this?"), nothingLeft.output());
    }

    private KafkaTool.Result answer(String typed) {
        String repair = MillraceProcess.java() + " -Xmx128m -jar " + MillraceProcess.jar() + " log repair data";
        return run("sh", "-c", "printf '%s\\n' '" + typed + "' | script -qec '" + repair + "' /dev/null");
    }

    private boolean hasScript() {
        try {
            return run("script", "--version").exitCode() == 0;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private KafkaTool.Result run(String... command) {
        return KafkaTool.run(work, List.of(command), BOUND);
    }
}
